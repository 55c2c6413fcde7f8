from typing import Any, Literal

from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router
from ninja.errors import HttpError

from adminapp import batch_json as as_json
from adminapp.api import schemas
from adminapp.api.batches import batch_for
from adminapp.exports import export_response, formats, rejects_response
from adminapp.file_formats import NO_PARQUET
from batches import pages, reports
from batches.models import Attempt

router = Router(tags=["items"])

type Format = Literal["csv", "ndjson", "parquet"]
type State = Literal["", "pending", "succeeded", "failed", "skipped"]


def file_answer(*kinds: str) -> dict[str, Any]:
    """For OpenAPI: a file of one of these media types."""
    content = {kind: {"schema": {"type": "string"}} for kind in kinds}
    return {"responses": {200: {"content": content}}}


ROWS = file_answer("text/csv", "application/x-ndjson", "application/vnd.apache.parquet")


def check_format(name: str) -> None:
    """Raises HttpError where nothing is installed that could write it."""
    if name not in formats():
        raise HttpError(501, NO_PARQUET)


@router.get("/{int:batch_id}/items", response=schemas.ItemPage, operation_id="list_items")
def list_items(
    request: HttpRequest,
    batch_id: int,
    state: State = "",
    group: int | None = None,
    q: str = "",
    cursor: int | None = None,
) -> object:
    """In the order of the input, 100 a page. `group` is a failure group; with it, `state` says no more."""
    batch = batch_for(request, batch_id)
    page = pages.items_page(batch, state, group, q, cursor, limit=100, results=True)
    return {"items": [as_json.item_json(item) for item in page.items], "next": page.next}


@router.get("/{int:batch_id}/items/{int:seq}", response=schemas.ItemDetail, operation_id="get_item")
def show_item(request: HttpRequest, batch_id: int, seq: int) -> object:
    """With the attempts that failed."""
    batch = batch_for(request, batch_id)
    item = get_object_or_404(batch.items, seq=seq)
    attempts = Attempt.objects.filter(batch=batch, seq=seq).order_by("id")[:100]
    found = [as_json.attempt_json(attempt) for attempt in attempts]
    return as_json.item_json(item) | {"attempts_made": found}


@router.get("/{int:batch_id}/failures", response=schemas.Failures, operation_id="list_failures")
def list_failures(request: HttpRequest, batch_id: int) -> object:
    """By cause, the largest first."""
    groups = reports.failure_groups(batch_for(request, batch_id))
    return {"failures": [as_json.group_json(group) for group in groups]}


@router.get("/{int:batch_id}/events", response=schemas.EventPage, operation_id="list_events")
def list_events(request: HttpRequest, batch_id: int, cursor: int | None = None) -> object:
    """Newest first."""
    events = batch_for(request, batch_id).events.select_related("actor").order_by("-id")
    if cursor is not None:
        events = events.filter(pk__lt=cursor)
    found = list(events[:101])
    following = found[99].pk if len(found) > 100 else None
    return {"events": [as_json.event_json(event) for event in found[:100]], "next": following}


@router.get(
    "/{int:batch_id}/export",
    openapi_extra=ROWS,
    operation_id="export_batch",
)
def export(
    request: HttpRequest,
    batch_id: int,
    format: Format = "csv",  # noqa: A002 -- the name in the address
    state: State = "",
) -> StreamingHttpResponse:
    """The items as a file, while the batch runs or after. Parquet only where pyarrow is installed."""
    check_format(format)
    return export_response(batch_for(request, batch_id), format, state)


@router.get(
    "/{int:batch_id}/rejects", openapi_extra=file_answer("text/csv"), operation_id="list_rejects"
)
def rejects(request: HttpRequest, batch_id: int) -> StreamingHttpResponse:
    """The lines of the input that became no item, and why."""
    return rejects_response(batch_for(request, batch_id))
