"""What became of a domain over its scans, and what was different each time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from batches.bounded import bounded
from batches.models import Batch, Domain, Item, Scan
from batches.operation import operations

# Different each time, and no news.
_NOISE = frozenset({
    "milliseconds", "timing", "bytes", "wire_bytes", "remote_address", "comments", "files", "sample",
    "redirects", "unchanged", "certificate", "html_bytes", "text_ratio",
    "read_as",
})  # fmt: skip
_SHOWN = 200
# Of a list, operations keep no more beside the pages.
_KEPT = 200


@dataclass(frozen=True, slots=True)
class Change:
    """Of one field, as a line of text each; empty: it was not there."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Visit:
    """One scan, with the title of its operation. `changes` are against the scan before by the same operation; None: there was none."""

    batch: Batch | None
    seq: int
    operation: str
    at: datetime
    problem: str
    changes: list[Change] | None


@bounded
def history(domain: Domain, limit: int = 20) -> list[Visit]:
    """Newest first. Results are those of the items: a batch that is gone has taken its own with it."""
    scans = list(Scan.objects.filter(domain=domain).order_by("-at")[:limit])
    batches = Batch.objects.in_bulk({scan.batch_id for scan in scans})
    results, known = _results(scans), operations()
    visits: list[Visit] = []
    last: dict[str, dict[str, Any]] = {}
    for scan in reversed(scans):
        result = results.get((scan.batch_id, scan.seq))
        before = last.get(scan.operation)
        changes = _changes(before, result) if result and before is not None else None
        if result:
            last[scan.operation] = result
        batch = batches.get(scan.batch_id)
        title = known[scan.operation].title if scan.operation in known else scan.operation
        visits.append(Visit(batch, scan.seq, title, scan.at, scan.problem, changes))
    return visits[::-1]


def _results(scans: list[Scan]) -> dict[tuple[int, int], dict[str, Any]]:
    keys = [(scan.batch_id, scan.seq) for scan in scans]
    found = Item.objects.filter(pk__in=keys).values_list("batch_id", "seq", "result")
    return {(batch, seq): result for batch, seq, result in found if isinstance(result, dict)}


def _changes(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    names = sorted((before.keys() | after.keys()) - _NOISE)
    return [
        Change(name.replace("_", " "), _line(before.get(name)), _line(after.get(name)))
        for name in names
        if _compared(before.get(name)) != _compared(after.get(name))
    ]


def _compared(value: Any) -> Any:
    """Of a page that has not changed, no more of a list is there than was kept."""
    return value[:_KEPT] if isinstance(value, list) else value


def _line(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))[:_SHOWN]
    if isinstance(value, dict):
        return ", ".join(f"{key}: {part}" for key, part in value.items())[:_SHOWN]
    return str(value)[:_SHOWN]
