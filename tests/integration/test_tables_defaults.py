"""What is not given is filled in as Django would, by Python or by the database."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, models
from sqlalchemy import insert, select, update
from sqlalchemy.exc import StatementError

from dbcompat import loop
from dbcompat.sessions import get_background_session
from dbcompat.tables import table_for
from tests.mirror.models import (
    BEFORE,
    STRUCTURES,
    FilledByDatabase,
    FilledByPython,
    Keyed,
    Linked,
    NumberedByDjango,
    Pair,
    Small,
)  # fmt: skip
from tests.mirror.schema import standing

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["dbcompat"])

KEYED = table_for(Keyed)


@pytest.fixture(scope="module", autouse=True)
def tables(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with standing(django_db_blocker, STRUCTURES, BEFORE):
        yield


@pytest.fixture(autouse=True)
def emptied() -> Iterator[None]:
    yield
    names = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in STRUCTURES)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {names} CASCADE")


async def execute(statement: Any, rows: list[dict[str, Any]] | None = None) -> None:
    async with get_background_session() as session:
        await session.execute(statement, rows)


def do(statement: Any, rows: list[dict[str, Any]] | None = None) -> None:
    loop.run(execute, statement, rows, timeout=20)


def rows_of(model: type[models.Model], *without: str) -> list[dict[str, Any]]:
    kept = [field.attname for field in model._meta.concrete_fields if field.attname not in without]
    return list(model._default_manager.order_by("pk").values(*kept))


def test_by_python() -> None:
    FilledByPython._default_manager.create()
    table = table_for(FilledByPython)
    do(insert(table).values())
    do(insert(table).values([{"number": 5}, {"number": 5}]))
    do(insert(table), [{"number": 5}, {"number": 5}])
    rows = rows_of(FilledByPython, "id", "key")
    assert len(rows) == 6
    assert all(row == rows[0] for row in rows), rows
    assert rows[0]["note"] == ""
    assert rows[0]["both"] == 1
    assert rows[0]["loud"] == "HEY"
    assert FilledByPython._default_manager.values("key").distinct().count() == 6


def test_by_the_database() -> None:
    FilledByDatabase._default_manager.create()
    do(insert(table_for(FilledByDatabase)).values())
    do(insert(table_for(FilledByDatabase)), [{"number": -7}])
    rows = rows_of(FilledByDatabase, "id", "random", "at", "later")
    assert len(rows) == 3
    assert rows[0] == rows[1] == rows[2]
    assert None not in [value for name, value in rows[0].items() if name != "empty"]


def test_the_clock() -> None:
    before = datetime.now(UTC)
    do(insert(KEYED).values(code="a"))
    first = Keyed._default_manager.get()
    assert before <= first.made <= first.changed <= datetime.now(UTC)
    assert (first.day - before.date()) in (timedelta(0), timedelta(days=1))
    do(update(KEYED).values(title="new"))
    second = Keyed._default_manager.get()
    assert (second.made, second.hour) == (first.made, first.hour)
    assert second.changed > first.changed
    do(update(KEYED).values(changed=before))
    assert Keyed._default_manager.get().changed == before


def test_what_only_django_can_find_out_must_be_given() -> None:
    table = table_for(NumberedByDjango)
    with pytest.raises(StatementError, match=r"filled in by its pre_save\(\).*Give its value"):
        do(insert(table).values())
    do(insert(table).values(name="given"))
    assert NumberedByDjango._default_manager.get().name == "given"


def test_keys_and_references() -> None:
    async def fill() -> list[Any]:
        async with get_background_session() as session:
            key = await session.scalar(insert(KEYED).values(code="c").returning(KEYED.c.key))
            linked = table_for(Linked)
            rows = [{"owner_id": key, "by_code_id": "c", "loose_id": key} for _ in range(3)]
            made = await session.scalars(insert(linked).returning(linked.c.id), rows)
            small = table_for(Small)
            number = await session.scalar(insert(small).values().returning(small.c.id))
            pair = table_for(Pair)
            given = {"left_id": number, "right": 2, "amount": 3, "price": 4, "name": "Ä"}
            await session.execute(insert(pair).values(given))
            found = (await session.execute(select(pair.c.total, pair.c.lower))).one()
            return [made.all(), *found]

    made, total, lower = loop.run(fill, timeout=20)
    owner = Keyed._default_manager.get()
    assert [one.pk for one in Linked._default_manager.filter(owner=owner, by_code=owner)] == made
    pair = Pair._default_manager.get()
    assert (pair.total, pair.lower) == (total, lower)
    assert (str(total), lower) == ("12.0000", "ä")
