"""What became of a domain over its scans, and what was different each time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from batches.bounded import bounded
from batches.changes import Change, changes
from batches.models import Batch, Domain, Item, Scan
from batches.operation import operations

# Looked at besides those that are shown, to compare the oldest of these with.
_EARLIER = 20


@dataclass(frozen=True, slots=True)
class Visit:
    """One scan. `changes` are against the scan before by the same operation; None: there was none.

    `more` is how many changes there are besides.
    """

    batch: Batch | None
    seq: int
    slug: str  # Of the operation.
    operation: str  # Its title.
    at: datetime
    problem: str
    changes: list[Change] | None
    more: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """Newest first; `older` if there are scans before those."""

    visits: list[Visit]
    older: bool


@bounded
def history(domain: Domain, limit: int = 20) -> History:
    """Results are those of the items: a batch that is gone has taken its own with it."""
    known = Scan.objects.filter(domain=domain).order_by("-at")
    scans = list(known[: limit + _EARLIER])
    batches = Batch.kept.in_bulk({scan.batch_id for scan in scans})
    results = _results(scans)
    visits: list[Visit] = []
    last: dict[str, dict[str, Any]] = {}
    for scan in reversed(scans):
        result = results.get((scan.batch_id, scan.seq))
        visits.append(_visit(scan, batches.get(scan.batch_id), last.get(scan.operation), result))
        if result:
            last[scan.operation] = result
    return History(visits[::-1][:limit], len(scans) > limit)


def _visit(
    scan: Scan, batch: Batch | None, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> Visit:
    known = operations()
    title = known[scan.operation].title if scan.operation in known else scan.operation
    found, more = changes(before, after) if before is not None and after else (None, 0)
    return Visit(batch, scan.seq, scan.operation, title, scan.at, scan.problem, found, more)


def _results(scans: list[Scan]) -> dict[tuple[int, int], dict[str, Any]]:
    keys = [(scan.batch_id, scan.seq) for scan in scans]
    found = Item.objects.filter(pk__in=keys).values_list("batch_id", "seq", "result")
    return {(batch, seq): result for batch, seq, result in found if isinstance(result, dict)}
