"""What Django fills in when a value is not given, for statements that don't go through it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from dbcompat.column_types import overrides, prepares

type Default = Callable[[], Any]


class ValueNeeded(ValueError):
    """Only Django can find the value: the field looks at the whole object before it is saved."""


def defaults(field: Any) -> dict[str, Default]:
    """Column's `default` and `onupdate`, where Django has them in Python.

    A value that is given wins, also over auto_now. What the database fills in is left to it.
    """
    if overrides(field, "pre_save"):
        return {"default": _refusal(field)}
    if getattr(field, "auto_now", False):
        return {"default": _clock(field), "onupdate": _clock(field)}
    if getattr(field, "auto_now_add", False):
        return {"default": _clock(field)}
    if field.has_default() or _left_empty(field):
        return {"default": _default(field)}
    return {}


def _clock(field: Any) -> Default:
    # Django's own: a date, a time or a moment, by the kind of field.
    return lambda: field.pre_save(SimpleNamespace(), True)


def _default(field: Any) -> Default:
    if prepares(field):
        return lambda: field.get_default()
    # Written as 0 or "1.50", it may still be meant for a DecimalField.
    return lambda: field.get_prep_value(field.get_default())


def _left_empty(field: Any) -> bool:
    """Text that is neither given nor nullable: Django writes an empty one."""
    # What the database fills in has an expression for its default here, which is not empty.
    return not (field.primary_key or field.null) and field.get_default() in ("", b"")


def _refusal(field: Any) -> Default:
    def refuse() -> Any:
        raise ValueNeeded(
            f"{field} is filled in by its pre_save(), which needs the object that Django would save."
            " Give its value in the statement."
        )

    return refuse
