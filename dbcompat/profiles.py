"""How to connect, by what stands between us and PostgreSQL. The only place that knows.

The three settings of a pooled profile go together. Measured behind PgBouncer: with the driver's cache on,
"prepared statement does not exist", and now and then another client's rows; with only SQLAlchemy's on, wrong
values after a change of the schema; with names and AUTOCOMMIT, two in three operations fail.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# Milliseconds. No statement of ours takes a minute; one that does holds up more than itself.
TIMEOUTS = {
    "statement_timeout": "60000",
    "lock_timeout": "10000",
    "idle_in_transaction_session_timeout": "60000",
}


@dataclass(frozen=True, slots=True)
class ConnectionProfile:
    """`server_settings` are sent in the startup message, `connect_args` go to the driver."""

    name: str
    pooled: bool
    connect_args: Mapping[str, Any] = field(default_factory=dict)
    server_settings: Mapping[str, str] = field(default_factory=dict)
    unique_names: bool = False


def _unnamed() -> str:
    return ""


def _unique() -> str:
    return f"__asyncpg_{uuid.uuid4()}__"


_POOLED = {
    # The driver must not believe that a statement it prepared is still on "its" server.
    "statement_cache_size": 0,
    # Nor the dialect, which also keeps the types of the columns as they were.
    "prepared_statement_cache_size": 0,
    # Nothing named is left behind on a server connection that others use next.
    "prepared_statement_name_func": _unnamed,
}

DIRECT = ConnectionProfile("direct", pooled=False, server_settings=TIMEOUTS)

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
    return ConnectionProfile(
        name=profile.name,
        pooled=True,
        connect_args={**profile.connect_args, "prepared_statement_name_func": _unique},
        server_settings=profile.server_settings,
        unique_names=True,
    )
