"""What answers at an address: PostgreSQL itself, PgBouncer, or Supavisor."""

import logging
from typing import Any

import asyncpg

log = logging.getLogger(__name__)

# Any dotted name is a legal setting of PostgreSQL; a pooler refuses it or drops it.
PROBE = "dbcompat.probe"
_LOOK = "SELECT current_setting($1, true), pg_backend_pid(), current_setting('application_name')"


async def detect(arguments: dict[str, Any], where: str, application_name: str) -> str:
    """The name of the profile to use, found by a connection or two and logged in a sentence.

    `arguments` are asyncpg's for the address, `where` is its name for people. A pooler in session mode
    counts as pooled: that costs a little speed and is right everywhere. Raises what connecting raises.
    """
    name, why = await _detected(arguments, application_name)
    log.info("Database %s: %s. Using the %s profile.", where, why, name)
    return name


async def _detected(arguments: dict[str, Any], application_name: str) -> tuple[str, str]:
    sent = {
        **arguments.get("server_settings", {}),
        "application_name": application_name,
        PROBE: "1",
    }
    try:
        connection = await asyncpg.connect(  # type: ignore[no-untyped-call]
            **{**arguments, "server_settings": sent}, timeout=10, statement_cache_size=0
        )
    except (asyncpg.ProtocolViolationError, asyncpg.FeatureNotSupportedError) as error:
        if "startup parameter" not in str(error) and "command-line options" not in str(error):
            raise
        return "pgbouncer", "a pooler that refuses unknown startup parameters"
    try:
        # In a transaction, or each message may meet another server.
        async with connection.transaction():
            value, pid, name = await connection.fetchrow(_LOOK, PROBE)
        announced = connection.get_server_pid()
    finally:
        await connection.close(timeout=5)
    return _judge(value, pid == announced, name)


def _judge(probe: str | None, same_pid: bool, name: str) -> tuple[str, str]:
    if name == "Supavisor":
        return "supavisor", "Supavisor, by the name it gives its connections"
    if probe == "1" and same_pid:
        return "direct", "PostgreSQL itself"
    if probe == "1":
        return "pgbouncer", "a pooler, since the server's process is not the one that was announced"
    return "pgbouncer", "a pooler that drops unknown startup parameters"
