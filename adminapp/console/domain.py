"""One site, and one sitemap: all that is known of them."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render

from adminapp.console.access import require
from adminapp.console.findings import decisions, list_url
from adminapp.console.site_card import network
from adminapp.exports import formats, urls_response
from adminapp.file_formats import FORMATS, NO_PARQUET
from batches import findings, history
from batches.findings import Filter
from batches.models import Domain, SitemapFile, Verdict
from batches.operations.sitemaps.page_types import PAGE_TYPES

_SHOWN, _SCANS, _MOST_SCANS = 10, 20, 200


def domain(request: HttpRequest, name: str) -> HttpResponse:
    require(request, "view_batch")
    found = get_object_or_404(Domain.objects.select_related("verdict_by"), pk=name)
    lists = [_list(kind, name) for kind in ("pages", "sitemaps", "contacts")]
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


def sitemap_export(request: HttpRequest, key: UUID) -> StreamingHttpResponse:
    require(request, "view_batch")
    found = get_object_or_404(SitemapFile.objects.only("pk"), pk=key)
    wanted = request.GET.get("format", "csv")
    if wanted not in formats():
        raise Http404(f"Formats are {', '.join(formats())}.")
    return urls_response(found, _page_type(request), wanted)


def _page_type(request: HttpRequest) -> str:
    """That of the filter; nothing for one that there isn't."""
    given = request.GET.get("type", "")
    return given if given in PAGE_TYPES else ""


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
