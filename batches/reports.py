"""How a batch is doing. Nothing here counts items: progress is a sum of chunk counters."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from django.db.models import Sum
from django.utils import timezone

from batches.bounded import bounded
from batches.models import Batch, Chunk, FailureGroup, Throughput

BUCKET = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Progress:
    """Numbers of items. The four states add up to `total`."""

    total: int
    pending: int
    succeeded: int
    failed: int
    skipped: int

    @property
    def done(self) -> int:
        return self.total - self.pending


@dataclass(frozen=True, slots=True)
class Bucket:
    """Outcomes in the ten seconds from `at`."""

    at: datetime
    succeeded: int
    failed: int
    retried: int


_COUNTERS = ("pending", "succeeded", "failed", "skipped")
_recent: dict[tuple[Any, ...], tuple[float, Progress]] = {}


def progress(batch: Batch) -> Progress:
    """At most a second old, and one query a second and process however many people watch."""
    # State and end are part of the key: who sees "completed" must see the final numbers.
    key = (batch.pk, batch.state, batch.finished_at)
    now = time.monotonic()
    found = _recent.get(key)
    if found is None or now - found[0] > 1:
        if len(_recent) > 1000:
            _recent.clear()
        found = _recent[key] = now, progress_of([batch])[batch.pk]
    return found[1]


@bounded
def progress_of(batches: list[Batch]) -> dict[int, Progress]:
    rows = (
        Chunk.objects.filter(batch__in=batches)
        .values_list("batch_id")
        .annotate(*(Sum(name) for name in _COUNTERS))
    )
    sums = {batch_id: counters for batch_id, *counters in rows}
    return {b.pk: Progress(b.total, *sums.get(b.pk, [b.total, 0, 0, 0])) for b in batches}


@bounded
def throughput(batch: Batch, window: timedelta = timedelta(minutes=15)) -> list[Bucket]:
    """Oldest first, one for every ten seconds of the window that ends with the batch, or now."""
    end = batch.finished_at or timezone.now()
    start = max(end - window, batch.started_at or end)
    rows = (
        Throughput.objects.filter(batch=batch, bucket__gte=start - BUCKET, bucket__lte=end)
        .values("bucket")
        .annotate(s=Sum("succeeded"), f=Sum("failed"), r=Sum("retried"))
    )
    found = {row["bucket"]: Bucket(row["bucket"], row["s"], row["f"], row["r"]) for row in rows}
    ats = _bucket_starts(start, end)
    return [found.get(at, Bucket(at, 0, 0, 0)) for at in ats]


def _bucket_starts(start: datetime, end: datetime) -> list[datetime]:
    first = start - timedelta(seconds=start.timestamp() % BUCKET.total_seconds())
    return [first + BUCKET * n for n in range(int((end - first) / BUCKET) + 1)]


def rate(batch: Batch, seconds: int = 60) -> float | None:
    """Items finished a second over the last `seconds`; None before the first second has passed."""
    if batch.started_at is None:
        return None
    end = batch.finished_at or timezone.now()
    buckets = throughput(batch, timedelta(seconds=seconds))
    elapsed = (end - max(batch.started_at, buckets[0].at)).total_seconds() if buckets else 0
    if elapsed < 1:
        return None
    return sum(b.succeeded + b.failed for b in buckets) / elapsed


def eta(batch: Batch) -> tuple[float, float] | None:
    """Seconds until the end as a range, from the last minute's and the last ten minutes' rates.

    None when the batch is not running, or nothing has finished of late: stalled, not "soon".
    """
    if batch.state != "running":
        return None
    pending = progress(batch).pending
    rates = [r for r in (rate(batch), rate(batch, 600)) if r]
    return (pending / max(rates) * 0.9, pending / min(rates) * 1.1) if rates else None


def sentence(batch: Batch) -> str:
    """How the batch stands, in words: the same on every screen and on the command line."""
    counts = progress(batch)
    match batch.state:
        case "draft":
            return f"Draft: {batch.total:,} items are ready. Nothing has run."
        case "queued":
            return f"Queued: {counts.pending:,} items wait for a worker{_since(batch)}."
        case "running":
            return f"Running: {_speed(batch)}"
        case "cancelling":
            return f"Cancelling: {counts.pending:,} items are still being wound down."
        case "cancelled":
            return f"{batch.state_reason} {_result(counts)}"
        case "completed":
            return f"Completed: {_result(counts)}"
    return batch.state_reason


def _since(batch: Batch) -> str:
    """Somebody who finds a batch waiting has to know whether for a moment or since yesterday."""
    asked = batch.events.filter(kind__in=("start", "resume", "retry")).order_by("-id").first()
    return f", since {asked.at.astimezone(UTC):%-d %b %H:%M:%S} UTC" if asked else ""


def _speed(batch: Batch) -> str:
    speed, left = rate(batch), eta(batch)
    if speed is None:
        return "it has just begun."
    if left is None:
        return "nothing has finished in the last minute."
    return f"{speed:,.{0 if speed >= 10 else 1}f} items a second, done in {_span(*left)}."


def _span(least: float, most: float) -> str:
    for unit, seconds in (("hour", 3600.0), ("minute", 60.0), ("second", 1.0)):
        if most >= 2 * seconds or seconds == 1:
            low, high = max(1, int(least / seconds)), max(1, ceil(most / seconds))
            plural = "s" if high > 1 else ""
            return f"{high:,} {unit}{plural}" if low == high else f"{low:,} to {high:,} {unit}s"
    raise AssertionError("unreachable")


def _result(counts: Progress) -> str:
    if counts.succeeded == counts.total:
        return f"all {counts.total:,} items succeeded."
    parts = [f"{counts.succeeded:,} of {counts.total:,} items succeeded"]
    parts += [
        f"{n:,} {word}" for n, word in ((counts.failed, "failed"), (counts.skipped, "skipped")) if n
    ]
    return f"{', '.join(parts)}."


@bounded
def failure_groups(batch: Batch, limit: int = 200) -> list[FailureGroup]:
    """Largest first. Groups whose items have all been retried stay, with a count of 0."""
    return list(FailureGroup.objects.filter(batch=batch).order_by("-count", "id")[:limit])
