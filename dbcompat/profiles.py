"""How to connect, by what stands between us and PostgreSQL. The only place that knows.

The three settings of a pooled profile go together. Measured behind PgBouncer: with the driver's cache on,
"prepared statement does not exist", and now and then another client's rows; with only SQLAlchemy's on, wrong
values after a change of the schema; with names and AUTOCOMMIT, two in three operations fail.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


def _unnamed() -> str:
    return ""


def _unique() -> str:
    return f"__asyncpg_{uuid.uuid4()}__"


@dataclass(frozen=True, slots=True)
class ConnectionProfile:
    """`server_settings` are sent in the startup message, `connect_args` go to the driver."""

    name: str
    pooled: bool
    connect_args: Mapping[str, Any] = field(default_factory=dict)
    server_settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def unique_names(self) -> bool:
        return self.connect_args.get("prepared_statement_name_func") is _unique

    def arguments(self, application_name: str) -> dict[str, Any]:
        """What goes to the driver besides the address."""
        # Never empty: PgBouncer would show the previous client's name, Supavisor refuses the connection.
        names = {"application_name": application_name or "dbcompat"}
        return {**self.connect_args, "server_settings": {**names, **self.server_settings}}


_POOLED = {
    # The driver must not believe that a statement it prepared is still on "its" server.
    "statement_cache_size": 0,
    # Nor the dialect, which also keeps the types of the columns as they were.
    "prepared_statement_cache_size": 0,
    # Nothing named is left behind on a server connection that others use next. Said aloud, since the
    # driver's own choice of names has changed between versions.
    "prepared_statement_name_func": _unnamed,
}

# Nothing to work around, and both caches save a round trip: also right behind a pooler in session mode.
DIRECT = ConnectionProfile("direct", pooled=False)

# A pooler in transaction mode refuses any startup parameter that it does not know: none but the name.
PGBOUNCER = ConnectionProfile("pgbouncer", pooled=True, connect_args=_POOLED)

SUPAVISOR = ConnectionProfile(
    "supavisor",
    pooled=True,
    connect_args=_POOLED,
    # A string, and here only: Supavisor drops it unread, PostgreSQL and PgBouncer refuse the connection.
    server_settings={"statement_cache_size": "0"},
)

PROFILES = {profile.name: profile for profile in (DIRECT, PGBOUNCER, SUPAVISOR)}


def profile_named(name: str, statement_names: str = "unnamed") -> ConnectionProfile:
    """`statement_names` "unique" is for poolers that insist on names; unnamed leave nothing behind."""
    profile = PROFILES[name]
    if statement_names != "unique" or not profile.pooled:
        return profile
    return replace(
        profile,
        connect_args={**profile.connect_args, "prepared_statement_name_func": _unique},
    )
