"""One site, one page, one sitemap: all that is known of them."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render

from adminapp.batch_json import json_text
from adminapp.console.access import require
from adminapp.console.findings import decisions, list_url, no_such_format
from adminapp.console.site_card import network, site_card
from adminapp.exports import formats, urls_response
from adminapp.file_formats import FORMATS, NO_PARQUET
from batches import findings, history
from batches.findings import Filter
from batches.lines import printable
from batches.models import Domain, Page, SitemapFile, Verdict
from batches.operations.sitemaps.page_types import PAGE_TYPES

_SHOWN, _SCANS, _MOST_SCANS = 10, 20, 200


def domain(request: HttpRequest, name: str) -> HttpResponse:
    require(request, "view_batch")
    pk = findings.encoded(printable(name))
    found = get_object_or_404(Domain.objects.select_related("verdict_by"), pk=pk)
    lists = [_list(kind, pk) for kind in ("pages", "sitemaps", "contacts")]
    context = {
        "domain": found,
        "lists": lists,
        "scans": history.history(found, _scans(request)),
        "facts": _facts(found),
        "social": [(network(name), url) for name, url in found.social.items()],
        "verdicts": Verdict.choices,
        **decisions(request),
    }
    return render(request, "findings/domain.html", context)


def _scans(request: HttpRequest) -> int:
    given = request.GET.get("scans", "")
    return min(int(given), _MOST_SCANS) if given.isdecimal() and len(given) < 6 else _SCANS


def _list(kind: str, name: str) -> dict[str, Any]:
    chosen = Filter(kind, domain=name)
    rows = findings.listed(chosen, limit=_SHOWN).rows
    return {"kind": kind, "rows": rows, "url": list_url(chosen)}


def sitemap(request: HttpRequest, key: UUID) -> HttpResponse:
    require(request, "view_batch")
    found = get_object_or_404(SitemapFile.objects.defer("body_sha256"), pk=key)
    chosen, cursor = _page_type(request), request.GET.get("cursor", "")
    page = findings.urls_of(found, chosen, cursor)
    context = {
        "sitemap": found,
        "urls": page.rows,
        "next": page.next,
        "first_page": not cursor,
        "page_types": PAGE_TYPES,
        "chosen": chosen,
        "formats": [(name, name in formats()) for name in FORMATS],
        "no_parquet": NO_PARQUET,
    }
    return render(request, "findings/sitemap.html", context)


def sitemap_export(request: HttpRequest, key: UUID) -> HttpResponseBase:
    require(request, "view_batch")
    found = get_object_or_404(SitemapFile.objects.only("pk"), pk=key)
    wanted = request.GET.get("format", "csv")
    if wanted not in formats():
        return no_such_format(request)
    return urls_response(found, _page_type(request), wanted)


def _page_type(request: HttpRequest) -> str:
    """That of the filter; nothing for one that there isn't."""
    given = request.GET.get("type", "")
    return given if given in PAGE_TYPES else ""


def page(request: HttpRequest, key: UUID) -> HttpResponse:
    require(request, "view_batch")
    found = get_object_or_404(
        Page.objects.select_related("verdict_by").defer("body_sha256"), pk=key
    )
    data = {name: value for name, value in found.data.items() if name not in _FOR_SCANS}
    columns = {name: getattr(found, name) for name in _OF_CARD}
    context = {
        "page": found,
        "site": found.domain_id,
        "shown": site_card({**data, **columns}),
        "facts": _of_page(found),
        "raw": json_text(data) if data else "",
        "verdicts": Verdict.choices,
        **decisions(request),
    }
    return render(request, "findings/page.html", context)


# What scans keep for the next of them.
_FOR_SCANS = frozenset({"empty", "leads", "contacts_seen", "read_as"})
_OF_CARD = (
    "title", "h1", "description", "url", "status", "language", "bytes", "milliseconds", "contact_form",
)  # fmt: skip


def _of_page(found: Page) -> list[tuple[str, Any]]:
    """What its card does not show."""
    facts = [
        ("Heading", found.h1),
        ("Canonical address", found.canonical),
        ("For search engines", found.robots),
        ("Kinds of things on it", ", ".join(map(str, found.schema_types))),
        ("Author", found.author),
        ("Publisher", found.publisher),
        ("Published", found.published_at),
        ("Modified", found.modified_at),
        (
            "Contact form",
            None if found.contact_form is None else "yes" if found.contact_form else "no",
        ),
        ("Words", found.word_count),
        ("Links within the site", found.links_in),
        ("Links elsewhere", found.links_out),
        ("Links from the home page", found.depth),
        ("First seen", found.first_seen_at),
        ("Last scanned", found.scanned_at),
        ("Changed", found.changed_at if found.has_changed else None),
    ]
    return [(name, value) for name, value in facts if value not in (None, "")]


def _facts(found: Domain) -> list[tuple[str, Any]]:
    facts = [
        ("Description", found.description),
        ("Language", found.language),
        ("Built with", ", ".join(found.technologies) or found.cms),
        ("E-mail", ", ".join(found.emails[:10])),
        ("Phone", ", ".join(found.phones[:10])),
        ("Certificate until", found.certificate_expires_at),
    ]
    return [(name, value) for name, value in facts if value]
