from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render

from adminapp.batch_json import json_text
from adminapp.console.access import batch_for
from adminapp.console.findings import no_such_format
from adminapp.console.previews import preview
from adminapp.exports import export_response, formats
from adminapp.roles import may
from batches import pages, reports
from batches.models import Attempt, FailureGroup, Item, Scan
from batches.operation import InvalidTarget, operations
from batches.operations.web.targets import domain_of
from batches.states import ItemState

STATES = [state.value for state in ItemState]


def items(request: HttpRequest, batch_id: int) -> HttpResponse:
    batch = batch_for(request, batch_id)
    state, q = request.GET.get("state", ""), request.GET.get("q", "").strip()
    group, cursor = (_number(request.GET.get(name, "")) for name in ("group", "cursor"))
    state = state if state in STATES else ""
    page = pages.items_page(batch, state, group, q, cursor)
    query = request.GET.copy()
    query["cursor"] = str(page.next)
    context = {
        "batch": batch,
        "page": page,
        "state": state,
        "states": STATES,
        "q": q,
        "group": FailureGroup.objects.filter(batch=batch, pk=group).first() if group else None,
        "progress": reports.progress(batch),
        "next_query": query.urlencode(),
        "may_retry": may(request.user, "retry_batch"),
        "first_page": cursor is None,
    }
    return render(request, "items.html", context)


def item(request: HttpRequest, batch_id: int, seq: int) -> HttpResponse:
    batch = batch_for(request, batch_id)
    found = get_object_or_404(Item.objects.select_related("failure_group"), batch=batch, seq=seq)
    context = {
        "batch": batch,
        "item": found,
        "scan": Scan.objects.filter(pk=(batch.pk, seq)).first(),
        "attempts": Attempt.objects.filter(batch=batch, seq=seq).order_by("id")[:100],
        "preview": preview(batch.operation, found.result),
        "site": _site(batch.operation, found.target),
        "facts": _facts(found.result, batch.operation),
        "raw": json_text(found.result) if found.result is not None else "",
        "previous": seq - 1 if seq else None,
        "next": seq + 1 if seq + 1 < batch.total else None,
        "may_retry": may(request.user, "retry_batch") and found.state in ("failed", "skipped"),
    }
    return render(request, "item.html", context)


def export(request: HttpRequest, batch_id: int) -> HttpResponseBase:
    batch = batch_for(request, batch_id)
    kind, state = request.GET.get("format", "csv"), request.GET.get("state", "")
    if state not in ("", *STATES):
        raise Http404
    if kind not in formats():
        return no_such_format(request)
    return export_response(batch, kind, state)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _site(slug: str, target: str) -> str:
    """The domain that an item is about; empty if it is about something else."""
    known = operations().get(slug)
    if known is None or known.noun != "site":
        return ""
    try:
        return domain_of(target)
    except InvalidTarget:
        # Somebody else's operation may call other things a site.
        return ""


def _facts(result: Any, slug: str) -> list[tuple[str, str]]:
    """What can be said in a line each; the whole stands below as JSON."""
    if not isinstance(result, dict):
        return []
    found = operations().get(slug)
    first = [key for key in (found.headline if found else ()) if key in result]
    keys = [*first, *sorted(result.keys() - set(first))]
    texts = [(key, _fact(result[key])) for key in keys if not isinstance(result[key], dict)]
    return [(key.replace("_", " "), text) for key, text in texts if text]


def _fact(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(part) for part in value[:10] if not isinstance(part, dict | list))
    return "" if value is None else str(value)[:500]
