"""A value that one side writes is read by the other as if it were its own: equal, and of the same type."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import models
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from dbcompat import loop
from dbcompat.bulk import copy_rows
from dbcompat.sessions import get_background_session
from dbcompat.tables import table_for
from tests.mirror.schema import created
from tests.mirror.values import FIELDS, MODELS, NEVER_NONE

# Of none of those are the tables emptied after a test, which would take longer than the test.
pytestmark = pytest.mark.django_db(transaction=True, available_apps=["dbcompat"])

PER_FIELD = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
WAYS = ("one by one", "in one statement", "many times", "copied")


@pytest.fixture(scope="module", autouse=True)
def tables(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), created(list(MODELS.values())):
        loop.start()
        yield
        loop.stop()
        loop.start()


def exactly(value: Any) -> Any:
    """Equal only if the types are, too; a NaN is like another, and -0.0 unlike 0.0."""
    if isinstance(value, list):
        return [exactly(item) for item in value]
    if isinstance(value, dict):
        return sorted((key, exactly(item)) for key, item in value.items())
    if isinstance(value, set):
        return sorted(value)
    ends = [exactly(getattr(value, end)) for end in ("lower", "upper") if hasattr(value, "isempty")]
    return type(value), ends or repr(value), repr(value)


async def written(
    model: type[models.Model], values: list[Any], copied: bool
) -> dict[str, list[Any]]:
    """Each value, written in each of the ways and read again."""
    table = table_for(model)
    async with get_background_session() as session:
        for way, name in enumerate(WAYS):
            rows = [{"id": way * 1000 + n, "value": value} for n, value in enumerate(values)]
            if name == "one by one":
                for row in rows:
                    await session.execute(insert(table).values(row))
            elif name == "in one statement":
                await session.execute(insert(table).values(rows))
            elif name == "many times":
                await session.execute(insert(table), rows)
            elif copied:
                await copy_rows(
                    session, table, ["id", "value"], [list(row.values()) for row in rows]
                )
        found = (await session.execute(select(table.c.value).order_by(table.c.id))).scalars().all()
    return {name: list(found[n * len(values) :][: len(values)]) for n, name in enumerate(WAYS)}


async def read(model: type[models.Model]) -> list[Any]:
    table = table_for(model)
    async with get_background_session() as session:
        return list((await session.execute(select(table.c.value).order_by(table.c.id))).scalars())


def agree(model: type[models.Model], values: list[Any], copied: bool = True) -> None:
    manager: Any = model._default_manager
    manager.all()._raw_delete(manager.db)
    manager.bulk_create([model(value=value) for value in values])
    expected = exactly(list(manager.order_by("pk").values_list("value", flat=True)))
    assert exactly(loop.run(read, model, timeout=20)) == expected, "written by Django"
    manager.all()._raw_delete(manager.db)
    ways = WAYS if copied else WAYS[:-1]
    ours = loop.run(written, model, values, copied, timeout=20)
    theirs = list(manager.order_by("pk").values_list("value", flat=True))
    for n, way in enumerate(ways):
        assert exactly(ours[way]) == expected, f"{way}, read here"
        assert exactly(theirs[n * len(values) :][: len(values)]) == expected, (
            f"{way}, read by Django"
        )


@pytest.mark.parametrize("name", FIELDS)
def test_both_sides_see_the_same_value(name: str) -> None:
    drawn = FIELDS[name][1] if name in NEVER_NONE else FIELDS[name][1] | st.none()

    @PER_FIELD
    @given(st.lists(drawn, min_size=1, max_size=6))
    def every(values: list[Any]) -> None:
        agree(MODELS[name], values, copied=name != "SearchVector")

    every()
