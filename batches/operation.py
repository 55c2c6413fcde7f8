"""The contract between the engine and an operation: all that a plug-in author needs to know."""

from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Any, ClassVar, Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string
from pydantic import BaseModel


class InvalidTarget(ValueError):
    """A line of input that can't become a target; the message says why, in words for the operator."""


class Failure(Exception):
    """An attempt that failed in a way the operation foresaw; the message is for the operator.

    Failures with the same `cause` are shown as one group. Without one, the message itself decides,
    with numbers, quoted text and URLs taken out of it.
    """

    def __init__(self, message: str, *, cause: str = "") -> None:
        super().__init__(message)
        self.cause = cause


class Transient(Failure):
    """Another attempt may succeed. `retry_after` (seconds) is the least wait that was asked for."""

    def __init__(self, message: str, *, cause: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, cause=cause)
        self.retry_after = retry_after


class Permanent(Failure):
    """Any other attempt would fail too: no automatic retry."""


class Postpone(Exception):
    """Nothing was tried: the item comes back in `seconds` at the earliest, and no attempt is counted."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class Skip(Exception):
    """There is nothing to do for this target; the message says why. Neither success nor failure."""


@dataclass(frozen=True, slots=True)
class Target:
    """What one accepted line asks for. Two lines with the same `key` are duplicates."""

    value: str
    key: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table of any installed app ("batches.Page"), with values by field name.

    A row whose primary key is there already is updated: with what is given, but never with an empty value
    (None, "", [], {}) in place of a good one, and objects are merged key by key.
    """

    table: str
    values: Mapping[str, Any]


def key_of(domain: str, thing: str) -> UUID:
    """The primary key of what belongs to a domain: half a SHA-256, where a URL would not fit into an index."""
    return UUID(bytes=sha256(f"{domain} {thing}".encode()).digest()[:16])


class Storage(Protocol):
    """The typed rows that scans before this one have left, and those that can't wait for the result."""

    def load(self, table: str, keys: Collection[Any]) -> Awaitable[dict[Any, dict[str, Any]]]:
        """The rows with these primary keys: key → values by field name. One question for all."""

    def store(self, rows: Sequence[Row], unless: Collection[str] = ()) -> Awaitable[None]:
        """Now, in bulk, and for good: an attempt that fails later takes nothing back. `unless` is that of a Result."""


class NoStorage:
    """Nothing is known, and nothing is kept: for trying an operation out."""

    async def load(self, table: str, keys: Collection[Any]) -> dict[Any, dict[str, Any]]:
        return {}

    async def store(self, rows: Sequence[Row], unless: Collection[str] = ()) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Context:
    """Where a run stands: which item of which batch, and which attempt (counted from 1)."""

    batch_id: int
    seq: int
    attempt: int
    worker: str
    storage: Storage = field(default_factory=NoStorage)


@dataclass(frozen=True, slots=True)
class Result:
    """What one target came to: `data` is stored as JSON with the item and shown to operators.

    `rows` are written in the same transaction as the outcome: both are there, or neither. `unless` are entries
    of the suppression list: of those that are on it by then, `Operation.less` takes out what is said.
    """

    data: Mapping[str, Any] = field(default_factory=dict)
    rows: Sequence[Row] = ()
    unless: Collection[str] = ()


class NoParams(BaseModel):
    """For operations with nothing to choose."""


class Operation[P: BaseModel]:
    """Subclass, fill in the four class variables, write `run`, and list the class in `OPERATIONS`.

    One instance serves a whole process, on the loop thread: `run` is called many times at once.
    """

    slug: ClassVar[str]
    title: ClassVar[str]
    description: ClassVar[str]
    # What one line of input is called on forms: "site", "URL", "text".
    noun: ClassVar[str] = "line"
    # What of a result to show first: the database keeps its keys in no order.
    headline: ClassVar[tuple[str, ...]] = ()
    params: type[P]

    def target(self, line: str) -> Target:
        """One stripped, non-empty line of input as a target. Raises InvalidTarget."""
        return Target(line, line)

    async def run(self, target: str, params: P, context: Context) -> Result:
        """Do the work for one target. It must not block the loop: every batch shares it.

        Raise Transient to be tried again, Permanent to fail at once, Skip if there is nothing to do,
        Postpone if it is not the time yet.
        """
        raise NotImplementedError

    def failure_rows(self, target: str, problem: str, context: Context) -> Sequence[Row]:
        """Rows to leave when the last attempt has failed; `problem` is the message shown with the item."""
        return ()

    def told(self, text: str) -> str:
        """What may be kept of the words and the trace of an error."""
        return text

    def less(self, result: Result, entries: Collection[str]) -> Result:
        """What may be kept of a result if these of its `unless` are on the suppression list."""
        return result

    def retryable(self, error: Exception) -> bool:
        """Whether an error that is neither Transient nor Permanent is worth another attempt."""
        return isinstance(error, OSError)  # TimeoutError and connection errors are OSErrors.

    async def open(self) -> None:
        """Called once on the loop thread before the first `run`: clients and pools start here."""

    async def close(self) -> None:
        """Called once on the loop thread when the process stops."""


class UnknownOperation(LookupError):
    """No operation of that name is listed in the OPERATIONS setting."""


@cache
def operations() -> dict[str, Operation[Any]]:
    """Every operation listed in the `OPERATIONS` setting, by slug, in the order of that list."""
    instances = [import_string(path)() for path in settings.OPERATIONS]
    return {instance.slug: instance for instance in instances}


def operation(slug: str) -> Operation[Any]:
    """The operation of that slug. Raises UnknownOperation, naming those that exist."""
    try:
        return operations()[slug]
    except KeyError:
        known = ", ".join(operations())
        raise UnknownOperation(f"There is no operation “{slug}”. Choose one of: {known}.") from None
