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
    """`pooled`: the next transaction may reach another server connection, and others use this one.

    `connect_args` go to asyncpg, `server_settings` into its startup message, `django` into DATABASES.
    """

    name: str
    pooled: bool
    connect_args: Mapping[str, Any] = field(default_factory=dict)
    server_settings: Mapping[str, str] = field(default_factory=dict)
    django: Mapping[str, Any] = field(default_factory=dict)

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

_DJANGO = {
    # Kept over requests, a connection can have died meanwhile; asking costs one round trip per request.
    "CONN_HEALTH_CHECKS": True,
    # Under ASGI a request may run on any thread, and each would keep one. Pools are for that.
    "CONN_MAX_AGE": 0,
}
_DJANGO_POOLED = {
    **_DJANGO,
    # A server-side cursor lives on one server connection; the next fetch may reach another.
    "DISABLE_SERVER_SIDE_CURSORS": True,
    # None: never prepared. What Django does anyway, said aloud since psycopg's own default is five.
    "OPTIONS": {"prepare_threshold": None},
}

# Nothing to work around, and both caches save a round trip.
DIRECT = ConnectionProfile("direct", pooled=False, django=_DJANGO)

# Each client has a server connection to itself for as long as it stays, so caches and session state are
# safe. Startup parameters are refused or dropped as in any other mode; none is sent but the name.
SESSION = ConnectionProfile("session", pooled=False, django=_DJANGO)

# A pooler in transaction mode refuses any startup parameter that it does not know: none but the name.
PGBOUNCER = ConnectionProfile("pgbouncer", pooled=True, connect_args=_POOLED, django=_DJANGO_POOLED)

# From 1.21 on, with max_prepared_statements, it renames statements and prepares them where they are missing.
# It tells them apart by their text alone: after a migration, "cached statement plan is invalid" for every
# client, new ones too, until RECONNECT. So unnamed here as well; a name of its own, since people look for it.
PGBOUNCER_PREPARED = replace(PGBOUNCER, name="pgbouncer-prepared")

SUPAVISOR = ConnectionProfile(
    "supavisor",
    pooled=True,
    connect_args=_POOLED,
    # A string, and here only: Supavisor drops it unread, PostgreSQL and PgBouncer refuse the connection.
    server_settings={"statement_cache_size": "0"},
    django=_DJANGO_POOLED,
)

PROFILES = {
    profile.name: profile for profile in (DIRECT, SESSION, PGBOUNCER, PGBOUNCER_PREPARED, SUPAVISOR)
}


def profile_named(name: str, statement_names: str = "unnamed") -> ConnectionProfile:
    """`statement_names` "unique" is for poolers that insist on names; unnamed leave nothing behind."""
    profile = PROFILES[name]
    if statement_names != "unique" or not profile.pooled:
        return profile
    return replace(
        profile,
        connect_args={**profile.connect_args, "prepared_statement_name_func": _unique},
    )


def django_settings(pooler: str, pool_size: int = 0) -> dict[str, Any]:
    """What DATABASE_POOLER means for Django's own connections. `pool_size` is psycopg's pool, 0: none."""
    # Not known yet: what is right behind a pooler is right everywhere.
    profile = PROFILES["pgbouncer" if pooler == "auto" else pooler]
    options = dict(profile.django.get("OPTIONS", {}))
    if pool_size:
        # Opened when needed; a request that waits longer than this should be told so.
        options["pool"] = {"min_size": 0, "max_size": pool_size, "timeout": 10}
    return {**profile.django, "OPTIONS": options}
