"""One site, and one sitemap: all that is known of them."""

from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router

from adminapp.api import finding_schemas as schemas
from adminapp.api.auth import require
from batches import findings, history
from batches.history import Visit
from batches.lines import printable
from batches.models import Domain, SitemapFile
from batches.operations.sitemaps.page_types import PAGE_TYPES

router = Router()


@router.get(
    "/domains/{name}", response=schemas.DomainDetail, operation_id="get_domain", tags=["domains"]
)
def show(request: HttpRequest, name: str) -> object:
    """With its scans over all batches, and what each found different."""
    require(request, "view_batch")
    pk = findings.encoded(printable(name))
    found = get_object_or_404(Domain.objects.select_related("verdict_by"), pk=pk)
    by = found.verdict_by.get_username() if found.verdict_by else None
    visits = [_visit(visit) for visit in history.history(found).visits]
    more = {"has_changed": found.has_changed, "verdict_by": by, "history": visits}
    return vars(found) | more


@router.get(
    "/sitemaps/{uuid:key}/urls",
    response=schemas.SitemapUrlList,
    operation_id="list_sitemap_urls",
    tags=["sitemaps"],
)
def list_urls(
    request: HttpRequest,
    key: UUID,
    page_type: Literal[PAGE_TYPES] | None = None,  # type: ignore[valid-type]
    cursor: UUID | None = None,
) -> object:
    """The pages that it names, all or of one type, 100 a page, in no order that means anything."""
    require(request, "view_batch")
    found = get_object_or_404(SitemapFile.objects.only("id", "read_at"), pk=key)
    page = findings.urls_of(found, page_type or "", str(cursor or ""))
    read_at = found.read_at
    items = [
        vars(row) | {"gone": read_at is not None and row.seen_at < read_at} for row in page.rows
    ]
    return {"items": items, "next": page.next}


def _visit(visit: Visit) -> dict[str, Any]:
    names = ("seq", "at", "problem", "changes", "more")
    batch = visit.batch.pk if visit.batch else None
    return {
        "batch": batch,
        "operation": visit.slug,
        **{name: getattr(visit, name) for name in names},
    }
