"""Typed rows of operations: made fit for their tables, written in bulk, merged with what is there."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.db import models
from sqlalchemy import (
    Column,
    MetaData,
    Table,
    Text,
    and_,
    any_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from batches.engine.fit import Field, fields, fitted
from batches.engine.listed import Less, NowListed, as_it_is, check, lessened
from batches.engine.statements import NOW
from batches.operation import Result, Row
from dbcompat.bulk import copy_rows
from dbcompat.repetition import repeatable
from dbcompat.sessions import get_background_session
from dbcompat.tables import table_for

# From this many on, COPY into a temporary table is faster than making one costs.
COPY_FROM = 500
_EMPTY_JSON = ("null", "[]", "{}", '""')


@dataclass(slots=True)
class RowStorage:
    """What the engine gives to operations as `context.storage`."""

    less: Less = as_it_is

    @repeatable()
    async def load(self, table: str, keys: Collection[Any]) -> dict[Any, dict[str, Any]]:
        known = _table(table)
        (key,) = known.primary_key.columns
        given = bindparam("keys", list(keys), ARRAY(key.type))
        async with get_background_session() as session:
            found = await session.execute(select(known).where(key == any_(given)))
            return {row[key]: dict(row) for row in found.mappings()}

    async def store(self, rows: Sequence[Row], unless: Collection[str] = ()) -> None:
        result = Result(rows=[fitted(row) for row in rows], unless=unless)
        while True:
            try:
                return await self._store(result)
            except NowListed as error:
                result = await lessened(result, error.entries, self.less)

    @repeatable()
    async def _store(self, result: Result) -> None:
        async with get_background_session() as session:
            await check(session, result.unless)
            await store(session, result.rows)


async def store(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Rows that are `fitted`, in the session's transaction; safe to repeat.

    Table by table as they first appear, and by key within one: two writers that lock in another order
    would wait for each other.
    """
    groups: dict[tuple[str, tuple[str, ...]], dict[Any, Row]] = {}
    for row in rows:
        group = groups.setdefault((row.table, tuple(row.values)), {})
        group[tuple(row.values[name] for name in _keys(row.table))] = row
    for (table, columns), group in groups.items():
        await _upsert(session, table, columns, [group[key].values for key in sorted(group)])


async def _upsert(
    session: AsyncSession, label: str, columns: tuple[str, ...], values: list[Any]
) -> None:
    if len(values) < COPY_FROM:
        await session.execute(_statement(label, columns), values)
        return
    table = _table(label)
    given = Table(f"given_{table.name}", MetaData(), *(Column(n, table.c[n].type) for n in columns))
    names = ", ".join(f'"{name}"' for name in columns)
    same = f'SELECT {names} FROM "{table.name}" WITH NO DATA'  # noqa: S608 -- names of a model
    await session.execute(text(f'CREATE TEMPORARY TABLE "{given.name}" ON COMMIT DROP AS {same}'))
    await copy_rows(session, given, columns, ([row[n] for n in columns] for row in values))
    keys = [given.c[name] for name in _keys(label)]
    chosen = select(*(given.c[name] for name in columns)).order_by(*keys)
    await session.execute(_statement(label, columns, chosen))
    # The transaction may go on with more for the same table.
    await session.execute(text(f'DROP TABLE "{given.name}"'))


def _statement(label: str, columns: tuple[str, ...], chosen: Any = None) -> Insert:
    if chosen is None:
        return _upserting(label, columns)
    return _merging(label, columns, insert(_table(label)).from_select(list(columns), chosen))


@lru_cache(maxsize=200)
def _upserting(label: str, columns: tuple[str, ...]) -> Insert:
    table = _table(label)
    named = {name: bindparam(name, type_=table.c[name].type) for name in columns}
    return _merging(label, columns, insert(table).values(named))


def _merging(label: str, columns: tuple[str, ...], new: Insert) -> Insert:
    """What is given in place of what is there, but nothing empty in place of something."""
    table, model = _table(label), apps.get_model(label)
    always: frozenset[str] = getattr(model, "EMPTY_COUNTS", frozenset())
    keys = _keys(label)
    merged = {
        name: new.excluded[name]
        if name in always
        else _kept(fields(label)[name], table.c[name], new.excluded[name])
        for name in columns
        if name not in keys
    }
    merged |= _last_found(label, columns, new)
    if "scanned_at" in table.c:
        merged["scanned_at"] = NOW
    quiet: frozenset[str] = getattr(model, "QUIET", frozenset())
    watched = [name for name in merged if name not in quiet and name in columns]
    if "changed_at" in table.c and watched:
        # What is found for the first time, perhaps by another operation, is no change of what was there.
        other = (
            _filled(fields(label)[name], table.c[name])
            & table.c[name].is_distinct_from(merged[name])
            for name in watched
        )
        merged["changed_at"] = case((or_(*other), NOW), else_=table.c.changed_at)
    where = [table.c[name] for name in keys]
    if not merged:
        return new.on_conflict_do_nothing(index_elements=where)
    return new.on_conflict_do_update(index_elements=where, set_=merged)


def _last_found(label: str, columns: tuple[str, ...], new: Insert) -> dict[str, Any]:
    """Now, for what has something in it; an operation that knows better gives the moment itself."""
    table, model = _table(label), apps.get_model(label)
    times: Mapping[str, tuple[str, ...]] = getattr(model, "LAST_FOUND", {})
    found = {}
    for at, (column, *part) in times.items():
        if column in columns and at not in columns:
            given = new.excluded[column]
            # Of an object, `fitted` has left what is empty out.
            held = (
                func.jsonb_exists(given, *part) if part else _filled(fields(label)[column], given)
            )
            found[at] = case((held, NOW), else_=table.c[at])
    return found


def _table(label: str) -> Table:
    return table_for(apps.get_model(label))


def _keys(label: str) -> tuple[str, ...]:
    return tuple(column.name for column in _table(label).primary_key.columns)


def _kept(field: Field, old: Any, new: Any) -> Any:
    if isinstance(field, models.JSONField):
        both = (func.jsonb_typeof(old) == "object") & (func.jsonb_typeof(new) == "object")
        return case((both, old.op("||")(new)), (_filled(field, new), new), else_=old)
    return case((_filled(field, new), new), else_=old)


def _filled(field: Field, value: Any) -> Any:
    """Whether a value says something. Of numbers and the like only NULL doesn't."""
    if isinstance(field, models.JSONField):
        return and_(value.is_not(None), *(cast(value, Text) != empty for empty in _EMPTY_JSON))
    if isinstance(field, models.CharField | models.TextField):
        return func.coalesce(value, "") != ""
    return value.is_not(None)
