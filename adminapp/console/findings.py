"""Lists of what was found."""

from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from adminapp.console.access import require
from adminapp.exports import findings_response, formats
from adminapp.file_formats import FORMATS, NO_PARQUET
from adminapp.roles import may
from batches import findings
from batches.findings import PERIODS, SORTS, WORDS, Filter
from batches.models import Batch, Contact, Domain, Verdict
from batches.operation import operations

_SORTED = {"site": "by site", "scanned": "newest scan first", "changed": "newest change first"}


def finding_list(request: HttpRequest, kind: str) -> HttpResponse:
    require(request, "view_batch")
    return list_page(request, Filter.read(kind, request.GET.dict()))


def list_page(
    request: HttpRequest,
    chosen: Filter,
    ticked: Collection[Any] = (),
    asked: dict[str, str] | None = None,
) -> HttpResponse:
    """A page of the list, by the cursor and the order in the address; with `asked`, as a decision that was refused left it."""
    place = _place(request)
    page = findings.listed(chosen, place.get("cursor", ""), sort=place.get("sort", "site"))
    order = {name: value for name, value in place.items() if name == "sort"}
    context = {
        "kind": chosen.kind,
        "title": WORDS[chosen.kind][1].capitalize(),
        "kinds": [(f"{one}-list", many.capitalize()) for one, many in WORDS.values()],
        "rows": page.rows,
        "ticked": ticked,
        "asked": asked or {},
        "first": list_url(chosen, **order),
        "next": page.next and list_url(chosen, **order, cursor=page.next),
        "bare": list_url(Filter(chosen.kind)),
        "first_page": "cursor" not in place,
        "filter": chosen,
        "filtered": bool(chosen.query()),
        "hidden": hidden(chosen),
        "query": _query(chosen),
        "here": _query(chosen, **place),
        **_of(chosen),
        **_choices(place),
        **decisions(request),
    }
    return render(request, f"findings/{chosen.kind}.html", context, status=422 if asked else 200)


def _place(request: HttpRequest) -> dict[str, str]:
    """Where in the list the person is; what is not known, or goes without saying, is left out."""
    place = {"cursor": request.GET.get("cursor", ""), "sort": request.GET.get("sort", "")}
    if place["sort"] not in SORTS[1:]:
        del place["sort"]
    return {name: value for name, value in place.items() if value}


def _of(chosen: Filter) -> dict[str, Any]:
    """Whose findings these are, as far as there are pages about them."""
    return {
        "batch": Batch.objects.filter(pk=chosen.batch).first() if chosen.batch else None,
        "site": Domain.objects.filter(pk=chosen.domain).first() if chosen.domain else None,
    }


def _choices(place: dict[str, str]) -> dict[str, Any]:
    return {
        "verdicts": Verdict.choices,
        "contact_kinds": Contact.Kind.values,
        "periods": PERIODS,
        "sort": place.get("sort", "site"),
        "sorts": _SORTED.items(),
        "formats": [(name, name in formats()) for name in FORMATS],
        "no_parquet": NO_PARQUET,
    }


def export(request: HttpRequest, kind: str) -> HttpResponseBase:
    require(request, "view_batch")
    wanted = request.GET.get("format", "csv")
    if wanted not in formats():
        return no_such_format(request)
    return findings_response(Filter.read(kind, request.GET.dict()), wanted)


def no_such_format(request: HttpRequest) -> HttpResponse:
    return render(request, "400.html", {"why": f"Formats are {', '.join(formats())}."}, status=400)


def decisions(request: HttpRequest) -> dict[str, Any]:
    """What the person may do, for the forms of a page."""
    return {
        "may_curate": may(request.user, "curate"),
        "may_add": may(request.user, "add_batch"),
        # Those that take sites.
        "next_operations": [o for o in operations().values() if o.noun == "site"],
    }


def hidden(chosen: Filter) -> list[tuple[str, str]]:
    """A filter as fields of a form, in which `verdict` is the one that is given."""
    return [("of" if name == "verdict" else name, value) for name, value in chosen.query().items()]


def _query(chosen: Filter, **more: str) -> str:
    return urlencode({**chosen.query(), **more})


def list_url(chosen: Filter, **more: str) -> str:
    query = _query(chosen, **more)
    return reverse(f"{WORDS[chosen.kind][0]}-list") + (f"?{query}" if query else "")
