from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from adminapp.console import charts
from adminapp.console.access import batch_for, person, posted, verbs_for
from adminapp.console.findings import decisions
from adminapp.console.live import answer
from adminapp.file_formats import has_parquet
from adminapp.roles import NEEDED, may
from batches import lifecycle, reports
from batches.findings import KINDS, WORDS
from batches.intake import preflight_of
from batches.models import Batch
from batches.operation import operations
from batches.states import ACTIVE, FINISHED, BatchState

# Seconds between two looks. A paused batch may be resumed by somebody else.
_POLL = dict.fromkeys(ACTIVE, 2) | {BatchState.PAUSED: 10}


def batch_detail(request: HttpRequest, batch_id: int) -> HttpResponse:
    batch = batch_for(request, batch_id)
    actions = list(batch.actions.select_related("actor")[:5])
    busy = any(action.state == "running" for action in actions)
    context = _live(request, batch) | {
        "actions": actions,
        "poll": 2 if busy else _POLL.get(BatchState(batch.state)),
        "preflight": preflight_of(batch),
        "limits": _limits(batch),
        "has_parquet": has_parquet(),
        **decisions(request),
    }
    seen = [context[name] for name in ("progress", "sentence", "verbs", "poll")]
    seen += [batch.state, [(a.pk, a.state, a.applied) for a in actions]]
    seen += [event.pk for event in context["events"]]
    return answer(request, "batch_detail.html", context, seen)


def _page(request: HttpRequest, batch_id: int, verb: str) -> str:
    if verb not in NEEDED:
        raise Http404
    return reverse("batch-detail", args=[batch_id])


@posted(_page)
def control(request: HttpRequest, batch_id: int, verb: str) -> HttpResponse:
    if verb not in NEEDED:
        raise Http404
    batch = batch_for(request, batch_id, NEEDED[verb])
    try:
        getattr(lifecycle, verb)(batch, person(request))
    except lifecycle.IllegalTransition as error:
        messages.error(request, str(error))
    if batch.state == BatchState.DELETING:
        messages.success(request, f"“{batch.name}” is deleted. What it found stays.")
        return redirect("batch-list")
    return redirect("batch-detail", batch.pk)


def _live(request: HttpRequest, batch: Batch) -> dict[str, Any]:
    progress = reports.progress(batch)
    found = operations().get(batch.operation)
    return {
        "batch": batch,
        "operation": found,
        "progress": progress,
        "bar": charts.bar(progress),
        "sentence": reports.sentence(batch),
        "chart": charts.throughput(reports.throughput(batch)),
        "groups": [group for group in reports.failure_groups(batch, 5) if group.count],
        "events": list(batch.events.select_related("actor")[:12]),
        "verbs": verbs_for(request, batch),
        "may_retry": may(request.user, "retry_batch"),
        "takes_sites": found is not None and found.noun == "site",
        "finds": [(f"{WORDS[kind][0]}-list", WORDS[kind][1]) for kind in _finds(batch.operation)],
        "finished": batch.state in FINISHED,
    }


def _finds(slug: str) -> Iterable[str]:
    """Kinds of findings; somebody's own operation may find all of them."""
    return _FINDS.get(slug, KINDS)


_FINDS = {
    "page_scan": ("domains", "pages"),
    "sitemap_scan": ("domains", "sitemaps"),
    "email_scan": ("domains", "contacts"),
}


def _limits(batch: Batch) -> list[tuple[str, Any]]:
    return [
        ("At the same time", batch.concurrency),
        ("Attempts", batch.max_attempts),
        ("Wait before the second attempt", f"{batch.backoff_seconds:g} s"),
        ("Time limit of an attempt", f"{batch.timeout_seconds:g} s"),
        ("Priority", batch.priority),
        ("Pause when failing", f"{batch.breaker_percent} %" if batch.breaker_percent else "never"),
        ("Try first", batch.canary_size or "no canary"),
    ]
