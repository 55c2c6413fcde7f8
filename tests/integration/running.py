"""Batches under the real engine, for tests."""

import time
from collections.abc import Callable
from typing import Any

from batches import lifecycle
from batches.intake import BatchSpec, create_batch, read_text
from batches.models import Batch
from batches.states import FINISHED

LIMIT_SECONDS = 30.0


def until(true: Callable[[], Any], what: str, limit: float = LIMIT_SECONDS) -> Any:
    """Wait for a condition; the value that met it."""
    deadline = time.monotonic() + limit
    while not (value := true()):
        assert time.monotonic() < deadline, f"Not within {limit} s: {what}"
        time.sleep(0.02)
    return value


def create(operation: str, lines: list[str] | int, **spec: Any) -> Batch:
    texts = [f"line {n}" for n in range(lines)] if isinstance(lines, int) else lines
    spec = {"params": {}, "name": "test", "user": None, **spec}
    batch, _ = create_batch(BatchSpec(operation=operation, **spec), read_text("\n".join(texts)))
    return batch


def started(operation: str, lines: list[str] | int, **spec: Any) -> Batch:
    batch = create(operation, lines, **spec)
    lifecycle.start(batch, None)
    return batch


def state(batch: Batch) -> str:
    batch.refresh_from_db()
    return batch.state


def finished(batch: Batch, limit: float = LIMIT_SECONDS) -> Batch:
    until(lambda: state(batch) in FINISHED, f"batch {batch.pk} to end", limit)
    return batch


def counts(batch: Batch) -> dict[str, int]:
    """Of the items themselves, not of the counters."""
    found: dict[str, int] = {}
    for value in batch.items.values_list("state", flat=True):
        found[value] = found.get(value, 0) + 1
    return found
