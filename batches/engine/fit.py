"""Values of typed rows as their columns can hold them: one row that can't be written would cost all the others."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection, models

from batches.operation import Permanent, Row

type Field = models.Field[Any, Any]


def fitted(row: Row) -> Row:
    """Text without what PostgreSQL refuses and cut to its column, numbers within range, moments in UTC.

    Raises Permanent for a table or column that doesn't exist, and for a value of the wrong kind.
    """
    try:
        known = fields(row.table)
    except (LookupError, ValueError) as error:
        raise Permanent(
            f"The operation stores rows in “{row.table}”, which is no table."
        ) from error
    values = {}
    for name, value in row.values.items():
        if name not in known:
            raise Permanent(f"The operation stores “{name}”, which {row.table} has no column for.")
        field = known[name]
        try:
            values[field.attname] = _fit(field, value)
        except (TypeError, ValueError, OverflowError) as error:
            raise Permanent(f"“{name}” of {row.table} can't be stored: {error}.") from error
    return Row(row.table, values)


@cache
def fields(label: str) -> Mapping[str, Field]:
    """The columns of a table by the names of their fields, with and without "_id"."""
    found = apps.get_model(label)._meta.concrete_fields  # noqa: SLF001 -- the documented way to ask
    return {name: field for field in found for name in (field.name, field.attname)}


def _fit(field: Field, value: Any) -> Any:
    if value is None:
        return None if field.null else _nothing(field)
    if isinstance(field, models.ForeignKey):
        return _fit(field.target_field, value)
    kind = next(kind for kind in type(field).__mro__ if kind in _KINDS)
    return _KINDS[kind](field, value)


def _nothing(field: Field) -> Any:
    if isinstance(field, models.CharField | models.TextField):
        return ""
    if isinstance(field, models.JSONField):
        return field.get_default()
    raise ValueError("it needs a value")


def _text(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} is no text")
    return fit_text(value)[: field.max_length]


def fit_text(text: str) -> str:
    """What PostgreSQL accepts as text: no NUL, no lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _whole(field: Field, value: Any) -> int:
    least, most = connection.ops.integer_field_range(field.get_internal_type())
    return max(least, min(most, int(value)))


def _float(field: Field, value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None


def _moment(field: Field, value: Any) -> datetime:
    # Without a zone it would be taken for the time of whatever machine this is.
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return value.astimezone(UTC)


def _json(field: Field, value: Any) -> Any:
    """Of an object the parts that say something: merged over an older one, nothing good is lost."""
    fit = fit_json(value)
    if isinstance(fit, dict):
        return {key: part for key, part in fit.items() if part not in (None, "", [], {})}
    return fit


def fit_json(data: Any) -> Any:
    """Data without the texts and numbers that JSON or PostgreSQL has no form for."""
    match data:
        case str():
            return fit_text(data)
        case float():
            return data if math.isfinite(data) else None
        case dict():
            return {fit_text(str(key)): fit_json(value) for key, value in data.items()}
        case list() | tuple() | set() | frozenset():
            return [fit_json(value) for value in data]
        case bool() | int() | None:
            return data
    raise TypeError(f"{type(data).__name__} has no form in JSON")


def _as_it_is(field: Field, value: Any) -> Any:
    return value


_KINDS: dict[type, Callable[[Field, Any], Any]] = {
    models.CharField: _text,
    models.TextField: _text,
    models.IntegerField: _whole,
    models.FloatField: _float,
    models.DateTimeField: _moment,
    models.JSONField: _json,
    models.BooleanField: lambda field, value: bool(value),
    models.BinaryField: lambda field, value: bytes(value),
    models.Field: _as_it_is,
}
