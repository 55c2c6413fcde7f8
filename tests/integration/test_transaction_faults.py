"""What goes wrong with transactions and connections, raw, and that sessions and profiles end it."""

import asyncio
import gc
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncEngine

from dbcompat import engines, loop
from dbcompat.doctor.patient import Patient
from dbcompat.errors import Kind, classify
from dbcompat.profiles import DIRECT, PGBOUNCER
from tests.integration.faults import NO_CACHES, opened, plain
from tests.poolers import Pooler

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("loop_thread")]


def test_copy_before_the_first_statement_survives_a_rollback(fault: None) -> None:
    """`copy_rows` sends a statement first: test_sessions.py shows that it is undone."""

    async def copy() -> None:
        async with (
            opened(plain(connection.settings_dict, {})) as engine,
            engine.connect() as database,
        ):
            driver: Any = (await database.get_raw_connection()).driver_connection
            await driver.copy_records_to_table("fault", records=[(1, "copied", "")])
            await database.rollback()

    loop.run(copy, timeout=20)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM fault WHERE owner = 'copied'")
        assert cursor.fetchone()[0] == 1


@pytest.mark.parametrize("options", [{"isolation_level": "AUTOCOMMIT"}, {}], ids=["raw", "ours"])
def test_streams_and_savepoints_need_a_transaction(pooler: Pooler, options: Any) -> None:
    async def use() -> int:
        async with opened(engines.make_engine(pooler.entry, PGBOUNCER, **options)) as engine:
            async with engine.begin() as database:
                result = await database.stream(text("SELECT generate_series(1, 1000)"))
                seen = len([row async for row in result])
                async with database.begin_nested():
                    await database.execute(text("SELECT 1"))
            return seen

    if options:
        with pytest.raises(Exception, match=r"outside of a transaction|transaction block"):
            loop.run(use, timeout=20)
    else:
        assert loop.run(use, timeout=20) == 1000


def test_a_cancelled_query_leaves_its_connection_to_be_rolled_back(pooler: Pooler) -> None:
    """Going on with it fails; leaving the block, as sessions do, is all it takes."""

    async def go_on() -> None:
        async with opened(plain(pooler.entry, NO_CACHES)) as engine, engine.connect() as database:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await database.execute(text("SELECT pg_sleep(5)"))
            with pytest.raises(PendingRollbackError):
                await database.execute(text("SELECT 1"))
            await database.rollback()
            assert await database.scalar(text("SELECT 1")) == 1

    loop.run(go_on, timeout=20)


async def _after_a_kill(engine: AsyncEngine) -> int:
    async with opened(engine):
        async with engine.begin() as database:
            pid = await database.scalar(text("SELECT pg_backend_pid()"))
        async with Patient(connection.settings_dict).client() as other:
            await other.execute(f"SELECT pg_terminate_backend({pid})")
        await asyncio.sleep(0.2)
        async with engine.begin() as database:
            return int(await database.scalar(text("SELECT 1")) or 0)


def test_an_idle_connection_that_the_server_closed() -> None:
    with pytest.raises(DBAPIError, match="connection is closed") as raised:
        loop.run(_after_a_kill, plain(connection.settings_dict, {}), timeout=20)
    assert classify(raised.value) is Kind.GONE
    ours = engines.make_engine(connection.settings_dict, DIRECT)
    assert loop.run(_after_a_kill, ours, timeout=20) == 1


def test_a_pooler_that_is_down_is_no_error_of_sqlalchemys(pooler: Pooler) -> None:
    pooler.kill()
    with pytest.raises(OSError, match=r"Connect call failed|refused") as raised:
        loop.run(_faultless, pooler.entry, timeout=20)
    assert not isinstance(raised.value, DBAPIError)
    assert classify(raised.value) is Kind.GONE


async def _faultless(entry: dict[str, Any]) -> None:
    async with opened(engines.make_engine(entry, PGBOUNCER)) as engine, engine.begin() as database:
        await database.execute(text("SELECT 1"))


# Django leaves the cursor of a query that failed halfway to the garbage collector.
@pytest.mark.filterwarnings("ignore:.*ServerSideCursor:ResourceWarning")
@pytest.mark.parametrize("disabled", [False, True])
def test_djangos_server_side_cursor_is_gone_at_its_next_fetch(
    pooler: Pooler, disabled: bool
) -> None:
    Group.objects.bulk_create(Group(name=f"group {n}") for n in range(300))
    current = connection.settings_dict
    before, other = dict(current), DatabaseWrapper(pooler.entry)
    connection.close()
    current.update({**pooler.entry, "DISABLE_SERVER_SIDE_CURSORS": disabled})
    rows = Group.objects.iterator(chunk_size=10)
    try:
        next(rows)
        with other.cursor() as between:
            # Somebody else is given the server connection meanwhile.
            between.execute("BEGIN")
            between.execute("SELECT 1")
            if disabled:
                assert len(list(rows)) >= 299
            else:
                with pytest.raises(Exception, match="does not exist"):
                    list(rows)
    finally:
        other.close()
        connection.close()
        del rows
        gc.collect()
        current.clear()
        current.update(before)
