"""Lists of what was found, and what people decide about it."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from adminapp.console.access import person, require
from adminapp.exports import findings_response, formats
from adminapp.file_formats import FORMATS, NO_PARQUET
from adminapp.roles import may
from batches import curation, findings
from batches.curation import BadVerdict, Judged
from batches.findings import WORDS, Filter, some
from batches.intake import BadInput
from batches.models import Contact, Verdict
from batches.operation import UnknownOperation, operations


def finding_list(request: HttpRequest, kind: str) -> HttpResponse:
    require(request, "view_batch")
    chosen = Filter.read(kind, request.GET.dict())
    cursor = request.GET.get("cursor", "")
    page = findings.listed(chosen, cursor)
    context = {
        "kind": kind,
        "title": WORDS[kind][1].capitalize(),
        "kinds": [(f"{one}-list", many.capitalize()) for one, many in WORDS.values()],
        "rows": page.rows,
        "next": _query(chosen, cursor=page.next or ""),
        "more": page.next is not None,
        "first_page": not cursor,
        "filter": chosen,
        "filtered": bool(chosen.query()),
        "query": _query(chosen),
        "verdicts": Verdict.choices,
        "contact_kinds": Contact.Kind.values,
        "formats": [(name, name in formats()) for name in FORMATS],
        "no_parquet": NO_PARQUET,
        **decisions(request),
    }
    return render(request, f"findings/{kind}.html", context)


def export(request: HttpRequest, kind: str) -> StreamingHttpResponse:
    require(request, "view_batch")
    wanted = request.GET.get("format", "csv")
    if wanted not in formats():
        raise Http404(f"Formats are {', '.join(formats())}.")
    return findings_response(Filter.read(kind, request.GET.dict()), wanted)


@require_POST
def decide(request: HttpRequest, kind: str) -> HttpResponseBase:
    """A verdict, a next operation, or both: for the chosen rows, or after a question for all that match."""
    require(request, "curate")
    verdict, slug = request.POST.get("verdict", ""), request.POST.get("operation", "")
    if slug:
        require(request, "add_batch")
    chosen = Filter.read(kind, request.POST.dict() | {"verdict": request.POST.get("of", "")})
    everything = request.POST.get("scope") == "all"
    keys = None if everything else findings.read_keys(kind, request.POST.getlist("keys"))
    if keys == []:
        messages.error(
            request, "Nothing was chosen. Tick some rows, or decide about all that match."
        )
    elif not verdict and not slug:
        messages.error(request, "Choose a verdict, an operation to start, or both.")
    elif everything and not request.POST.get("sure"):
        return _question(request, chosen, verdict, slug)
    else:
        return _decided(request, chosen, verdict, slug, keys)
    return redirect(list_url(chosen))


def _decided(
    request: HttpRequest, chosen: Filter, verdict: str, slug: str, keys: list[Any] | None
) -> HttpResponse:
    try:
        done = curation.judge_and_chain(chosen, verdict, slug, person(request), keys)
    except (BadVerdict, BadInput, UnknownOperation) as error:
        messages.error(request, str(error))
        return redirect(list_url(chosen))
    messages.success(request, _said(chosen.kind, verdict, done))
    return redirect("batch-detail", done.batch.pk) if done.batch else redirect(list_url(chosen))


def _said(kind: str, verdict: str, done: Judged) -> str:
    words = f"{some(done.changed, kind)} changed to “{Verdict(verdict).label}”." if verdict else ""
    if done.batch:
        words += f" {done.queued:,} site{'' if done.queued == 1 else 's'} queued in this batch."
    return words.strip()


def _question(request: HttpRequest, chosen: Filter, verdict: str, slug: str) -> HttpResponse:
    count, how_many = findings.how_many(chosen)
    context = {
        "kind": chosen.kind,
        "count": count,
        "how_many": how_many,
        "verdict": verdict,
        "verdict_label": Verdict(verdict).label if verdict in Verdict.values else "",
        "operation": operations().get(slug),
        "filter": chosen,
        "hidden": [("of" if name == "verdict" else name, v) for name, v in chosen.query().items()],
        "back": list_url(chosen),
    }
    return render(request, "findings/question.html", context)


def decisions(request: HttpRequest) -> dict[str, Any]:
    """What the person may do, for the forms of a page."""
    return {
        "may_curate": may(request.user, "curate"),
        "may_add": may(request.user, "add_batch"),
        # Those that take sites.
        "next_operations": [o for o in operations().values() if o.noun == "site"],
    }


def _query(chosen: Filter, **more: str) -> str:
    return urlencode({**chosen.query(), **{name: value for name, value in more.items() if value}})


def list_url(chosen: Filter) -> str:
    return f"{reverse(f'{WORDS[chosen.kind][0]}-list')}?{_query(chosen)}"
