"""The SQLAlchemy type of each of Django's fields, found by what the field is in PostgreSQL."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField, HStoreField
from django.db import DEFAULT_DB_ALIAS, connections, models
from psycopg import Binary
from psycopg.types.json import Json, Jsonb
from psycopg.types.range import Range
from sqlalchemy import (
    CHAR,
    BigInteger,
    Boolean,
    Date,
    Double,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Text,
    Time,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import (
    ARRAY,
    CITEXT,
    DATERANGE,
    HSTORE,
    INET,
    INT4RANGE,
    INT8RANGE,
    JSONB,
    NUMRANGE,
    TIMESTAMP,
    TSTZRANGE,
    TSVECTOR,
    UUID,
)  # fmt: skip
from sqlalchemy.types import TypeEngine

from dbcompat import adapted
from dbcompat.adapted import Adapted, AdaptedText, Convert, unchanged

# By PostgreSQL's name of the type, with the numbers in parentheses behind it as arguments.
_TYPES: dict[str, Callable[..., TypeEngine[Any]]] = {
    "bigint": BigInteger,
    "boolean": Boolean,
    "bytea": LargeBinary,
    "char": CHAR,
    "citext": CITEXT,
    "date": Date,
    "daterange": DATERANGE,
    "double precision": Double,
    "hstore": HSTORE,
    "inet": INET,
    "int4range": INT4RANGE,
    "int8range": INT8RANGE,
    "integer": Integer,
    "interval": Interval,
    # None is SQL's NULL, as Django writes it, and not JSON's null.
    "jsonb": lambda: JSONB(none_as_null=True),
    "numeric": Numeric,
    "numrange": NUMRANGE,
    "smallint": SmallInteger,
    "text": Text,
    "time": Time,
    "timestamp with time zone": partial(TIMESTAMP, timezone=True),
    "tstzrange": TSTZRANGE,
    "tsvector": TSVECTOR,
    "uuid": UUID,
    "varchar": String,
}
_DECLARED = re.compile(r"([a-z][a-z0-9 ]*?) ?(?:\(([\d, ]+)\))?")
_WRAPPERS = (Binary, Json, Jsonb)


class UnknownFieldType(TypeError):
    """A model has a field that this module has no column type for."""


@dataclass(frozen=True, slots=True)
class _Conversion:
    """`prepare` is Django's own way to a value for psycopg; `encode` and `decode` are between the drivers."""

    prepare: Convert = unchanged
    encode: Convert = unchanged
    decode: Convert = unchanged
    native: tuple[type, ...] = (object,)
    as_text: bool = False


def column_type(field: Any) -> TypeEngine[Any]:
    """The type for a Django field: its values in Python are those that Django gives and takes.

    A field class may say it itself, with a method `sqlalchemy_type()`. Raises UnknownFieldType.
    """
    return _column_type(field, in_array=False)


def prepares(field: Any) -> bool:
    """Whether the class of `field`, outside Django, has its own way of writing values."""
    return overrides(field, "get_prep_value", "get_db_prep_value", "get_db_prep_save")


def overrides(field: Any, *names: str) -> bool:
    """Whether one of these methods comes from outside Django."""
    methods = [getattr(type(field), name, None) for name in names]
    return any(method and not method.__module__.startswith("django.") for method in methods)


def _column_type(field: Any, *, in_array: bool) -> TypeEngine[Any]:
    field = _value_field(field)
    if made := getattr(field, "sqlalchemy_type", None):
        own: TypeEngine[Any] = made()
        return own
    if isinstance(field, ArrayField):
        return _adapted(field, _array(field), _Conversion())
    return _adapted(field, _scalar(field, in_array), _conversion(field))


def _value_field(field: Any) -> Any:
    """The field that says what the values of `field` are."""
    if isinstance(field, models.ForeignKey):
        return _value_field(field.target_field)
    return _value_field(field.output_field) if field.generated else field


def _scalar(field: Any, in_array: bool) -> TypeEngine[Any]:
    declared = field.db_type(_django())
    found = _DECLARED.fullmatch(declared or "")
    if found is None or found[1] not in _TYPES:
        raise UnknownFieldType(
            f"{field} is a {field.get_internal_type()}, {declared or 'nothing'} in the database: there is"
            " no column type for it. Give its class a method sqlalchemy_type() that returns one."
        )
    if in_array and found[1] == "varchar":
        # A parameter is cast to the type of its column, and a cast to varchar(5)[] cuts off what is longer.
        return String()
    numbers = [int(number) for number in (found[2] or "").split(",") if number]
    return _TYPES[found[1]](*numbers)


def _array(field: Any) -> TypeEngine[Any]:
    dimensions = 1
    while isinstance(field.base_field, ArrayField):
        field, dimensions = field.base_field, dimensions + 1
    item = _column_type(field.base_field, in_array=True)
    if isinstance(item, CHAR | AdaptedText):
        raise UnknownFieldType(
            f"{field} is an array of {type(field.base_field).__name__}, whose values can't be converted"
            " one by one. Give its class a method sqlalchemy_type()."
        )
    return ARRAY(item, dimensions=dimensions)


def _conversion(field: Any) -> _Conversion:
    """Where what asyncpg gives or takes is not what psycopg, and so Django, does."""
    match field.db_type(_django()).partition("(")[0]:
        case "uuid":
            return _Conversion(decode=adapted.plain_uuid)
        case "numeric":
            return _Conversion(decode=adapted.plain_decimal)
        case "inet":
            return _Conversion(prepare=field.get_prep_value, decode=adapted.address_text)
        case "jsonb":
            return _json(field)
        case "timestamp with time zone" if not settings.USE_TZ:
            return _Conversion(encode=adapted.to_moment, decode=adapted.from_moment)
        case name if name.endswith("range"):
            return _range(field, naive=name == "tstzrange" and not settings.USE_TZ)
    if isinstance(field, models.FileField | HStoreField):
        return _Conversion(prepare=field.get_prep_value)
    return _Conversion()


def _json(field: Any) -> _Conversion:
    encode = partial(adapted.json_to_core, getattr(field, "encoder", None))
    if overrides(field, "from_db_value"):
        return _Conversion(encode=encode, native=(), as_text=True)
    if getattr(field, "decoder", None):
        decode = partial(json.loads, cls=field.decoder)
        return _Conversion(encode=encode, decode=decode, native=(), as_text=True)
    return _Conversion(encode=encode, native=())


def _range(field: Any, *, naive: bool) -> _Conversion:
    into, out = (adapted.to_moment, adapted.from_moment) if naive else (unchanged, unchanged)
    return _Conversion(
        field.get_prep_value,
        partial(adapted.range_to_core, into),
        partial(adapted.range_from_core, out),
        native=(Range,),
    )


def _adapted(field: Any, like: TypeEngine[Any], conversion: _Conversion) -> TypeEngine[Any]:
    """With the field's own conversions, which see the values that psycopg would give and take."""
    prepare, decode = conversion.prepare, conversion.decode
    if writes := prepares(field):
        prepare = partial(_prepare, field)
    if reads := overrides(field, "from_db_value", "get_db_converters"):
        decode = partial(_convert, field, decode)
    if (prepare, conversion.encode, decode) == (unchanged, unchanged, unchanged):
        return like
    return (AdaptedText if conversion.as_text else Adapted)(
        like,
        bind=adapted.chain(prepare, conversion.encode),
        result=decode,
        native=conversion.native,
        takes_none=writes or reads,
    )


def _prepare(field: Any, value: Any) -> Any:
    prepared = field.get_db_prep_save(value, _django())
    return prepared.obj if isinstance(prepared, _WRAPPERS) else prepared


def _convert(field: Any, decode: Convert, value: Any) -> Any:
    value = None if value is None else decode(value)
    for converter in field.get_db_converters(_django()):
        value = converter(value, field.cached_col, _django())
    return value


def _django() -> Any:
    """For what depends on the kind of database. Nothing here connects."""
    return connections[DEFAULT_DB_ALIAS]
