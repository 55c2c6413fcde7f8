"""SQLAlchemy's view of Django's tables, derived from the models: nothing is declared twice."""

from threading import RLock
from typing import Any

from django.db import models
from sqlalchemy import Column, Computed, FetchedValue, ForeignKey, MetaData, Table

from dbcompat.column_types import UnknownFieldType, column_type
from dbcompat.insert_defaults import defaults
from dbcompat.parity import parity

__all__ = ["METADATA", "NoTable", "UnknownFieldType", "column_type", "parity", "table_for"]

METADATA = MetaData()

_tables: dict[type[models.Model], Table] = {}
# Request threads and the loop thread may ask at once, and a second Table of the same name is an error.
_lock = RLock()


class NoTable(TypeError):
    """An abstract or swapped-out model has no table of its own."""


def table_for(model: type[models.Model]) -> Table:
    """The Table of a model; a proxy has its parent's. Raises NoTable, UnknownFieldType."""
    with _lock:
        if model not in _tables:
            _tables[model] = _table(model)
        return _tables[model]


def _table(model: type[models.Model]) -> Table:
    options: Any = model._meta  # noqa: SLF001 -- the documented way to ask a model for its fields
    if options.abstract or options.swapped:
        why = "abstract" if options.abstract else f"swapped for {options.swapped}"
        raise NoTable(
            f"{model.__name__} is {why}, so it has no table. Ask for a model that has one."
        )
    if options.proxy:
        return table_for(options.concrete_model)
    names = {part.column for part in options.pk_fields}
    columns = [_column(field, field.column in names) for field in options.local_concrete_fields]
    schema, name = split_name(options.db_table)
    return Table(
        name,
        _metadata(options.managed, f"{schema}.{name}" if schema else name),
        *columns,
        schema=schema,
        comment=options.db_table_comment or None,
        info={"managed": options.managed},
    )


def _metadata(managed: bool, key: str) -> MetaData:
    """Of two models of one table others refer to the managed one, whichever was asked for first."""
    there = METADATA.tables.get(key)
    if there is None:
        return METADATA
    if not managed or there.info["managed"]:
        return MetaData()
    METADATA.remove(there)
    return METADATA


def split_name(db_table: str) -> tuple[str | None, str]:
    """Schema, or None, and name. A schema is given to Django as "schema"."table", or without the outer quotes."""
    schema, found, name = db_table.strip('"').partition('"."')
    return (schema, name) if found else (None, schema)


def _column(field: Any, primary_key: bool) -> Column[Any]:
    filled_in: dict[str, Any] = {} if field.generated else defaults(field)
    return Column(
        field.column,
        column_type(field),
        *([Computed("", persisted=field.db_persist)] if field.generated else []),
        *_reference(field),
        primary_key=primary_key,
        nullable=field.null or field.generated,
        server_default=FetchedValue() if field.has_db_default() else None,
        comment=field.db_comment,
        # Django's identity columns; a part of a composite key is never one.
        autoincrement=isinstance(field, models.AutoField) if primary_key else "auto",
        **filled_in,
    )


def _reference(field: Any) -> list[ForeignKey]:
    """By name, so that it may be a model whose Table nobody has asked for yet. It makes join() know what to do."""
    if not isinstance(field, models.ForeignKey):
        return []
    target: Any = field.target_field
    schema, name = split_name(target.model._meta.db_table)  # noqa: SLF001
    if "." in f"{schema or ''}{name}{target.column}":
        return []
    return [ForeignKey(".".join(part for part in (schema, name, target.column) if part))]
