"""Types of one's own, many rows at once and pings behind a pooler: what a name function alone does not cover.

For an enum or a composite type the driver asks the catalog first, by statements of its own; so it does for
executemany() and for a ping. They go through its own cache and have its own names, whatever the dialect says.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from dbcompat import engines, loop
from dbcompat.profiles import PGBOUNCER
from tests.integration.faults import CLIENTS, first_fault, opened, plain, unique
from tests.poolers import Pooler, pgbouncer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("loop_thread")]

AUTOCOMMIT = {"isolation_level": "AUTOCOMMIT"}
UNNAMED = {"prepared_statement_name_func": lambda: ""}
DRIVERS_ON = {"prepared_statement_cache_size": 0}

USES: dict[str, tuple[str, Any]] = {
    "an enum": ("SELECT CAST(:value AS fault_mood)", {"value": "calm"}),
    "an array of enums": ("SELECT CAST(:value AS fault_mood[])", {"value": ["calm", "wild"]}),
    "a composite": ("SELECT CAST(ROW(1, 'one') AS fault_pair)", {}),
    "many rows": ("SELECT CAST(:value AS int)", [{"value": 1}, {"value": 2}]),
}
NO_NAME, NAMED = "unnamed prepared statement does not exist", 'statement "__asyncpg_stmt_'
WRONG: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, str]]] = {
    "the driver's defaults, AUTOCOMMIT": (
        {}, AUTOCOMMIT, dict.fromkeys(USES, NAMED),
    ),
    # The catalog is asked between the statement's Parse and its Execute, on whichever server.
    "no name, both caches on, AUTOCOMMIT": (
        UNNAMED, AUTOCOMMIT, {**dict.fromkeys(USES, NO_NAME), "many rows": NAMED},
    ),
    "no name, the driver's cache on, AUTOCOMMIT": (
        {**UNNAMED, **DRIVERS_ON}, AUTOCOMMIT, {**dict.fromkeys(USES, NO_NAME), "many rows": NAMED},
    ),
    "no name, the driver's cache on": ({**UNNAMED, **DRIVERS_ON}, {}, {"many rows": NAMED}),
    "unique names, the driver's cache on": (
        {"prepared_statement_name_func": unique, **DRIVERS_ON}, {}, {"many rows": NAMED},
    ),
    "unique names, the driver's cache on, pings": (
        {"prepared_statement_name_func": unique, **DRIVERS_ON}, {"pool_pre_ping": True},
        dict.fromkeys(USES, NAMED),
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def fault() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TYPE fault_mood AS ENUM ('calm', 'wild')")
        cursor.execute("CREATE TYPE fault_pair AS (number int, name text)")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TYPE fault_mood, fault_pair")


def met(engine: AsyncEngine, use: str) -> str:
    query, values = USES[use]

    async def once(engine: AsyncEngine, number: int) -> None:
        async with engine.connect() as database:
            await database.execute(text(query), values)
            await database.commit()

    return loop.run(first_fault, engine, once, timeout=60)


@pytest.mark.parametrize(
    ("name", "use"), [(name, use) for name, (*_, words) in WRONG.items() for use in words]
)
def test_what_fails(pooler: Pooler, name: str, use: str) -> None:
    arguments, options, words = WRONG[name]
    assert words[use] in met(plain(pooler.entry, arguments, pool_size=CLIENTS, **options), use)


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("options", [{}, AUTOCOMMIT, {"pool_pre_ping": True}], ids=str)
def test_the_profile_does_not(pooler: Pooler, options: Any, use: str) -> None:
    assert (
        met(engines.make_engine(pooler.entry, PGBOUNCER, pool_size=CLIENTS, **options), use) == ""
    )


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Pooler]:
    """Three server connections to a database where the compiler is on, as it is by default."""
    alter = f'ALTER DATABASE "{connection.settings_dict["NAME"]}"'
    with connection.cursor() as cursor:
        cursor.execute(f"{alter} SET jit = on")
    try:
        with pgbouncer(tmp_path, dict(connection.settings_dict), default_pool_size=3) as running:
            yield running
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"{alter} RESET jit")


async def _compilers(entry: dict[str, Any]) -> set[str]:
    """What `jit` is on the server connections; held at once, so that each client has another."""
    found: set[str] = set()

    async def look(engine: AsyncEngine) -> None:
        async with engine.begin() as database:
            found.add(await database.scalar(text("SHOW jit")) or "")
            await database.execute(text("SELECT pg_sleep(0.1)"))

    async with (
        opened(engines.make_engine(entry, PGBOUNCER)) as engine,
        asyncio.TaskGroup() as group,
    ):
        for _ in range(5):
            group.create_task(look(engine))
    return found


@pytest.mark.parametrize(
    ("options", "left"), [(AUTOCOMMIT, "off"), ({}, "on")], ids=["raw", "ours"]
)
def test_the_compiler_stays_off_for_whoever_comes_next(
    three: Pooler, options: Any, left: str
) -> None:
    """The driver turns it off while it asks the catalog, and on again: on another server, under AUTOCOMMIT."""
    seen: set[str] = set()
    for _ in range(5):
        engine = engines.make_engine(three.entry, PGBOUNCER, pool_size=CLIENTS, **options)
        assert met(engine, "an array of enums") == ""
        seen |= loop.run(_compilers, three.entry, timeout=20)
        if "off" in seen:
            break
    assert left in seen
    assert ("off" in seen) == (left == "off")
