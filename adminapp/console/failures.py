from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from adminapp.console.access import batch_for, person, place, posted
from adminapp.roles import may
from batches import lifecycle, pages, reports
from batches.models import Attempt, Batch, FailureGroup

# Samples are looked up for the largest groups only: one short query each.
SAMPLED = 20


def failures(request: HttpRequest, batch_id: int) -> HttpResponse:
    batch = batch_for(request, batch_id)
    progress = reports.progress(batch)
    groups = reports.failure_groups(batch)
    rows = [_row(batch, group, progress.failed, n < SAMPLED) for n, group in enumerate(groups)]
    context = {
        "batch": batch,
        "progress": progress,
        "rows": rows,
        "may_retry": may(request.user, "retry_batch"),
    }
    return render(request, "failures.html", context)


@posted(lambda request, batch_id: reverse("batch-detail", args=[batch_id]))
def retry(request: HttpRequest, batch_id: int) -> HttpResponse:
    batch = batch_for(request, batch_id, "retry_batch")
    scope = request.POST.get("scope", "")
    group = request.POST.get("group", "")
    items = [int(seq) for seq in request.POST.getlist("items") if _is_number(seq)]
    try:
        action = lifecycle.retry(
            batch,
            person(request),
            scope,
            group=int(group) if _is_number(group) else None,
            items=items,
        )
    except lifecycle.BadRetry as error:
        messages.error(request, str(error))
        return redirect(_back(request, batch))
    messages.success(request, f"Retry of {action.intended:,} items has begun.")
    return redirect("batch-detail", batch.pk)


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) < 19


def _back(request: HttpRequest, batch: Batch) -> str:
    """Where the person came from, filters and all; never another site."""
    return place(request, request.POST.get("next", "")) or reverse(
        "batch-failures", args=[batch.pk]
    )


def _row(batch: Batch, group: FailureGroup, failed: int, sampled: bool) -> dict[str, Any]:
    samples = (
        pages.items_page(batch, group=group.pk, limit=3).items if sampled and group.count else []
    )
    trace = Attempt.objects.filter(batch=batch, seq=group.sample_seq).order_by("-id").first()
    return {
        "group": group,
        "share": round(100 * group.count / failed) if failed else 0,
        "samples": samples,
        "trace": trace if sampled else None,
    }
