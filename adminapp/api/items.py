from typing import Literal

from django.http import HttpRequest, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from ninja import Router

from adminapp import batch_json as as_json
from adminapp.api.batches import batch_for
from adminapp.exports import export_response, rejects_response
from batches import pages, reports
from batches.models import Attempt

router = Router(tags=["items"])

type State = Literal["", "pending", "succeeded", "failed", "skipped"]


@router.get("/{int:batch_id}/items")
def list_items(
    request: HttpRequest,
    batch_id: int,
    state: State = "",
    group: int | None = None,
    q: str = "",
    cursor: int | None = None,
) -> object:
    batch = batch_for(request, batch_id)
    page = pages.items_page(batch, state, group, q, cursor, limit=100, results=True)
    return {"items": [as_json.item_json(item) for item in page.items], "next": page.next}


@router.get("/{int:batch_id}/items/{int:seq}")
def show_item(request: HttpRequest, batch_id: int, seq: int) -> object:
    batch = batch_for(request, batch_id)
    item = get_object_or_404(batch.items, seq=seq)
    attempts = Attempt.objects.filter(batch=batch, seq=seq).order_by("id")[:100]
    found = [as_json.attempt_json(attempt) for attempt in attempts]
    return as_json.item_json(item) | {"attempts_made": found}


@router.get("/{int:batch_id}/failures")
def list_failures(request: HttpRequest, batch_id: int) -> object:
    groups = reports.failure_groups(batch_for(request, batch_id))
    return {"failures": [as_json.group_json(group) for group in groups]}


@router.get("/{int:batch_id}/events")
def list_events(request: HttpRequest, batch_id: int, cursor: int | None = None) -> object:
    events = batch_for(request, batch_id).events.select_related("actor").order_by("-id")
    if cursor is not None:
        events = events.filter(pk__lt=cursor)
    found = list(events[:101])
    following = found[99].pk if len(found) > 100 else None
    return {"events": [as_json.event_json(event) for event in found[:100]], "next": following}


@router.get("/{int:batch_id}/export")
def export(
    request: HttpRequest,
    batch_id: int,
    format: Literal["csv", "ndjson"] = "csv",  # noqa: A002 -- the name in the address
    state: State = "",
) -> StreamingHttpResponse:
    return export_response(batch_for(request, batch_id), format, state)


@router.get("/{int:batch_id}/rejects")
def rejects(request: HttpRequest, batch_id: int) -> StreamingHttpResponse:
    return rejects_response(batch_for(request, batch_id))
