"""What the screens and the API read. Nothing here counts items; nothing loads a result it does not show."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from batches.models import Batch, Chunk, FailureGroup, Item, Throughput
from batches.states import ItemState

BUCKET = timedelta(seconds=10)
# A search by text reads at most this many rows for one page, then says where to go on.
SEARCH_WINDOW = 50_000


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


@dataclass(frozen=True, slots=True)
class BatchRow:
    batch: Batch
    progress: Progress


@dataclass(frozen=True, slots=True)
class Page[T]:
    """`next` is the cursor of the page after this one; None: there is none."""

    items: list[T]
    next: int | None


def bounded[**P, T](read: Callable[P, T]) -> Callable[P, T]:
    """A dashboard read may take two seconds; a slower one fails rather than drag the database down."""

    @wraps(read)
    def inner(*args: P.args, **kwargs: P.kwargs) -> T:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '2s'")
            return read(*args, **kwargs)

    return inner


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
        found = _recent[key] = now, _progress_of([batch])[batch.pk]
    return found[1]


@bounded
def _progress_of(batches: list[Batch]) -> dict[int, Progress]:
    rows = (
        Chunk.objects.filter(batch__in=batches)
        .values("batch_id")
        .annotate(**{f"sum_{name}": Sum(name) for name in _COUNTERS})
    )
    sums = {row["batch_id"]: [row[f"sum_{name}"] for name in _COUNTERS] for row in rows}
    return {b.pk: Progress(b.total, *sums.get(b.pk, [b.total, 0, 0, 0])) for b in batches}


def batches_page(
    state: str = "", operation: str = "", q: str = "", cursor: int | None = None, limit: int = 50
) -> Page[BatchRow]:
    """Newest first. `q` matches part of the name, or the number of the batch."""
    batches = Batch.objects.select_related("created_by")
    if state:
        batches = batches.filter(state=state)
    if operation:
        batches = batches.filter(operation=operation)
    if q:
        number = Q(pk=int(q)) if q.isdecimal() and len(q) < 19 else Q()
        batches = batches.filter(Q(name__icontains=q) | number)
    if cursor is not None:
        batches = batches.filter(pk__lt=cursor)
    return _with_progress(batches, limit)


@bounded
def _with_progress(batches: QuerySet[Batch], limit: int) -> Page[BatchRow]:
    found = list(batches[: limit + 1])
    shown = found[:limit]
    counts = _progress_of(shown)
    rows = [BatchRow(batch, counts[batch.pk]) for batch in shown]
    return Page(rows, shown[-1].pk if len(found) > limit else None)


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


@bounded
def failure_groups(batch: Batch, limit: int = 200) -> list[FailureGroup]:
    """Largest first. Groups whose items have all been retried stay, with a count of 0."""
    return list(FailureGroup.objects.filter(batch=batch).order_by("-count", "id")[:limit])


@bounded
def items_page(
    batch: Batch,
    state: str = "",
    group: int | None = None,
    q: str = "",
    cursor: int | None = None,
    limit: int = 50,
    results: bool = False,
) -> Page[Item]:
    """In order of `seq`. `cursor` is the last `seq` seen. Results are loaded only on request."""
    after = -1 if cursor is None else cursor
    items = Item.objects.filter(batch=batch, seq__gt=after).order_by("seq")
    if not results:
        items = items.defer("result")
    if group is not None:
        items = items.filter(failure_group_id=group)
    elif state:
        items = items.filter(_where_chunks_have(batch, state, after, limit), state=state)
    if q:
        return _search(batch, items.filter(target__icontains=q), after, limit)
    found = list(items[: limit + 1])
    return Page(found[:limit], found[limit - 1].seq if len(found) > limit else None)


def _search(batch: Batch, items: QuerySet[Item], after: int, limit: int) -> Page[Item]:
    end = after + SEARCH_WINDOW
    found = list(items.filter(seq__lte=end)[: limit + 1])
    if len(found) > limit:
        return Page(found[:limit], found[limit - 1].seq)
    return Page(found, end if end < batch.total - 1 else None)


def _where_chunks_have(batch: Batch, state: str, after: int, limit: int) -> Q:
    """The runs of items to look in for `limit` items of that state: the chunk counters know them.

    Without it, the page that holds the only two failures of ten million would read them all.
    """
    wanted = limit + 1
    ranges: list[list[int]] = []
    chunks = Chunk.objects.filter(
        batch=batch, **{f"{ItemState(state)}__gt": 0}, size__gt=after - F("first_seq") + 1
    ).order_by("number")
    for first, size, count in chunks.values_list("first_seq", "size", state)[: limit + 2]:
        if ranges and ranges[-1][1] == first - 1:
            ranges[-1][1] = first + size - 1
        else:
            ranges.append([first, first + size - 1])
        # The chunk the cursor stands in may hold what has been shown already: it does not count.
        wanted -= count if first > after else 0
        if wanted <= 0:
            break
    where = Q(seq__in=[])
    for first, last in ranges:
        where |= Q(seq__gte=first, seq__lte=last)
    return where
