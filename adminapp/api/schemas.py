"""What the API takes and answers. Where a command prints the same, adminapp.batch_json makes both."""

from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

from batches.intake import LIMITS, BatchSpec
from batches.lifecycle import MAX_CHOSEN_ITEMS
from batches.states import BatchState, ItemState

_DEFAULTS = {field.name: field.default for field in fields(BatchSpec)}

# What the columns of the database can hold.
type Seq = Annotated[int, Field(ge=0, le=2**31 - 1)]
type Id = Annotated[int, Field(ge=1, le=2**63 - 1)]


def _limit(name: str) -> Any:
    least, most = LIMITS[name]
    return Field(_DEFAULTS[name], ge=least, le=most)


class BatchOptions(Schema):
    """What is to be done and how, wherever the list comes from."""

    model_config = ConfigDict(extra="forbid")

    operation: str
    name: str = Field("", max_length=200)
    params: dict[str, Any] = {}
    start: bool = False
    idempotency_key: str | None = Field(None, max_length=200, pattern=r"^[^\x00]*$")
    priority: int = _limit("priority")
    concurrency: int = _limit("concurrency")
    max_attempts: int = _limit("max_attempts")
    backoff_seconds: float = _limit("backoff_seconds")
    timeout_seconds: float = _limit("timeout_seconds")
    breaker_percent: int | None = _limit("breaker_percent")
    canary_size: int = _limit("canary_size")
    canary_percent: int = _limit("canary_percent")


class NewBatch(BatchOptions):
    targets: list[str] = Field(default=[], description="One item each. Or upload a file instead.")


class Retry(Schema):
    model_config = ConfigDict(extra="forbid")

    scope: Literal["failed", "skipped", "group", "items"]
    group: Id | None = None
    items: list[Seq] | None = Field(None, max_length=MAX_CHOSEN_ITEMS)
    params: dict[str, Any] | None = None


class Operation(Schema):
    slug: str
    title: str
    description: str
    params: dict[str, Any] = Field(description="JSON schema of the parameters.")


class Counts(Schema):
    """The four states add up to `total`."""

    total: int
    pending: int
    succeeded: int
    failed: int
    skipped: int


class BatchRow(Schema):
    id: int
    name: str
    operation: str
    state: BatchState
    state_reason: str
    counts: Counts
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class BatchPage(Schema):
    batches: list[BatchRow]
    next: int | None = Field(description="The cursor of the next page; null: there is none.")


class Batch(BatchRow):
    params: dict[str, Any]
    rate: float | None = Field(description="Items a second; null: unknown.")
    eta: tuple[float, float] | None = Field(description="Seconds to go, from and to.")


class Reject(Schema):
    line: int
    kind: Literal["duplicate", "invalid"]
    text: str
    reason: str


class Preflight(Schema):
    accepted: int
    duplicates: int
    invalid: int
    rejects: list[Reject] = Field(description="The first 20. The address has all of them, as CSV.")
    rejects_url: str


class NewBatchAnswer(Batch):
    preflight: Preflight


class Item(Schema):
    seq: int
    line: int
    target: str
    state: ItemState
    attempts: int
    error: str
    result: Any
    finished_at: datetime | None
    group: int | None = Field(description="The failure group, of an item that has failed.")


class ItemPage(Schema):
    items: list[Item]
    next: int | None


class Attempt(Schema):
    number: int
    started_at: datetime
    duration_ms: int
    error_class: str
    message: str
    trace: str
    worker: str
    retry_at: datetime | None = Field(description="Null: it was the last.")


class ItemDetail(Item):
    attempts_made: list[Attempt] = Field(description="Those that failed.")


class FailureGroup(Schema):
    id: int
    error_class: str
    message: str
    frame: str
    count: int
    sample_seq: int
    first_seen: datetime
    last_seen: datetime


class Failures(Schema):
    failures: list[FailureGroup]


class Event(Schema):
    id: int
    at: datetime
    kind: str
    message: str
    actor: str | None
    data: dict[str, Any]


class EventPage(Schema):
    events: list[Event]
    next: int | None


class Action(Schema):
    id: int
    batch: int
    verb: str
    filter: dict[str, Any]
    state: Literal["running", "done", "aborted"]
    intended: int
    applied: int
    skipped: dict[str, int] = Field(description="Reason → how many.")
    created_at: datetime
    finished_at: datetime | None


class Problem(Schema):
    """RFC 9457. Some have more: `errors`, a list of `field` and `message`, or how many rows a decision `matches`."""

    type: str
    title: str
    status: int
    detail: str
