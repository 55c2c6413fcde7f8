"""SQLAlchemy's view of Django's tables, derived from the models: nothing is declared twice."""

from functools import cache
from typing import Any

from django.db import models
from django.db.models.fields.composite import CompositePrimaryKey
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    Connection,
    Date,
    Double,
    FetchedValue,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    String,
    Table,
    Text,
    Time,
    inspect,
)
from sqlalchemy.dialects.postgresql import INET, JSONB, TIMESTAMP, UUID
from sqlalchemy.types import TypeEngine

METADATA = MetaData()

# By Django's name of the type, which is the same on every database.
_TYPES: dict[str, Any] = {
    "AutoField": Integer,
    "BigAutoField": BigInteger,
    "SmallAutoField": SmallInteger,
    "BigIntegerField": BigInteger,
    "BinaryField": LargeBinary,
    "BooleanField": Boolean,
    "DateField": Date,
    "DateTimeField": lambda: TIMESTAMP(timezone=True),
    "DurationField": Interval,
    "FloatField": Double,
    "GenericIPAddressField": INET,
    "IntegerField": Integer,
    # None is SQL's NULL, as Django writes it, and not JSON's null.
    "JSONField": lambda: JSONB(none_as_null=True),
    "PositiveBigIntegerField": BigInteger,
    "PositiveIntegerField": Integer,
    "PositiveSmallIntegerField": SmallInteger,
    "SmallIntegerField": SmallInteger,
    "TextField": Text,
    "TimeField": Time,
    "UUIDField": UUID,
}
_WITH_LENGTH = ("CharField", "SlugField", "FileField", "FilePathField")


class UnknownFieldType(TypeError):
    """A model has a field that this module has no column type for."""


@cache
def table_for(model: type[models.Model]) -> Table:
    """The Table of a model. Raises UnknownFieldType."""
    options: Any = model._meta  # noqa: SLF001 -- the documented way to ask a model for its fields
    key: Any = options.pk
    parts: Any = key if isinstance(key, CompositePrimaryKey) else [key]
    names = {field.column for field in parts}
    columns = [_column(field, field.column in names) for field in options.local_concrete_fields]
    return Table(options.db_table, METADATA, *columns)


def _column(field: Any, primary_key: bool) -> Column[Any]:
    default: list[Any] = []
    if getattr(field, "generated", False):
        default = [Computed("", persisted=True)]
    server_default = FetchedValue() if field.has_db_default() else None
    return Column(
        field.column,
        column_type(field),
        *default,
        primary_key=primary_key,
        nullable=field.null,
        server_default=server_default,
        # Django's identity columns; a part of a composite key is never one.
        autoincrement=isinstance(field, models.AutoField) if primary_key else "auto",
    )


def column_type(field: Any) -> TypeEngine[Any]:
    """The SQLAlchemy type of a Django field. Raises UnknownFieldType."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    kind = field.get_internal_type()
    if kind in _WITH_LENGTH:
        return String(field.max_length)
    if kind == "DecimalField":
        return Numeric(field.max_digits, field.decimal_places)
    if kind not in _TYPES:
        raise UnknownFieldType(f"{field} is a {kind}: add its column type to dbcompat.tables.")
    made: TypeEngine[Any] = _TYPES[kind]()
    return made


def parity(database: Connection, model: type[models.Model]) -> list[str]:
    """How the migrated table differs from the derived one: a sentence each, none if they agree."""
    table = table_for(model)
    found = {column["name"]: column for column in inspect(database).get_columns(table.name)}
    wrong = [f"{table.name}.{name} is not in the model." for name in found.keys() - table.c.keys()]
    for column in table.c:
        there = found.get(column.name)
        if there is None:
            wrong.append(f"{column} is not in the database.")
            continue
        ours = column.type.compile(database.dialect)
        theirs = there["type"].compile(database.dialect)
        if ours != theirs:
            wrong.append(f"{column} is {ours} here and {theirs} in the database.")
        if column.nullable != there["nullable"]:
            wrong.append(f"{column}: nullable is {column.nullable} here and not there.")
    key = inspect(database).get_pk_constraint(table.name)["constrained_columns"]
    if set(key) != set(table.primary_key.columns.keys()):
        wrong.append(f"{table.name} has the primary key {key}.")
    return wrong
