"""What answers at an address: PostgreSQL itself, PgBouncer, or Supavisor."""

import logging
from typing import Any

import asyncpg
from sqlalchemy import URL

log = logging.getLogger(__name__)

# Any dotted name is a legal setting of PostgreSQL; a pooler refuses it or drops it.
PROBE = "dbcompat.probe"
_LOOK = "SELECT current_setting($1, true), pg_backend_pid(), current_setting('application_name')"


async def detect(url: URL, tls: dict[str, Any]) -> str:
    """The name of the profile to use, found by one or two connections and logged in a sentence.

    A pooler in session mode counts as pooled: that costs a little speed and is right everywhere.
    """
    name, why = await _detected(url, tls)
    log.info(
        "Database at %s: %s. Using the %s profile.", url.host or url.query.get("host"), why, name
    )
    return name


async def _detected(url: URL, tls: dict[str, Any]) -> tuple[str, str]:
    try:
        connection = await _connect(url, tls, {PROBE: "1"})
    except asyncpg.PostgresError as error:
        if "unsupported startup parameter" not in str(error):
            raise
        return "pgbouncer", "a pooler that refuses unknown startup parameters"
    try:
        value, pid, name = await connection.fetchrow(_LOOK, PROBE)
        announced = connection.get_server_pid()
    finally:
        await connection.close()
    if name == "Supavisor":
        return "supavisor", "Supavisor, by the name it gives its connections"
    if value == "1" and pid == announced:
        return "direct", "PostgreSQL itself"
    return "pgbouncer", "a pooler between us and PostgreSQL"


async def _connect(
    url: URL, tls: dict[str, Any], server_settings: dict[str, str]
) -> "asyncpg.Connection[Any]":
    return await asyncpg.connect(
        host=url.query.get("host") or url.host,
        port=url.port,
        user=url.username,
        password=url.password,
        database=url.database,
        timeout=10,
        statement_cache_size=0,
        server_settings={"application_name": "batch-console", **server_settings},
        **tls,
    )
