"""Queries in SQLAlchemy's words with values in Django's types."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db.backends.postgresql.psycopg_any import Range
from sqlalchemy import select

from dbcompat import loop
from dbcompat.sessions import get_background_session
from dbcompat.tables import table_for
from tests.mirror.agreement import agree
from tests.mirror.schema import standing
from tests.mirror.values import MODELS

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["dbcompat"])


@pytest.fixture(scope="module", autouse=True)
def tables(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with standing(django_db_blocker, list(MODELS.values())):
        yield


@pytest.mark.parametrize(
    ("name", "value", "other"),
    [
        ("Uuid", UUID(int=7), None),
        ("Address", "::ffff:1.2.3.4", "::1"),
        ("IntegerRange", Range(1, 5), Range(2, 5)),
        ("DateRange", Range(date(2026, 1, 1), None), Range(empty=True)),
        ("Date", date.max, date.min),
        ("Time", time(23, 59, 59, 999999), time(0)),
        ("Integers", [1, 2], [2, 1]),
        ("Words", ["a", "b"], []),
        ("Decimal", Decimal("1.50"), Decimal("1.51")),
        ("Json", {"a": [1]}, {"a": 1}),
        ("Encoded", {"a": 1}, {}),
        ("Decoded", {"a": 1.5}, {}),
        ("Shout", "Loud", "Quiet"),
        ("Minutes", timedelta(minutes=3), timedelta(minutes=4)),
    ],
)
def test_comparing_with_a_value(name: str, value: Any, other: Any) -> None:
    table = table_for(MODELS[name])

    async def count(wanted: Any) -> int:
        async with get_background_session() as session:
            found = await session.execute(select(table.c.value).where(table.c.value == wanted))
            return len(found.all())

    agree(MODELS[name], [value])
    agreed = MODELS[name]._default_manager.filter(value=value).count()
    assert loop.run(count, value, timeout=20) == agreed > 0
    assert loop.run(count, other, timeout=20) == 0


def test_looking_into_values() -> None:
    async def look() -> list[Any]:
        async with get_background_session() as session:
            document, span = table_for(MODELS["Json"]), table_for(MODELS["IntegerRange"])
            words, decoded = table_for(MODELS["Words"]), table_for(MODELS["Decoded"])
            return [
                await session.scalar(select(document.c.value["a"].astext)),
                await session.scalar(select(document.c.value["b"])),
                await session.scalar(select(decoded.c.value)),
                await session.scalar(select(span.c.id).where(span.c.value.contains(3))),
                await session.scalar(select(span.c.id).where(span.c.value.overlaps(Range(4, 9)))),
                await session.scalar(select(words.c.id).where(words.c.value.contains(["b"]))),
            ]

    agree(MODELS["Json"], [{"a": "x", "b": [1]}])
    agree(MODELS["Decoded"], [{"a": 1.10}])
    agree(MODELS["IntegerRange"], [Range(1, 5)])
    agree(MODELS["Words"], [["a", "b"]])
    found = loop.run(look, timeout=20)
    assert found[:3] == ["x", [1], {"a": Decimal("1.1")}]
    assert None not in found[3:]
