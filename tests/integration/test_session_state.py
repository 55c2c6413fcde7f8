"""What a transaction leaves on a pooled server connection: first seen by another client, then refused.

The raw half needs nothing of ours: one client commits and goes, the next asks.
"""

from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from dbcompat import loop
from dbcompat.address import asyncpg_arguments
from dbcompat.session_state import SessionStateRefused
from dbcompat.sessions import get_background_session, get_direct_session
from tests.poolers import Pooler

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # Whoever comes next gets the one there is.
    pytest.mark.pgbouncer(default_pool_size=1),
]

# What a client runs → what the next one, of another user of the same pool, then finds to be true.
LEFT = {
    "SET statement_timeout = 12345": "current_setting('statement_timeout') = '12345ms'",
    "SET search_path = tenant_7, public": "current_setting('search_path') = 'tenant_7, public'",
    "SELECT set_config('app.tenant', '7', false)": "current_setting('app.tenant', true) = '7'",
    "SET ROLE pg_monitor": "current_user = 'pg_monitor'",
    "SET default_transaction_read_only = on": "current_setting('transaction_read_only') = 'on'",
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE": (
        "current_setting('transaction_isolation') = 'serializable'"
    ),
    "SELECT pg_advisory_lock(4711)": (
        "EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711)"
    ),
    "LISTEN news": "'news' IN (SELECT pg_listening_channels())",
    "CREATE TEMPORARY TABLE left_behind (x int)": "to_regclass('left_behind') IS NOT NULL",
    "DECLARE kept CURSOR WITH HOLD FOR SELECT 1": (
        "EXISTS (SELECT FROM pg_cursors WHERE name = 'kept')"
    ),
    "PREPARE planned AS SELECT 1": (
        "EXISTS (SELECT FROM pg_prepared_statements WHERE name = 'planned')"
    ),
}
# The same for one transaction: nobody else may see any of it.
GONE = {
    "SET LOCAL statement_timeout = 12345": LEFT["SET statement_timeout = 12345"],
    "SELECT set_config('app.tenant', '7', true)": (
        LEFT["SELECT set_config('app.tenant', '7', false)"]
    ),
    "SELECT pg_advisory_xact_lock(4711)": LEFT["SELECT pg_advisory_lock(4711)"],
    "CREATE TEMPORARY TABLE left_behind (x int) ON COMMIT DROP": (
        LEFT["CREATE TEMPORARY TABLE left_behind (x int)"]
    ),
    "DECLARE kept CURSOR FOR SELECT 1": LEFT["DECLARE kept CURSOR WITH HOLD FOR SELECT 1"],
}


async def ask(entry: dict[str, Any], query: str) -> Any:
    """As a client that comes, asks in a transaction, and goes."""
    arguments = {**asyncpg_arguments(entry), "statement_cache_size": 0}
    client = await asyncpg.connect(**arguments)  # type: ignore[no-untyped-call]
    try:
        async with client.transaction():
            return await client.fetchval(query)
    finally:
        await client.close()


@pytest.mark.parametrize("statement", LEFT)
def test_the_next_client_finds_what_was_left(pooler: Pooler, statement: str) -> None:
    async def both() -> Any:
        await ask(pooler.entry, statement)
        return await ask(pooler.entry, f"SELECT {LEFT[statement]}")

    assert loop.run(both, timeout=20) is True


@pytest.mark.parametrize("statement", LEFT)
def test_a_background_session_refuses_to_leave_it(behind: dict[str, Any], statement: str) -> None:
    async def leave() -> None:
        async with get_background_session() as session:
            await session.execute(text(statement))

    with pytest.raises(SessionStateRefused, match=r"get_direct_session\(\)"):
        loop.run(leave, timeout=20)
    assert loop.run(ask, behind, f"SELECT {LEFT[statement]}", timeout=20) is not True


@pytest.mark.parametrize("statement", GONE)
def test_what_ends_with_the_transaction_is_allowed(behind: dict[str, Any], statement: str) -> None:
    async def use() -> bool:
        async with get_background_session() as session:
            await session.execute(text(statement))
            return bool(await session.scalar(text(f"SELECT {GONE[statement]}")))

    assert loop.run(use, timeout=20) is True
    assert loop.run(ask, behind, f"SELECT {GONE[statement]}", timeout=20) is not True


@pytest.mark.parametrize("statement", LEFT)
def test_a_direct_session_takes_it_and_takes_it_along(loop_thread: None, statement: str) -> None:
    async def use(sql: str) -> Any:
        async with get_direct_session() as session:
            found: Any = await session.execute(text(sql))
            return found.scalar() if found.returns_rows else None

    loop.run(use, statement, timeout=20)
    assert loop.run(use, f"SELECT {LEFT[statement]}", timeout=20) is not True
