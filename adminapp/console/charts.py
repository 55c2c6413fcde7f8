"""Pictures drawn on the server as numbers for SVG attributes: no script, no inline style."""

from dataclasses import dataclass
from datetime import datetime

from batches.reports import BUCKET, Bucket, Progress

WIDTH, HEIGHT = 720, 120
LEAST_COLUMNS = 30


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar: where it begins and how wide it is, in percent."""

    state: str
    count: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Column:
    x: float
    width: float
    succeeded: float
    failed_y: float
    failed: float
    y: float


@dataclass(frozen=True, slots=True)
class Chart:
    columns: list[Column]
    top: float  # Items a second at the upper edge.
    first: datetime
    last: datetime
    buckets: list[Bucket]


def bar(progress: Progress) -> list[Segment]:
    segments, x = [], 0.0
    for state in ("succeeded", "failed", "skipped", "pending"):
        count = getattr(progress, state)
        width = 100 * count / progress.total if progress.total else 0
        segments.append(Segment(state, count, round(x, 3), round(width, 3)))
        x += width
    return segments


def throughput(buckets: list[Bucket]) -> Chart | None:
    """None while there is nothing to draw."""
    most = max((b.succeeded + b.failed for b in buckets), default=0)
    if not most:
        return None
    # Room for what is to come: a batch of ten seconds is no block as wide as the page.
    places = max(len(buckets), LEAST_COLUMNS)
    width = WIDTH / places
    columns = [_column(n * width, width, bucket, HEIGHT / most) for n, bucket in enumerate(buckets)]
    busy = [b for b in buckets if b.succeeded or b.failed or b.retried]
    last = buckets[0].at + BUCKET * places
    return Chart(columns, most / 10, buckets[0].at, last, busy)


def _column(x: float, width: float, bucket: Bucket, scale: float) -> Column:
    succeeded, failed = bucket.succeeded * scale, bucket.failed * scale
    return Column(
        x=round(x, 2),
        width=round(max(width - 1, 0.5), 2),
        succeeded=round(succeeded, 2),
        y=round(HEIGHT - succeeded, 2),
        failed_y=round(HEIGHT - succeeded - failed, 2),
        failed=round(failed, 2),
    )
