"""What a person asks for when they make a batch, and whether it can be done."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from pydantic import ValidationError

from batches.lines import BadInput
from batches.operation import Operation, UnknownOperation, operation

MAX_KEY = 200

# Limit → the least and the most that make sense.
LIMITS: dict[str, tuple[float, float]] = {
    "priority": (-5, 5),
    "concurrency": (1, 400),
    "max_attempts": (1, 20),
    "backoff_seconds": (0, 3_600),
    "timeout_seconds": (0.1, 3_600),
    "breaker_percent": (1, 99),
    # The canary is one chunk, so one worker runs it.
    "canary_size": (0, 10_000),
    "canary_percent": (0, 100),
}
# Those that may be left open: no breaker.
_OPTIONAL = frozenset({"breaker_percent"})


@dataclass(frozen=True, slots=True)
class BatchSpec:
    """What to do and how. The limits mean what the fields of the same name of Batch mean.

    Without a `name` the batch is called after its operation and `source`, a file name, or its size.
    """

    operation: str
    params: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    source: str = "pasted"
    user: AbstractBaseUser | None = None
    idempotency_key: str | None = None
    priority: int = 0
    concurrency: int = 20
    max_attempts: int = 3
    backoff_seconds: float = 2.0
    timeout_seconds: float = 60.0
    breaker_percent: int | None = None
    canary_size: int = 0
    canary_percent: int = 5


def checked(spec: BatchSpec) -> tuple[Operation[Any], dict[str, Any]]:
    """The operation, and the parameters complete with defaults. Raises BadInput."""
    try:
        chosen = operation(spec.operation)
    except UnknownOperation as error:
        raise BadInput(str(error.args[0]), "operation") from error
    errors = _limit_errors(spec)
    if len(spec.idempotency_key or "") > MAX_KEY:
        errors["idempotency_key"] = f"The idempotency key is longer than {MAX_KEY} characters."
    params = _params(chosen, spec, errors)
    if errors:
        first = next(iter(errors))
        raise BadInput(errors[first], first, errors=errors)
    return chosen, params


def _params(chosen: Operation[Any], spec: BatchSpec, errors: dict[str, str]) -> dict[str, Any]:
    try:
        params = chosen.params.model_validate(spec.params, extra="forbid").model_dump(mode="json")
    except ValidationError as error:
        for found in error.errors():
            where = ".".join(str(part) for part in found["loc"])
            errors.setdefault(f"params.{where}" if where else "params", _message(where, found))
        return {}
    if not _storable(params):
        errors["params"] = "The parameters hold a NUL character or a number that is not finite."
    return params  # type: ignore[no-any-return]


def _message(where: str, found: Any) -> str:
    message = found["msg"].removeprefix("Value error, ").rstrip(".")
    return f"{where}: {message}." if where else f"{message}."


def _storable(params: dict[str, Any]) -> bool:
    """Whether PostgreSQL's jsonb can hold them."""
    try:
        text = json.dumps(params, allow_nan=False, ensure_ascii=False)
        text.encode()
    except ValueError:
        return False
    # Without the escaped backslashes: a backslash before "u0000" may be a character like any other.
    return "\\u0000" not in text.replace("\\\\", "")


def _limit_errors(spec: BatchSpec) -> dict[str, str]:
    errors = {}
    for name, (least, most) in LIMITS.items():
        value = getattr(spec, name)
        words = name.replace("_", " ")
        if value is None and name not in _OPTIONAL:
            errors[name] = f"{words}: say a number from {least:g} to {most:g}."
        elif value is not None and not least <= value <= most:
            errors[name] = f"{words}: must be from {least:g} to {most:g}, not {value:g}."
    return errors
