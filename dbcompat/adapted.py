"""A column type that gives what Django gives, where the two drivers differ."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import Value
from django.utils import timezone
from psycopg.types.range import Range
from sqlalchemy import JSON, ColumnElement, Text, cast, type_coerce
from sqlalchemy.dialects.postgresql import Range as CoreRange
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine

type Convert = Callable[[Any], Any]

# The networks below which PostgreSQL writes the end of an IPv6 address as an IPv4 one.
_COMPATIBLE, _MAPPED = range(2**16, 2**32), range(0xFFFF << 32, (0xFFFF << 32) + 2**32)


def unchanged(value: Any) -> Any:
    return value


class Adapted(TypeDecorator[Any]):
    """`like`, with a conversion on the way in and on the way out. None passes by both, unless `takes_none`.

    What it is compared with is converted, too, if it is of a type in `native`.
    """

    impl: Any = NullType
    cache_ok = True

    def __init__(
        self,
        like: TypeEngine[Any],
        bind: Convert = unchanged,
        result: Convert = unchanged,
        native: tuple[type, ...] = (object,),
        takes_none: bool = False,
    ) -> None:
        super().__init__()
        # An instance of its own, where the class has but a name.
        self.impl: Any = like
        self.like = like
        self.bind, self.result = bind, result
        self.native, self.takes_none = native, takes_none

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return self.bind(value) if value is not None or self.takes_none else None

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return self.result(value) if value is not None or self.takes_none else None

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        if isinstance(value, self.native):
            return self
        return self.like.coerce_compared_value(op, value)


class AdaptedText(Adapted):
    """The database is asked for the text of the value, and `result` is given that."""

    cache_ok = True

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return type_coerce(cast(column, Text), self)


def chain(first: Convert, second: Convert) -> Convert:
    if unchanged in (first, second):
        return second if first is unchanged else first
    return lambda value: None if (between := first(value)) is None else second(between)


def json_to_core(encoder: Any, value: Any) -> Any:
    """None is SQL's NULL; JSON's null is Django's JSONNull() or Value(None, JSONField())."""
    if isinstance(value, Value) and value.value is None:
        return JSON.NULL
    return value if encoder is None else json.loads(json.dumps(value, cls=encoder))


def plain_uuid(value: Any) -> Any:
    """The driver's UUID is a class of its own."""
    return UUID(int=value.int)


def plain_decimal(value: Any) -> Any:
    """The driver gives 1.00E+6 for 1000000: equal, and another text on every page."""
    exponent = value.as_tuple().exponent
    return type(value)(f"{value:f}") if isinstance(exponent, int) and exponent > 0 else value


def address_text(value: Any) -> str:
    """As PostgreSQL writes it, which for some IPv6 addresses is not as Python does."""
    address, slash, prefix = str(value).partition("/")
    if value.version == 6:
        number = int(getattr(value, "ip", value))
        if number in _COMPATIBLE or number in _MAPPED:
            tail = ".".join(str(byte) for byte in number.to_bytes(16)[-4:])
            address = f"::{tail}" if number in _COMPATIBLE else f"::ffff:{tail}"
    return f"{address}{slash}{prefix}"


def range_to_core(convert: Convert, value: Any) -> Any:
    """From psycopg's range, which is Django's."""
    if not isinstance(value, Range):
        return value
    if value.isempty:
        return CoreRange(empty=True)
    lower, upper = _ends(convert, value)
    bounds: Any = value.bounds
    return CoreRange(lower, upper, bounds=bounds)


def range_from_core(convert: Convert, value: Any) -> Any:
    if value.isempty:
        return Range(empty=True)
    lower, upper = _ends(convert, value)
    return Range(lower, upper, value.bounds)


def _ends(convert: Convert, value: Any) -> list[Any]:
    return [None if end is None else convert(end) for end in (value.lower, value.upper)]


def to_moment(value: Any) -> Any:
    """Without USE_TZ Django's moments have no zone and mean the one in TIME_ZONE."""
    return timezone.make_aware(value) if timezone.is_naive(value) else value


def from_moment(value: Any) -> Any:
    return timezone.make_naive(value)
