"""The doctor on every set-up with a pooler, right and wrong, each started for real."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection

from dbcompat import engines, loop
from dbcompat.doctor.patient import Patient
from dbcompat.doctor.report import Finding
from tests.integration.examining import configured, told
from tests.poolers import NEWER, PGBOUNCER, Pooler, pgbouncer
from tests.supavisor import supavisor

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("loop_thread"),
]


def verdicts(found: dict[str, Finding]) -> dict[str, str]:
    """Only of what is not in order."""
    return {name: f.verdict for name, f in found.items() if f.verdict != "ok"}


@pytest.fixture
def behind(tmp_path: Path, settings: LazySettings) -> Any:
    @contextmanager
    def start(program: Path = PGBOUNCER, ours: dict[str, object] | None = None,
              **options: object) -> Iterator[Pooler]:  # fmt: skip
        with (
            pgbouncer(tmp_path, dict(connection.settings_dict), program, **options) as pooler,
            configured(settings, pooler.entry, **(ours or {})),
        ):
            yield pooler

    return start


# Without another way to the database there is always this to be said of a pooler.
NO_DIRECT = {"direct": "warning"}


def test_no_pooler_at_all(settings: LazySettings) -> None:
    with configured(
        settings, {**connection.settings_dict, "ENGINE": "django.db.backends.postgresql"}
    ):
        found = told()
    assert verdicts(found) == {}
    assert found["mode"].proved.startswith("PostgreSQL itself.")
    assert "statements" not in found


@pytest.mark.parametrize("program", [PGBOUNCER, NEWER], ids=["1.18", "1.24"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"default_pool_size": 10},
        {"server_round_robin": 1, "default_pool_size": 5},
        {"ignore_startup_parameters": "dbcompat.probe,extra_float_digits"},
        {"server_reset_query_always": 1},
    ],
    ids=lambda options: " ".join(options) or "default",
)
def test_transaction_mode(behind: Any, program: Path, options: dict[str, object]) -> None:
    with behind(program, **options):
        found = told()
    assert verdicts(found) == NO_DIRECT
    assert "in transaction mode" in found["mode"].proved
    dropped = "ignore_startup_parameters" in options
    assert ("dropped without a word" if dropped else "is refused") in found["mode"].proved
    assert "found out: pgbouncer" in found["profile"].proved
    assert "The direct profile would fail here." in found["engine"].proved
    seen = "was not seen" if "server_reset_query_always" in options else "was seen by another"
    assert seen in found["state"].proved


@pytest.mark.parametrize("tracking", [0, 200])
def test_whether_the_pooler_tracks_named_statements(behind: Any, tracking: int) -> None:
    with behind(NEWER, max_prepared_statements=tracking):
        found = told()
    words = "are tracked by the pooler" if tracking else "are not there in the next transaction"
    assert words in found["named"].proved


def test_one_server_connection(behind: Any) -> None:
    with behind(default_pool_size=1):
        found = told()
    assert "in transaction mode" in found["mode"].proved
    assert verdicts(found) == {**NO_DIRECT, "named": "unknown", "pool-size": "warning"}
    assert "Only one server connection" in found["pool-size"].proved
    assert "given up, ended on the server" in found["cancel"].proved


def test_session_mode(behind: Any) -> None:
    with behind(pool_mode="session", default_pool_size=30):
        found = told()
    assert verdicts(found) == {}
    assert "in session mode" in found["mode"].proved
    assert "found out: session" in found["profile"].proved


def test_session_mode_with_too_few_connections(behind: Any) -> None:
    with behind(pool_mode="session", default_pool_size=2, query_wait_timeout=1):
        found = told()
    assert found["pool-size"].verdict == "warning"
    assert "Only 2 server connections" in found["pool-size"].proved


def test_statement_mode(behind: Any) -> None:
    with behind(pool_mode="statement"):
        found = told()
    assert found["mode"].verdict == "wrong"
    assert "pool_mode = transaction" in found["mode"].advice


def test_supavisor(settings: LazySettings) -> None:
    with (
        supavisor(dict(connection.settings_dict)) as standing,
        configured(settings, standing.entry),
    ):
        found = told()
    assert verdicts(found) == NO_DIRECT
    assert "Supavisor in transaction mode" in found["mode"].proved
    assert "found out: supavisor" in found["profile"].proved


@pytest.mark.parametrize("pooler", ["direct", "session", "supavisor"])
def test_a_wrong_profile_for_pgbouncer(behind: Any, pooler: str) -> None:
    with behind(ours={"POOLER": pooler}):
        found = told()
    assert verdicts(found)["profile"] == "wrong"
    assert "DATABASE_POOLER=pgbouncer" in found["profile"].advice
    assert found["profile"].setting == "DATABASE_POOLER"
    assert found["engine"].verdict == "wrong"


@pytest.mark.parametrize(
    ("pooler", "verdict"),
    [
        ("pgbouncer", "warning"),
        ("pgbouncer-prepared", "warning"),
        ("supavisor", "wrong"),
        ("session", "ok"),
    ],
)
def test_a_wrong_profile_for_no_pooler(settings: LazySettings, pooler: str, verdict: str) -> None:
    entry = {**connection.settings_dict, "ENGINE": "django.db.backends.postgresql"}
    with configured(settings, entry, POOLER=pooler):
        found = told()
    assert found["profile"].verdict == verdict
    assert ("DATABASE_POOLER=direct" in found["profile"].advice) == (verdict != "ok")
    assert (found["engine"].verdict == "wrong") == (pooler == "supavisor")


def test_a_wrong_profile_for_supavisor(settings: LazySettings) -> None:
    with (
        supavisor(dict(connection.settings_dict)) as standing,
        configured(settings, standing.entry, POOLER="direct"),
    ):
        found = told()
    assert found["profile"].verdict == "wrong"
    assert "DATABASE_POOLER=supavisor" in found["profile"].advice


def test_unique_names_leak_and_the_setting_is_named(behind: Any) -> None:
    from sqlalchemy import text

    from dbcompat.sessions import get_background_session

    async def use() -> None:
        async with get_background_session() as session:
            await session.execute(text("SELECT 1"))

    with behind(ours={"STATEMENT_NAMES": "unique"}):
        for _ in range(20):
            loop.run(use, timeout=20)
        found = told()
        loop.run(engines.dispose, timeout=20)
    assert found["statements"].verdict == "wrong"
    assert found["statements"].setting == "DATABASE_STATEMENT_NAMES"
    assert "on one server connection" in found["statements"].proved


async def run_on(entry: dict[str, Any], *statements: str) -> list[Any]:
    """As another client of the pooler."""
    async with Patient(entry).client() as client:
        return [await client.fetchval(statement) for statement in statements]


def test_what_another_client_has_left(behind: Any) -> None:
    with behind(default_pool_size=1) as pooler:
        loop.run(
            run_on, pooler.entry, "SET work_mem = '7MB'", "PREPARE theirs AS SELECT 1", timeout=20
        )
        found = told()
    assert found["leaks"].verdict == "wrong"
    assert "work_mem = 7168" in found["leaks"].proved
    assert found["statements"].verdict == "warning"


def test_it_leaves_nothing_behind(behind: Any) -> None:
    with behind() as pooler:
        told()
        state = "SELECT current_setting('dbcompat.leak', true)"
        named = "SELECT count(*) FROM pg_prepared_statements WHERE name <> ''"
        idle = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%' AND pid <> pg_backend_pid()"
        left = [loop.run(run_on, pooler.entry, state, named, idle, timeout=20) for _ in range(4)]
    assert {value or 0 for values in left for value in values} == {0}
