"""Lists page by page: after a row, never by offset, so that the last page costs no more than the first."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Model, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

# In no name of a host, no key and no moment.
_BETWEEN = "~"


@dataclass(frozen=True, slots=True)
class Order:
    """The last column says which of two rows that are alike comes first; one index serves all, read either way."""

    columns: tuple[str, ...]
    newest_first: bool = False

    def sorted(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        sign = "-" if self.newest_first else ""
        return rows.order_by(*(f"{sign}{name}" for name in self.columns))

    def after(self, rows: QuerySet[Any], values: tuple[Any, ...]) -> QuerySet[Any]:
        """Those that follow the row with these values."""
        follows = TupleLessThan if self.newest_first else TupleGreaterThan
        return rows.filter(follows(Tuple(*map(F, self.columns)), values))


@dataclass(frozen=True, slots=True)
class Listed:
    """`next` is the cursor of the page after this one; None: there is none."""

    rows: list[Any]
    next: str | None


def page(rows: QuerySet[Any], order: Order, cursor: str, limit: int) -> Listed:
    """A cursor that is none begins at the beginning."""
    after = read_cursor(rows.model, order, cursor)
    rows = order.sorted(rows if after is None else order.after(rows, after))
    found = list(rows[: limit + 1])
    shown = found[:limit]
    return Listed(shown, _cursor(shown[-1], order) if len(found) > limit else None)


def _cursor(row: Model, order: Order) -> str:
    return _BETWEEN.join(_written(getattr(row, name)) for name in order.columns)


def _written(value: Any) -> str:
    """Without a plus sign: in an address, that would be a space."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    return str(value)


def read_cursor(model: type[Model], order: Order, cursor: str) -> tuple[Any, ...] | None:
    """The values of the row it stands for; None: it is no cursor of this order."""
    parts = cursor.split(_BETWEEN, len(order.columns) - 1)
    if not cursor or "\0" in cursor or len(parts) != len(order.columns):
        return None
    try:
        fields = [model._meta.get_field(name) for name in order.columns]  # noqa: SLF001 -- the documented way to ask
        return tuple(_read(field, part) for field, part in zip(fields, parts, strict=True))
    except (ValueError, ValidationError):
        return None


def _read(field: Any, text: str) -> Any:
    value = field.to_python(text)
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError(text)
    return value
