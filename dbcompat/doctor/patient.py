"""Whom the doctor examines: the configured database, and a way to it that relies on nothing of ours."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connections

from dbcompat import fingerprint
from dbcompat.address import asyncpg_arguments, place
from dbcompat.engines import EMBEDDED


@dataclass(frozen=True, slots=True)
class Patient:
    """`database` is an entry of DATABASES, `setting` the variable that its address comes from."""

    database: Mapping[str, Any]
    setting: str = "DATABASE_URL"

    @property
    def arguments(self) -> dict[str, Any]:
        return asyncpg_arguments(self.database)

    @property
    def place(self) -> str:
        return "the embedded PostgreSQL" if self.embedded else place(self.database)

    @property
    def embedded(self) -> bool:
        return bool(self.database["ENGINE"] == EMBEDDED)

    def client(self) -> AbstractAsyncContextManager[Any]:
        """A connection of asyncpg's that names nothing and leaves nothing."""
        return fingerprint.client(self.arguments, settings.DBCOMPAT["APPLICATION_NAME"])

    async def survey(self) -> fingerprint.Survey:
        return await fingerprint.survey(self.arguments, settings.DBCOMPAT["APPLICATION_NAME"])


def configured() -> Patient:
    return Patient(connections["default"].settings_dict)
