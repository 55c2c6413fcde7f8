"""Behind a transaction-mode pooler: first what goes wrong without the profile, then that it does not."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from batches.recount import verify
from dbcompat import engines, loop
from dbcompat.engines import WrongProfile
from dbcompat.guards import AutocommitRefused
from dbcompat.profiles import DIRECT, PGBOUNCER, PROFILES, profile_named
from dbcompat.sessions import get_background_session, get_direct_session
from dbcompat.url import BadDatabaseURL
from tests.integration.running import counts, finished, started, until
from tests.poolers import pgbouncer

pytestmark = [pytest.mark.django_db(transaction=True)]

CLIENTS, ROUNDS = 12, 25


@pytest.fixture
def pooled(tmp_path: Path, transactional_db: None) -> Iterator[dict[str, Any]]:
    """The test database behind PgBouncer, with two server connections, as an entry of DATABASES."""
    direct = connection.settings_dict
    with pgbouncer(tmp_path, direct) as pooler:
        yield pooler.entry


@pytest.fixture
def behind(
    pooled: dict[str, Any], settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, Any]]:
    """Background sessions of the product go through PgBouncer; what it is has to be found out."""
    loop.stop()
    loop.start()
    settings.DBCOMPAT = {**settings.DBCOMPAT, "POOLER": "auto"}
    monkeypatch.setattr(engines, "_database", lambda purpose: (pooled, settings.DBCOMPAT["POOLER"]))
    yield pooled
    loop.stop()
    loop.start()


async def one_round(engine: AsyncEngine, client: int) -> None:
    async with engine.begin() as database:
        found = await database.scalar(text("SELECT CAST(:ids AS int[])"), {"ids": [client, 2]})
        assert found == [client, 2]
        statement = text(f"SELECT CAST(:data AS jsonb) AS c{client % 3}, {client}")
        assert (await database.execute(statement, {"data": '{"a": 1}'})).one()[1] == client


async def errors(engine: AsyncEngine) -> Counter[str]:
    """What many clients at once run into, by the name of the error."""
    found: Counter[str] = Counter()

    async def client(number: int) -> None:
        for _ in range(ROUNDS):
            try:
                await one_round(engine, number)
            except Exception as error:  # noqa: BLE001 -- whichever it is, it is what this counts
                found[type(error).__name__] += 1

    async with asyncio.TaskGroup() as group:
        for number in range(CLIENTS):
            group.create_task(client(number))
    await engine.dispose()
    return found


def run(build: Callable[[], AsyncEngine]) -> Counter[str]:
    async def work() -> Counter[str]:
        return await errors(build())

    return loop.run(work, timeout=120)


def left_behind(pooled: dict[str, Any]) -> int:
    """Named statements on the server connections of the pool."""

    async def count() -> int:
        most = 0
        engine = engines.make_engine(pooled, PGBOUNCER)
        for _ in range(6):
            async with engine.begin() as database:
                query = text("SELECT count(*) FROM pg_prepared_statements WHERE name <> ''")
                most = max(most, await database.scalar(query) or 0)
        await engine.dispose()
        return most

    return loop.run(count, timeout=30)


def test_without_a_profile_it_fails(pooled: dict[str, Any]) -> None:
    found = run(lambda: engines.make_engine(pooled, DIRECT, pool_size=12))
    assert sum(found.values()) > 10


def test_the_pooled_profile_has_no_error_and_leaves_nothing_behind(pooled: dict[str, Any]) -> None:
    assert run(lambda: engines.make_engine(pooled, PGBOUNCER, pool_size=12)) == Counter()
    assert left_behind(pooled) == 0


def test_unique_names_work_and_leave_every_statement_behind(pooled: dict[str, Any]) -> None:
    unique = profile_named("pgbouncer", "unique")
    assert run(lambda: engines.make_engine(pooled, unique, pool_size=12)) == Counter()
    # How many is chance: the driver closes the one before, if it happens to meet the same server.
    assert left_behind(pooled) > 0


def test_autocommit_with_unique_names_is_refused(pooled: dict[str, Any]) -> None:
    unique = profile_named("pgbouncer", "unique")
    with pytest.raises(AutocommitRefused, match="prepared on one server and run on another"):
        engines.make_engine(pooled, unique, isolation_level="AUTOCOMMIT")


def test_the_string_for_supavisor_stays_with_supavisor(pooled: dict[str, Any]) -> None:
    for name, profile in PROFILES.items():
        sent = profile.arguments("x")["server_settings"]
        assert ("statement_cache_size" in sent) == (name == "supavisor")

    async def connect() -> None:
        engine = engines.make_engine(pooled, PROFILES["supavisor"])
        try:
            await one_round(engine, 1)
        finally:
            await engine.dispose()

    with pytest.raises(Exception, match="unsupported startup parameter"):
        loop.run(connect, timeout=20)


def test_what_answers_is_found_out_and_said(
    behind: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    async def ask() -> str:
        return (await engines.profile_of(behind, "auto")).name

    engines._detected.clear()
    with caplog.at_level(logging.INFO):
        assert loop.run(ask, timeout=20) == "pgbouncer"
    assert "Using the pgbouncer profile." in caplog.text
    tcp = {**behind, "HOST": connection.settings_dict["HOST"], "PORT": ""}

    async def ask_directly() -> str:
        return (await engines.profile_of(tcp, "auto")).name

    assert loop.run(ask_directly, timeout=20) == "direct"


@pytest.mark.parametrize("pooler", ["direct", "session"])
def test_a_profile_that_would_mix_up_clients_is_refused_before_anything_runs(
    behind: dict[str, Any], settings: LazySettings, pooler: str
) -> None:
    settings.DBCOMPAT = {**settings.DBCOMPAT, "POOLER": pooler}

    async def use() -> None:
        async with get_background_session() as session:
            await session.execute(text("SELECT 1"))

    with pytest.raises(WrongProfile, match=f"DATABASE_POOLER is {pooler}.* Set it to pgbouncer"):
        loop.run(use, timeout=20)


def test_a_batch_runs_through_the_pooler(behind: dict[str, Any]) -> None:
    from batches import engine

    engine.start()
    params = {"fail_every": 50}
    batch = finished(started("checksum", 5_000, params=params, max_attempts=2, backoff_seconds=0.1))
    assert counts(batch) == {"succeeded": 4_900, "failed": 100}
    assert verify(batch) == []
    assert left_behind(behind) == 0


def test_time_limits_hold_for_a_transaction_and_not_for_the_next_client(
    behind: dict[str, Any],
) -> None:
    async def limits() -> tuple[str, str]:
        async with get_background_session() as session:
            ours = str(await session.scalar(text("SELECT current_setting('statement_timeout')")))
        engine = engines.make_engine(behind, PGBOUNCER)
        driver = await engine.raw_connection()
        assert driver.driver_connection is not None
        theirs = await driver.driver_connection.fetchval("SHOW statement_timeout")
        driver.close()
        await engine.dispose()
        return ours, theirs

    assert loop.run(limits, timeout=20) == ("1min", "0")


def test_a_direct_session_needs_a_direct_address(behind: dict[str, Any]) -> None:
    async def use() -> None:
        async with get_direct_session():
            pass

    with pytest.raises(BadDatabaseURL, match="DATABASE_DIRECT_URL"):
        loop.run(use, timeout=20)


def test_a_cancelled_query_stops_and_the_pool_is_whole(behind: dict[str, Any]) -> None:
    async def sleep() -> None:
        async with get_background_session() as session:
            await session.execute(text("SELECT pg_sleep(60)"))

    with suppress(TimeoutError):
        loop.run(sleep, timeout=0.3)

    async def still() -> int:
        async with get_background_session() as session:
            query = text(
                "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'"
            )
            return await session.scalar(query) or 0

    until(lambda: loop.run(still, timeout=20) == 0, "the cancelled query to stop", 5)
