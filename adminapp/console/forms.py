"""The form of a new batch: one list, one operation and its options, and the limits."""

from typing import Any

from django import forms
from pydantic import BaseModel

from adminapp.console.options import OptionsForm, tidy
from batches.intake import LIMITS, BadInput
from batches.lines.table import USUAL
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
        widget=forms.ClearableFileInput(
            attrs={
                "accept": ".txt,.csv,.tsv,text/plain,text/csv",
                # Which column the script proposes is what the server would take without one.
                "data-usual": " ".join(sorted(USUAL)),
            }
        ),
    )
    column = forms.CharField(
        label="Column", required=False, help_text="Of a CSV file: its name, or its number from 1."
    )
    name = forms.CharField(
        label="Name", required=False, max_length=200, help_text="For you. Empty: the operation's."
    )

    def __init__(self, *args: Any, of_sites: bool = False, **kwargs: Any) -> None:
        """`of_sites`: the list is there already, and is one of sites."""
        super().__init__(*args, **kwargs)
        known = [one for one in operations().values() if not of_sites or one.noun == "site"]
        choices = [(operation.slug, operation.title) for operation in known]
        self.fields["operation"] = forms.ChoiceField(
            widget=forms.RadioSelect, choices=choices, initial=choices[0][0]
        )
        # A NUL in one line must not cost the others: the intake refuses that line alone.
        self.fields["text"].validators = []
        for name, (least, most) in LIMITS.items():
            self.fields[name] = _limit(name, least, most)
        slug = self.data.get("operation")
        self._options = [
            OptionsForm(operation, self.data if self.is_bound else None, operation.slug == slug)
            for operation in known
        ]
        for name in ("text", "file", "column") if of_sites else ():
            del self.fields[name]

    def is_valid(self) -> bool:
        return not self.wrong()

    def wrong(self) -> bool:
        """Whether something is marked, here or in the options of the chosen operation."""
        return bool(self.errors) or any(form.errors for form in self._options)

    def limits(self) -> list[forms.BoundField]:
        return [self[name] for name in _LIMIT_WORDS]

    def options(self) -> list[tuple[Operation[BaseModel], list[forms.BoundField]]]:
        """Each operation with the fields of its parameters."""
        return [(form.operation, list(form)) for form in self._options]

    def refuse(self, error: BadInput) -> None:
        """Put the words of `error` where they belong; above the form if that is nowhere."""
        chosen, source = self._chosen(), "file" if self.cleaned_data.get("file") else "text"
        for place, words in error.errors.items():
            if (name := place.removeprefix("params.")) in chosen.fields and name != place:
                chosen.add_error(name, words.removeprefix(f"{name}: "))
            else:
                field = source if place == "input" else place
                self.add_error(field if field in self.fields else None, words)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if (
            "text" in self.fields
            and not cleaned.get("file")
            and not cleaned.get("text", "").strip()
            and "file" not in self.errors
        ):
            self.add_error("text", "The list is empty. Paste it here, or upload a file.")
        return cleaned

    def params(self) -> dict[str, Any]:
        return self._chosen().params()

    def limit_values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in LIMITS}

    def _chosen(self) -> OptionsForm:
        slug = self.cleaned_data["operation"]
        return next(form for form in self._options if form.operation.slug == slug)


def _limit(name: str, least: float, most: float) -> forms.Field:
    label, words = _LIMIT_WORDS[name]
    default = _LIMIT_DEFAULTS[name]
    kind = forms.FloatField if isinstance(default, float) else forms.IntegerField
    return kind(
        label=label,
        help_text=words,
        min_value=least,  # type: ignore[arg-type]
        max_value=most,  # type: ignore[arg-type]
        initial=tidy(default),
        required=default is not None,
    )
