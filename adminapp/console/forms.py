"""The form of a new batch; its options come from the parameters of each operation."""

from enum import Enum
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from django import forms
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from batches.intake import LIMITS
from batches.operation import Operation, operations

_LIMIT_WORDS = {
    "concurrency": ("At the same time", "Items in flight in one process."),
    "max_attempts": ("Attempts", "How often an item may be tried."),
    "backoff_seconds": ("Wait before the second attempt", "Seconds. Doubles with each attempt."),
    "timeout_seconds": ("Time limit", "Seconds for one attempt."),
    "priority": ("Priority", "From -5 to 5. Each step doubles the share of this process."),
    "breaker_percent": ("Pause when failing", "Percent of the last 500. Empty: never."),
    "canary_size": ("Try first", "Items to run before the rest. 0: none."),
    "canary_percent": ("Go on if at most", "Percent of those failed."),
}
_LIMIT_DEFAULTS = {
    "concurrency": 20,
    "max_attempts": 3,
    "backoff_seconds": 2.0,
    "timeout_seconds": 60.0,
    "priority": 0,
    "breaker_percent": None,
    "canary_size": 0,
    "canary_percent": 5,
}


class NewBatchForm(forms.Form):
    operation = forms.ChoiceField(widget=forms.RadioSelect)
    text = forms.CharField(
        label="Paste a list",
        required=False,
        strip=False,
        help_text="One item on each line.",
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "autocomplete": "off"}),
    )
    file = forms.FileField(
        label="Or upload a file",
        required=False,
        help_text=".txt or .csv, in UTF-8.",
        widget=forms.ClearableFileInput(attrs={"accept": ".txt,.csv,text/plain,text/csv"}),
    )
    column = forms.CharField(
        label="Column", required=False, help_text="Of a CSV file: its name, or its number from 1."
    )
    name = forms.CharField(
        label="Name", required=False, max_length=200, help_text="For you. Empty: the operation's."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(operation.slug, operation.title) for operation in operations().values()]
        self.fields["operation"] = forms.ChoiceField(
            widget=forms.RadioSelect, choices=choices, initial=choices[0][0]
        )
        # A NUL in one line must not cost the others: the intake refuses that line alone.
        self.fields["text"].validators = []
        for name, (least, most) in LIMITS.items():
            self.fields[name] = _limit(name, least, most)
        for operation in operations().values():
            for name, info in operation.params.model_fields.items():
                self.fields[f"{operation.slug}-{name}"] = _option(name, info)

    def limits(self) -> list[forms.BoundField]:
        return [self[name] for name in _LIMIT_WORDS]

    def options(self) -> list[tuple[Operation[BaseModel], list[forms.BoundField]]]:
        """Each operation with the fields of its parameters."""
        return [
            (operation, [self[f"{slug}-{name}"] for name in operation.params.model_fields])
            for slug, operation in operations().items()
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if (
            not cleaned.get("file")
            and not cleaned.get("text", "").strip()
            and "file" not in self.errors
        ):
            self.add_error("text", "The list is empty. Paste it here, or upload a file.")
        return cleaned

    def params(self) -> dict[str, Any]:
        """Those of the chosen operation; left out where nothing was entered."""
        prefix = f"{self.cleaned_data['operation']}-"
        given = {
            k.removeprefix(prefix): v for k, v in self.cleaned_data.items() if k.startswith(prefix)
        }
        return {name: value for name, value in given.items() if value is not None}

    def limit_values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in LIMITS}


def _limit(name: str, least: float, most: float) -> forms.Field:
    label, words = _LIMIT_WORDS[name]
    default = _LIMIT_DEFAULTS[name]
    kind = forms.FloatField if isinstance(default, float) else forms.IntegerField
    return kind(
        label=label,
        help_text=words,
        min_value=least,  # type: ignore[arg-type]
        max_value=most,  # type: ignore[arg-type]
        initial=default,
        required=default is not None,
    )


def _option(name: str, info: FieldInfo) -> forms.Field:
    """A form field for a parameter. What it can't check, pydantic will."""
    common: dict[str, Any] = {
        "label": info.title or name.replace("_", " ").capitalize(),
        "help_text": info.description or "",
        "initial": info.get_default(call_default_factory=False),
        "required": info.is_required(),
    }
    kind = info.annotation
    if kind is bool:
        return forms.BooleanField(**(common | {"required": False}))
    if choices := _choices(kind):
        return forms.ChoiceField(choices=choices, **common)
    if kind is int or kind is float:
        field = forms.IntegerField if kind is int else forms.FloatField
        return field(**_range(info), **common)
    return forms.CharField(**common, empty_value=None)


def _choices(kind: Any) -> list[tuple[Any, str]]:
    if get_origin(kind) is Literal:
        return [(value, str(value)) for value in get_args(kind)]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [(member.value, str(member.value)) for member in kind]
    return []


def _range(info: FieldInfo) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for bound in info.metadata:
        match bound:
            case Ge(ge=least) | Gt(gt=least):
                found["min_value"] = least
            case Le(le=most) | Lt(lt=most):
                found["max_value"] = most
    return found
