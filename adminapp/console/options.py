"""The options of an operation as a form, made from the parameters it declares."""

from collections.abc import Mapping
from enum import Enum
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from django import forms
from pydantic.fields import FieldInfo

from batches.operation import Operation


class OptionsForm(forms.Form):
    """Its fields are called SLUG-PARAMETER.

    Only those of the chosen operation are checked: what nobody can see must not refuse the form. The
    others still show what was entered.
    """

    def __init__(
        self, operation: Operation[Any], data: Mapping[str, Any] | None, chosen: bool
    ) -> None:
        super().__init__(data if chosen else None, prefix=operation.slug)
        self.operation = operation
        for name, info in operation.params.model_fields.items():
            self.fields[name] = option(name, info)
        if data and not chosen:
            self.initial = {name: self._entered(name, data) for name in self.fields}

    def params(self) -> dict[str, Any]:
        """Without those left empty, which then have their defaults; None where that can be meant."""
        infos = self.operation.params.model_fields
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if value is not None or _optional(infos[name].annotation)
        }

    def _entered(self, name: str, data: Mapping[str, Any]) -> Any:
        return self.fields[name].widget.value_from_datadict(data, {}, self.add_prefix(name))


def option(name: str, info: FieldInfo) -> forms.Field:
    """A form field for a parameter. What it can't check, pydantic will."""
    common: dict[str, Any] = {
        "label": info.title or name.replace("_", " ").capitalize(),
        "help_text": info.description or "",
        "initial": _initial(info),
        "required": info.is_required() and not _optional(info.annotation),
    }
    kind = _plain(info.annotation)
    if kind is bool and not _optional(info.annotation):
        return forms.BooleanField(**(common | {"required": False}))
    if values := _values(kind):
        return _choice(values, common)
    if kind is int:
        return forms.IntegerField(**_bounds(info, 1), **common)
    if kind is float:
        return forms.FloatField(**_bounds(info, 0), **common)
    return forms.CharField(**common, empty_value=None)


def _initial(info: FieldInfo) -> Any:
    if info.is_required() or info.default_factory_takes_validated_data:
        return None
    default = info.get_default(call_default_factory=True)
    return tidy(default.value if isinstance(default, Enum) else default)


def tidy(value: Any) -> Any:
    """30, not 30.0: nobody writes seconds with a point."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _optional(kind: Any) -> bool:
    return NoneType in get_args(kind)


def _plain(kind: Any) -> Any:
    """`int` of `int | None`."""
    if not _optional(kind):
        return kind
    rest = [part for part in get_args(kind) if part is not NoneType]
    return rest[0] if len(rest) == 1 else kind


def _values(kind: Any) -> list[Any]:
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [member.value for member in kind]
    return [True, False] if kind is bool else []


def _choice(values: list[Any], common: dict[str, Any]) -> forms.Field:
    # A browser sends text; the parameter may be a number.
    meant = {str(value): value for value in values}
    words = {"True": "yes", "False": "no"}
    choices = [(text, words.get(text, text)) for text in meant]
    empty = [] if common["required"] or common["initial"] is not None else [("", "not set")]
    return forms.TypedChoiceField(
        choices=empty + choices, coerce=meant.__getitem__, empty_value=None, **common
    )


def _bounds(info: FieldInfo, step: int) -> dict[str, Any]:
    """A form's limits are inclusive: of whole numbers, "more than 0" is "from 1"."""
    found: dict[str, Any] = {}
    for bound in info.metadata:
        match bound:
            case Ge(ge=least):
                found["min_value"] = least
            case Gt(gt=least):
                found["min_value"] = least + step  # type: ignore[operator]
            case Le(le=most):
                found["max_value"] = most
            case Lt(lt=most):
                found["max_value"] = most - step  # type: ignore[operator]
    return found
