"""What the operations that visit sites have in common: their targets, one fetcher, and what a failure leaves."""

from collections.abc import Sequence
from typing import ClassVar

from django.conf import settings
from pydantic import BaseModel

from batches.operation import Context, Operation, Row, Target
from batches.operations import found
from batches.operations.web import targets
from batches.operations.web.fetch import Fetcher


class SiteOperation[P: BaseModel](Operation[P]):
    """Its lines are sites. `fetcher` is there from `open` to `close`."""

    noun: ClassVar[str] = "site"

    fetcher: Fetcher

    async def open(self) -> None:
        self.fetcher = Fetcher(lambda: settings.CONSOLE_ALLOWED_NETWORKS)

    async def close(self) -> None:
        await self.fetcher.close()

    def target(self, line: str) -> Target:
        return targets.site(line)

    def failure_rows(self, target: str, problem: str, context: Context) -> Sequence[Row]:
        return found.failure_rows(target, problem, context, self.slug)
