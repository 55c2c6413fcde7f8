"""What goes wrong with SQLAlchemy and asyncpg as they come, and that a profile ends it. The silent faults first.

Each fault is shown on a real PgBouncer or PostgreSQL before the profile is tried on the same. The statements'
part of the story; what a session leaves behind is in test_session_state.py, loops and forks have their own.
"""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from dbcompat import engines, loop
from dbcompat.doctor.patient import Patient
from dbcompat.profiles import DIRECT, PGBOUNCER, profile_named
from tests.integration.faults import CLIENTS, NO_CACHES, first_fault, opened, plain, unique
from tests.poolers import NEWER, Pooler, pgbouncer
from tests.servers import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("loop_thread")]

ASKING = str(ROOT / "tests" / "programs" / "asking.py")


class Client:
    """In a process of its own, so that it counts its statements from one."""

    def __init__(self, entry: dict[str, Any], settings: dict[str, Any], owner: str) -> None:
        url = f"postgresql+asyncpg://{entry['USER']}@127.0.0.1:{entry['PORT']}/{entry['NAME']}"
        command = [sys.executable, ASKING, url, json.dumps(settings), owner]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)

    def ask(self) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        self.process.communicate(timeout=20)


async def _asked_in_turn(entry: dict[str, Any], settings: dict[str, Any]) -> str:
    """A prepares on one server, B the same name on the other; then A asks again, on B's."""
    first, second = Client(entry, settings, "A"), Client(entry, settings, "B")
    try:
        assert await asyncio.to_thread(first.ask) == "A"
        async with Patient(entry).client() as holder, holder.transaction():
            # The server connection that was used last, A's.
            await holder.fetchval("SELECT 1")
            assert await asyncio.to_thread(second.ask) == "B"
            return await asyncio.to_thread(first.ask)
    finally:
        for client in (first, second):
            await asyncio.to_thread(client.end)


def test_another_clients_row_is_received_without_an_error(pooler: Pooler) -> None:
    """The headline: two programs, the driver's defaults, and A is given what B asked for."""
    assert loop.run(_asked_in_turn, pooler.entry, {}, timeout=60) == "B"


def test_with_the_profile_each_receives_its_own(pooler: Pooler) -> None:
    ours = {**NO_CACHES, "name": ""}
    assert ours["statement_cache_size"] == PGBOUNCER.connect_args["statement_cache_size"]
    assert loop.run(_asked_in_turn, pooler.entry, ours, timeout=60) == "A"


async def _before_and_after(engine: AsyncEngine, column: str, change: str) -> tuple[Any, Any]:
    async def read() -> Any:
        async with engine.begin() as database:
            # Its type and its place, as they were, are what the dialect keeps.
            row = (await database.execute(text("SELECT * FROM fault"))).one()
            return row._mapping[column]

    async with opened(engine):
        before = await read()
        other = engines.make_engine(connection.settings_dict, DIRECT)
        async with opened(other), other.begin() as database:
            for statement in change.split(";"):
                await database.execute(text(statement))
        return before, await read()


HALF = {"statement_cache_size": 0}
CHANGES = [
    ("amount", "ALTER TABLE fault ALTER amount TYPE real", 7, 1088421888, 7.0),
    (
        "owner",
        "ALTER TABLE fault RENAME owner TO other; ALTER TABLE fault RENAME secret TO owner;"
        "ALTER TABLE fault RENAME other TO secret",
        "ada", "ada", "hidden",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("column", "change", "before", "wrong", "right"), CHANGES)
def test_wrong_values_after_a_change_of_the_schema(
    fault: None, column: str, change: str, before: object, wrong: object, right: object
) -> None:
    """One cache off and the other on: the dialect reads new bytes by the old types, and says nothing."""
    engine = plain(connection.settings_dict, HALF)
    assert loop.run(_before_and_after, engine, column, change, timeout=30) == (before, wrong)


@pytest.mark.parametrize(("column", "change", "before", "wrong", "right"), CHANGES)
def test_right_values_with_the_profile(
    fault: None, column: str, change: str, before: object, wrong: object, right: object
) -> None:
    engine = engines.make_engine(connection.settings_dict, PGBOUNCER)
    assert loop.run(_before_and_after, engine, column, change, timeout=30) == (before, right)


async def _ask(engine: AsyncEngine, number: int) -> None:
    async with engine.begin() as database:
        asked = text(f"SELECT CAST(:n AS int[]) AS c{number % 5}")
        assert await database.scalar(asked, {"n": [number]}) == [number]
        await database.execute(text("SELECT 1"))


MISSING = "does not exist"
WRONG = {
    "the driver's defaults": ({}, {}, MISSING),
    "unique names, the dialect's cache on": (
        {"statement_cache_size": 0, "prepared_statement_name_func": unique}, {}, MISSING,
    ),
    "unique names, both caches on": ({"prepared_statement_name_func": unique}, {}, MISSING),
    "unique names, both caches off, AUTOCOMMIT": (
        {**NO_CACHES, "prepared_statement_name_func": unique},
        {"isolation_level": "AUTOCOMMIT"}, MISSING,
    ),
    "a number among the startup parameters": (
        {"server_settings": {"statement_cache_size": "0"}}, {},
        "unsupported startup parameter: statement_cache_size",
    ),
    **{
        f"{name} among them": (
            {**NO_CACHES, "server_settings": {name: value}}, {}, f"unsupported startup parameter: {name}",
        )
        for name, value in {
            "jit": "off", "search_path": "public", "statement_timeout": "1000", "app.tenant": "7",
            "options": "-c jit=off",
        }.items()
    },
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_fails_behind_a_pooler(pooler: Pooler, name: str) -> None:
    given: Any = WRONG[name]
    arguments, options, words = given
    engine = plain(pooler.entry, arguments, pool_size=CLIENTS, **options)
    assert words in loop.run(first_fault, engine, _ask, timeout=60)


@pytest.mark.parametrize("options", [{}, {"isolation_level": "AUTOCOMMIT"}], ids=str)
def test_the_profile_does_not(pooler: Pooler, options: Any) -> None:
    engine = engines.make_engine(pooler.entry, PGBOUNCER, pool_size=CLIENTS, **options)
    assert loop.run(first_fault, engine, _ask, timeout=60) == ""


async def _fresh_clients(entry: dict[str, Any], profile: Any) -> list[str]:
    """Each new; after a migration, in front of a pooler that tracks statements by their text."""
    found = []
    for _ in range(8):
        async with opened(engines.make_engine(entry, profile)) as engine:
            try:
                async with engine.begin() as database:
                    await database.execute(text("SELECT * FROM fault"))
            except DBAPIError as error:
                found.append(str(error))
    return found


@pytest.mark.parametrize(("names", "failing"), [("unique", 8), ("unnamed", 0)])
def test_a_migration_poisons_named_statements_for_every_client(
    tmp_path: Path, fault: None, names: str, failing: int
) -> None:
    profile = profile_named("pgbouncer-prepared", names)
    options = {"max_prepared_statements": 200, "default_pool_size": 1}
    with pgbouncer(tmp_path, dict(connection.settings_dict), NEWER, **options) as newer:
        assert loop.run(_fresh_clients, newer.entry, profile, timeout=60) == []
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE fault ADD COLUMN added int")
        found = loop.run(_fresh_clients, newer.entry, profile, timeout=60)
    assert len(found) == failing
    assert all("cached statement plan is invalid" in words for words in found)


def test_a_startup_parameter_may_be_dropped_without_a_word(tmp_path: Path) -> None:
    """So nothing that counts is sent as one: our limits go with each transaction."""

    async def limit(engine: AsyncEngine) -> Any:
        async with opened(engine), engine.begin() as database:
            return await database.scalar(text("SHOW statement_timeout"))

    ignored = "statement_timeout"
    with pgbouncer(
        tmp_path, dict(connection.settings_dict), ignore_startup_parameters=ignored
    ) as lenient:
        asked = {**NO_CACHES, "server_settings": {"statement_timeout": "1234"}}
        assert loop.run(limit, plain(lenient.entry, asked), timeout=20) == "0"
        ours = engines.make_engine(lenient.entry, PGBOUNCER)
        assert loop.run(limit, ours, timeout=20) == "1min"
