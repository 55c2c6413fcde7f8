"""Whether work gets done, which no process can say of itself: what waits too long, and what came of late."""

from dataclasses import dataclass, replace
from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest, Now
from django.utils import timezone
from django.utils.timesince import timesince

from batches.bounded import bounded
from batches.models import Batch, Chunk, Event, Throughput
from batches.states import BatchState

# Seconds. A worker takes a batch within one or two, and an attempt has a time limit, which comes on top.
QUEUED, SILENT = 60.0, 300.0
RECENT = timedelta(minutes=5)
# No further back for the last success: a table of years is not read for it.
REMEMBERED = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A batch that should get on: for how many seconds nothing has come of it.

    `held`: a worker has it. Only of those that are stuck is that known.
    """

    batch: Batch
    seconds: float
    held: bool = False

    @property
    def stuck(self) -> bool:
        queued = self.batch.state == BatchState.QUEUED
        return self.seconds > (QUEUED if queued else SILENT + self.batch.timeout_seconds)

    @property
    def sentence(self) -> str:
        span = timesince(timezone.now() - timedelta(seconds=self.seconds), depth=1)
        if self.batch.state == BatchState.QUEUED:
            return f"Batch {self.batch.pk} has been waiting for {span}: no worker takes it."
        why = "though a worker has it" if self.held else "and no worker has it"
        return f"Nothing of batch {self.batch.pk} has finished for {span}, {why}."

    @property
    def advice(self) -> str:
        if self.held:
            return (
                "See under Connections what blocks the background loop. A restart of the console"
                " loses nothing."
            )
        return (
            "See that a console runs (manage.py serve), and what its log and Connections say of it."
        )


@bounded
def waiting() -> list[Waiting]:
    """Queued batches, and running ones with items that are due, longest first.

    Items that wait for their next attempt, or for their turn with a host, are not due.
    """
    told = Event.objects.filter(batch=OuterRef("pk")).order_by("-id").values("at")[:1]
    outcomes = Throughput.objects.filter(batch=OuterRef("pk")).exclude(
        succeeded=0, failed=0, retried=0
    )
    last = outcomes.order_by("-bucket").values("bucket")[:1]
    chunks = Chunk.objects.filter(batch=OuterRef("pk"), pending__gt=0)
    let = Q(batch__canary_size=0) | Q(batch__canary_passed=True) | Q(number=0)
    due = Exists(chunks.filter(let, ready_at__lte=Now()))
    found = Batch.objects.filter(Q(state=BatchState.QUEUED) | Q(state=BatchState.RUNNING) & due)
    since = Greatest(Coalesce(Subquery(told), "created_at"), Subquery(last))
    # Always the database's clock: that of this machine may differ.
    timed = found.annotate(since=since).annotate(waited=Now() - F("since"))
    return [Waiting(b, b.waited.total_seconds()) for b in timed.order_by("since")]


@bounded
def stuck() -> list[Waiting]:
    found = [one for one in waiting() if one.stuck]
    leased = Chunk.objects.filter(pending__gt=0, lease_until__gt=Now())
    batches = [one.batch for one in found]
    # Asked only of them: where there is no lease, every chunk is looked at.
    held = set(leased.filter(batch__in=batches).values_list("batch_id", flat=True).distinct())
    return [replace(one, held=one.batch.pk in held) for one in found]


@bounded
def recent_outcomes() -> dict[str, int]:
    """Of all batches in the last five minutes. "retried": attempts that failed and will be repeated."""
    names = ("succeeded", "failed", "retried")
    sums = Throughput.objects.filter(bucket__gte=Now() - RECENT).aggregate(
        **{name: Coalesce(Sum(name), 0) for name in names}
    )
    return {name: sums[name] for name in names}


@bounded
def seconds_since_success() -> float | None:
    """Of any item, to ten seconds; None: there was none in the last week."""
    ages = (
        Throughput.objects.filter(bucket__gte=Now() - REMEMBERED, succeeded__gt=0)
        .order_by("-bucket")
        .annotate(age=Now() - F("bucket"))
        .values_list("age", flat=True)
    )
    found = ages.first()
    return None if found is None else found.total_seconds()
