"""What the API takes. What it answers is described by the functions of adminapp.batch_json."""

from typing import Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field


class NewBatch(Schema):
    model_config = ConfigDict(extra="forbid")

    operation: str
    name: str = Field("", max_length=200)
    params: dict[str, Any] = {}
    targets: list[str] = Field(default=[], description="One item each. Or upload a file instead.")
    start: bool = False
    idempotency_key: str | None = Field(None, max_length=200)
    priority: int = 0
    concurrency: int = 20
    max_attempts: int = 3
    backoff_seconds: float = 2.0
    timeout_seconds: float = 60.0
    breaker_percent: int | None = None
    canary_size: int = 0
    canary_percent: int = 5


class Retry(Schema):
    model_config = ConfigDict(extra="forbid")

    scope: Literal["failed", "skipped", "group", "items"]
    group: int | None = None
    items: list[int] | None = None
    params: dict[str, Any] | None = None


class Counts(Schema):
    total: int
    pending: int
    succeeded: int
    failed: int
    skipped: int


class Problem(Schema):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
