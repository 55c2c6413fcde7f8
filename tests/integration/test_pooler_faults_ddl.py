"""A column or a type changes while programs run: what their next queries meet, raw and with a profile.

All of it happens without any pooler, too. The silent ones, wrong values without an error, are in
test_pooler_faults.py.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from sqlalchemy import text
from sqlalchemy.exc import NotSupportedError
from sqlalchemy.ext.asyncio import AsyncEngine

from dbcompat import engines, loop
from dbcompat.errors import Kind, classify, may_pass
from dbcompat.profiles import DIRECT, PGBOUNCER, PROFILES, ConnectionProfile
from tests.integration.faults import opened, plain

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("loop_thread")]

TIMES = 3
HALF = {"statement_cache_size": 0}
ADDED = "ALTER TYPE fault_pair ADD ATTRIBUTE added int CASCADE"


@pytest.fixture(autouse=True)
def fault() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TYPE fault_pair AS (number int, name text)")
        cursor.execute("CREATE TABLE fault (amount int, owner text, pair fault_pair)")
        cursor.execute("INSERT INTO fault VALUES (7, 'ada', (1, 'one'))")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE fault; DROP TYPE fault_pair")


def ours(profile: ConnectionProfile) -> AsyncEngine:
    return engines.make_engine(connection.settings_dict, profile, pool_size=1)


def raw(arguments: dict[str, Any]) -> AsyncEngine:
    return plain(connection.settings_dict, arguments, pool_size=1)


async def _reads(engine: AsyncEngine, query: str, change: str) -> list[Any]:
    """One row before the change and TIMES after it, over one connection; an error in the place of a row."""

    async def read() -> Any:
        try:
            async with engine.begin() as database:
                return tuple((await database.execute(text(query))).one())
        except Exception as error:  # noqa: BLE001 -- whichever it is, it is what they read
            return error

    async with opened(engine):
        found = [await read()]
        async with opened(ours(DIRECT)) as other, other.begin() as database:
            await database.execute(text(change))
        return found + [await read() for _ in range(TIMES)]


def reads(engine: AsyncEngine, query: str, change: str) -> list[Any]:
    return loop.run(_reads, engine, query, change, timeout=30)


CHANGES = {
    "a longer type": (
        "SELECT amount FROM fault", "ALTER TABLE fault ALTER amount TYPE bigint",
        BufferError, "trailing 4 bytes", (7,),
    ),
    "a shorter text": (
        "SELECT amount FROM fault", "ALTER TABLE fault ALTER amount TYPE text",
        AssertionError, "insufficient data", ("7",),
    ),
    "another column": (
        "SELECT * FROM fault", "ALTER TABLE fault ADD COLUMN added int",
        Exception, "number of columns", (7, "ada", (1, "one"), None),
    ),
    "a column less": (
        "SELECT * FROM fault", "ALTER TABLE fault DROP COLUMN owner",
        Exception, "number of columns", (7, (1, "one")),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_with_half_the_settings_a_connection_never_recovers(name: str) -> None:
    """The driver's cache off, the dialect's on: the types of the columns stay as they were."""
    query, change, kind, words, right = CHANGES[name]
    before, *after = reads(raw(HALF), query, change)
    assert isinstance(before, tuple)
    assert len(after) == TIMES
    for error in after:
        assert isinstance(error, kind), error
        assert words in str(error)
        # So nobody would run it again.
        assert not may_pass(error)
    assert reads(ours(PGBOUNCER), query, "SELECT 1")[1:] == [right] * TIMES


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("profile", ["pgbouncer", "pgbouncer-prepared"])
def test_with_a_pooled_profile_nobody_notices(profile: str, name: str) -> None:
    query, change, *_, right = CHANGES[name]
    assert reads(ours(PROFILES[profile]), query, change)[1:] == [right] * TIMES


@pytest.mark.parametrize("name", CHANGES)
def test_with_both_caches_on_it_fails_once(name: str) -> None:
    """The defaults, which are the direct profile. Once for each connection, so it is worth another try."""
    query, change, *_, right = CHANGES[name]
    _, error, *rest = reads(ours(DIRECT), query, change)
    assert isinstance(error, NotSupportedError)
    # SQLAlchemy's own way to the driver's error fails here: errors are told apart without it.
    with pytest.raises(ValueError, match="No original exception"):
        _ = error.driver_exception
    assert classify(error) is Kind.TRANSIENT
    assert rest == [right] * (TIMES - 1)


def test_after_a_change_of_a_composite_type_a_connection_never_recovers() -> None:
    """The driver closes every statement that has to do with the type; the dialect goes on using them."""
    _, first, *rest = reads(raw({}), "SELECT pair FROM fault", ADDED)
    assert "number of attributes of composite type" in str(first)
    assert len(rest) == TIMES - 1
    for error in rest:
        assert "the prepared statement is closed" in str(error)
        assert not may_pass(error)


@pytest.mark.parametrize("profile", ["direct", "pgbouncer"])
def test_with_a_profile_such_a_connection_is_replaced(profile: str) -> None:
    _, error, *rest = reads(ours(PROFILES[profile]), "SELECT pair FROM fault", ADDED)
    assert "number of attributes of composite type" in str(error)
    assert may_pass(error)
    assert rest == [((1, "one", None),)] * (TIMES - 1)
