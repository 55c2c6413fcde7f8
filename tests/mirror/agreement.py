"""Whether Django and SQLAlchemy see the same values in a column."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS, models
from sqlalchemy import insert, select

from dbcompat import loop
from dbcompat.bulk import copy_rows
from dbcompat.sessions import get_background_session
from dbcompat.tables import table_for

WAYS = ("one by one", "in one statement", "many times", "copied")


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


def agree(
    model: type[models.Model],
    values: list[Any],
    *,
    copied: bool = True,
    alias: str = DEFAULT_DB_ALIAS,
) -> list[Any]:
    """Write `values` on each side, read them on both. What they are afterwards."""
    manager: Any = model._default_manager.using(alias)
    manager.all()._raw_delete(alias)
    manager.bulk_create([model(value=value) for value in values])
    found = list(manager.order_by("pk").values_list("value", flat=True))
    expected = exactly(found)
    assert exactly(loop.run(read, model, timeout=20)) == expected, "written by Django"
    manager.all()._raw_delete(alias)
    ways = WAYS if copied else WAYS[:-1]
    ours = loop.run(written, model, values, copied, timeout=20)
    theirs = list(manager.order_by("pk").values_list("value", flat=True))
    for n, way in enumerate(ways):
        assert exactly(ours[way]) == expected, f"{way}, read here"
        assert exactly(theirs[n * len(values) :][: len(values)]) == expected, (
            f"{way}, read by Django"
        )
    return found
