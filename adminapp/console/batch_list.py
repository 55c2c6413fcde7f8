from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.timesince import timesince

from adminapp.console import charts
from adminapp.console.access import require
from adminapp.console.live import answer
from adminapp.roles import may
from batches import health, pages, reports
from batches.operation import operations
from batches.pages import BatchRow
from batches.states import ACTIVE, BatchState

# The speed of a running batch takes three short queries: this many, then the rest without.
SPOKEN = 10


def batch_list(request: HttpRequest) -> HttpResponse:
    require(request, "view_batch")
    filters, cursor = _filters(request), _number(request.GET.get("cursor", ""))
    page = pages.batches_page(cursor=cursor, **filters)
    rows = _rows(page.items)
    may_add = may(request.user, "add_batch")
    stuck = health.stuck()
    context = {
        "rows": rows,
        "stuck": stuck,
        "next": page.next,
        "first_page": cursor is None,
        "filters": filters,
        "filtered": any(filters.values()),
        "states": [state for state in BatchState if state != BatchState.DELETING],
        "operations": operations().values(),
        "poll": _poll({row.batch.state for row in page.items}),
        "demo": len(settings.DEMO_TARGETS) if may_add else 0,
        "may_add": may_add,
    }
    seen = [(row["batch"].pk, row["batch"].name, *row.values()) for row in rows]
    seen.append(tuple(found.sentence for found in stuck))
    return answer(request, "batch_list.html", context, seen)


def _filters(request: HttpRequest) -> dict[str, Any]:
    """What is no state is none; PostgreSQL takes no NUL."""
    names = ("state", "operation", "q")
    found = {name: request.GET.get(name, "").replace("\0", "").strip() for name in names}
    return found if found["state"] in list(BatchState) else found | {"state": ""}


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _poll(states: set[str]) -> int | None:
    """Seconds between two looks. Paused batches may be resumed by somebody else; the rest lies still."""
    if states & ACTIVE:
        return 2
    return 10 if BatchState.PAUSED in states else None


def _rows(found: list[BatchRow]) -> list[dict[str, Any]]:
    running = [row.batch.pk for row in found if row.batch.state == BatchState.RUNNING]
    return [_row(row, row.batch.pk in running[:SPOKEN]) for row in found]


def _row(row: BatchRow, spoken: bool) -> dict[str, Any]:
    batch = row.batch
    operation = operations().get(batch.operation)
    note = batch.state_reason if batch.state == BatchState.PAUSED else ""
    return {
        "batch": batch,
        "state": batch.state,
        "progress": row.progress,
        "bar": charts.bar(row.progress),
        "operation": operation.title if operation else batch.operation,
        # Without "Running:", which the row says already.
        "note": reports.sentence(batch).partition(": ")[2] if spoken else note,
        "age": _age(batch.created_at),
    }


def _age(created: datetime) -> str:
    """Empty after a day: then the date says more."""
    age = timezone.now() - created
    if age < timedelta(minutes=1):
        return "just now"
    return f"{timesince(created, depth=1)} ago" if age < timedelta(days=1) else ""
