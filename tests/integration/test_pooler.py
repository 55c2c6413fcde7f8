"""Behind a transaction-mode pooler: first what goes wrong without the profile, then that it does not."""

import logging
from typing import Any

import pytest
from django.conf import LazySettings
from sqlalchemy import text

from batches.recount import verify
from benchmarks import matrix
from benchmarks.matrix_usages import core
from dbcompat import engines, loop
from dbcompat.engines import WrongProfile
from dbcompat.guards import AutocommitRefused
from dbcompat.profiles import PGBOUNCER, PROFILES, profile_named
from dbcompat.sessions import get_background_session, get_direct_session
from dbcompat.url import BadDatabaseURL
from tests.integration.running import counts, finished, started, until
from tests.poolers import Pooler

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def pooled(pooler: Pooler) -> dict[str, Any]:
    return pooler.entry


def left_behind(pooled: dict[str, Any]) -> int:
    return loop.run(matrix.left_behind, pooled, timeout=30)


def test_unique_names_work_and_leave_every_statement_behind(pooled: dict[str, Any]) -> None:
    outcome = matrix.measure(pooled, "pgbouncer, unique names", 420)
    assert outcome.errors == {}
    # How many is chance: the driver closes the one before, if it happens to meet the same server.
    assert (outcome.left or 0) > 0


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
            await core(engine, 1)
        finally:
            await engine.dispose()

    with pytest.raises(Exception, match="unsupported startup parameter"):
        loop.run(connect, timeout=20)


def test_what_answers_is_found_out_and_said(
    behind: dict[str, Any], pooler: Pooler, caplog: pytest.LogCaptureFixture
) -> None:
    async def ask() -> str:
        return (await engines.profile_of(behind, "auto")).name

    engines._detected.clear()
    with caplog.at_level(logging.INFO):
        assert loop.run(ask, timeout=20) == "pgbouncer"
    assert "Using the pgbouncer profile." in caplog.text
    direct = {**behind, "HOST": pooler.database["HOST"], "PORT": pooler.database["PORT"]}

    async def ask_directly() -> str:
        return (await engines.profile_of(direct, "auto")).name

    assert loop.run(ask_directly, timeout=20) == "direct"


@pytest.mark.parametrize("profile", ["direct", "session"])
def test_a_profile_that_would_mix_up_clients_is_refused_before_anything_runs(
    behind: dict[str, Any], settings: LazySettings, profile: str
) -> None:
    settings.DBCOMPAT = {**settings.DBCOMPAT, "POOLER": profile}

    async def use() -> None:
        async with get_background_session() as session:
            await session.execute(text("SELECT 1"))

    with pytest.raises(WrongProfile, match=f"DATABASE_POOLER is {profile}.* Set it to pgbouncer"):
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

    async def running() -> int:
        async with get_background_session() as session:
            query = text(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'"
            )
            return await session.scalar(query) or 0

    sleeping = loop.submit(sleep)
    until(lambda: loop.run(running, timeout=20) == 1, "the query to run")
    sleeping.cancel()
    until(lambda: loop.run(running, timeout=20) == 0, "the cancelled query to stop", 5)
    assert loop.run(matrix.left_behind, behind, timeout=20) == 0
