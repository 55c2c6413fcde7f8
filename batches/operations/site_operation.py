"""What the operations that visit sites have in common: their targets, one fetcher, and what a failure leaves."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from typing import ClassVar
from weakref import WeakKeyDictionary

from django.conf import settings
from pydantic import BaseModel

from batches.operation import Context, Operation, Result, Row, Target
from batches.operations import found
from batches.operations.suppression import (
    addresses_in,
    entries_of,
    is_named,
    less,
    nameless,
    suppressed,
)
from batches.operations.web import targets
from batches.operations.web.fetch import Fetcher
from batches.operations.web.gate import Courtesy
from batches.operations.web.guard import Reach
from batches.operations.web.own_addresses import own_addresses

SWITCH_SECONDS = 0.0003
# Of each loop, for as long as somebody uses it: to a site, all of them are one visitor.
_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[Fetcher, set[str]]] = (
    WeakKeyDictionary()
)


class SiteOperation[P: BaseModel](Operation[P]):
    """Its lines are sites. `fetcher` is there from `open` to `close`."""

    noun: ClassVar[str] = "site"

    fetcher: Fetcher

    async def open(self) -> None:
        self.fetcher = _joined(self.slug)

    async def close(self) -> None:
        await _left(self.slug)

    def target(self, line: str) -> Target:
        return targets.site(line)

    async def lawful(
        self, make: Callable[[Collection[str]], Result], soon_done: bool, context: Context
    ) -> Result:
        """What may be kept. `make` is told of whom nothing may, to count without them; the rest goes then."""
        result = make(())
        # What takes a thread to be read may take as long to be looked through.
        shown = await self.fetcher.read(soon_done, addresses_in, result)
        if unwanted := await suppressed(context, shown):
            result = await self.fetcher.read(
                soon_done, lambda: less(make(unwanted), unwanted.__contains__)
            )
        # The list may have grown by the time that this is stored.
        return replace(result, unless=entries_of(shown - unwanted))

    def told(self, text: str) -> str:
        return nameless(text)

    def less(self, result: Result, entries: Collection[str]) -> Result:
        return less(result, lambda address: is_named(address, entries))

    def failure_rows(self, target: str, problem: str, context: Context) -> Sequence[Row]:
        return found.failure_rows(target, problem, context, self.slug)


@asynccontextmanager
async def visiting(purpose: str) -> AsyncIterator[Fetcher]:
    """The fetcher of the operations, for a visit that is part of none."""
    user = f"{purpose} {id(asyncio.current_task())}"
    fetcher = _joined(user)
    try:
        yield fetcher
    finally:
        await _left(user)


def _joined(user: str) -> Fetcher:
    loop = asyncio.get_running_loop()
    if loop not in _shared:
        _shared[loop] = _fetcher(), set()
    fetcher, users = _shared[loop]
    users.add(user)
    return fetcher


async def _left(user: str) -> None:
    loop = asyncio.get_running_loop()
    fetcher, users = _shared[loop]
    users.discard(user)
    if not users:
        del _shared[loop]
        await fetcher.close()


@cache
def settle() -> None:
    """What reading pages asks of Python itself, once in a process."""
    # Its own 5 ms are what the loop waits for a thread that reads a page, many times for each visit.
    sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_SECONDS))
    # What is loaded stays: to look through hundreds of thousands of objects for garbage, again and again while
    # pages make new ones, takes a fifth of the time.
    gc.freeze()


def _fetcher() -> Fetcher:
    settle()
    own = own_addresses()
    return Fetcher(
        lambda: Reach(
            settings.CONSOLE_ALLOWED_NETWORKS,
            [*settings.CONSOLE_DENIED_NETWORKS, *own],
            settings.CONSOLE_ALLOWED_PORTS,
        ),
        courtesy=Courtesy(
            settings.CONSOLE_HOST_CONCURRENCY,
            settings.CONSOLE_HOST_DELAY_SECONDS,
            settings.CONSOLE_CONTACT_URL,
        ),
        most=settings.CONSOLE_PAGE_MEGABYTES * 1024 * 1024,
    )
