"""Lists of what was found: the same for domains, pages, sitemaps and contacts, but for filters and rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Query, Router, Schema
from ninja.errors import ValidationError

from adminapp.api import finding_schemas as schemas
from adminapp.api.auth import require
from adminapp.api.items import ROWS, Format, check_format
from adminapp.exports import findings_response
from batches import findings
from batches.findings import MOST_COUNTED, Filter


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    key: Any  # The type of a key,
    keys: Any  # and of a list of them.
    filter: type[schemas.AnyFilter]
    rows: type[Schema]


KINDS = (
    Kind("domains", schemas.Text, list[schemas.Text], schemas.DomainFilter, schemas.DomainList),
    Kind("pages", UUID, list[UUID], schemas.PageFilter, schemas.PageList),
    Kind("sitemaps", UUID, list[UUID], schemas.SitemapFilter, schemas.SitemapList),
    Kind("contacts", UUID, list[UUID], schemas.ContactFilter, schemas.ContactList),
)


Sort = Literal["site", "scanned", "changed"]
# To mypy it is a type, and takes no variable.
_QUERY: Any = Query


def router_of(kind: Kind) -> Router:
    router = Router(tags=[kind.name])
    router.get("", response=kind.rows, **named("list", kind))(_listing(kind))
    router.get("/count", response=schemas.Count, **named("count", kind))(_counting(kind))
    router.get("/export", openapi_extra=ROWS, **named("export", kind))(_export(kind))
    return router


def named(verb: str, kind: Kind) -> dict[str, Any]:
    return {
        "operation_id": f"{verb}_{kind.name}",
        "summary": f"{verb.capitalize()} {kind.name}",
    }


def read(kind: Kind, given: schemas.AnyFilter) -> Filter:
    """As the console reads it from an address."""
    values = given.model_dump(mode="json", exclude_defaults=True).items()
    return Filter.read(kind.name, {name: "1" if v is True else str(v) for name, v in values})


def typed[**P, T](handler: Callable[P, T], **types: Any) -> Callable[P, T]:
    """With the types of one kind, which ninja reads from the annotations."""
    handler.__annotations__.update(types)
    return handler


def _listing(kind: Kind) -> Callable[..., object]:
    def listing(
        request: HttpRequest, chosen: Any, cursor: schemas.Text = "", sort: Sort = "site"
    ) -> object:
        """100 a page: by site, or newest first by when it was scanned or changed. `cursor` is `next` of the page before."""
        require(request, "view_batch")
        asked = _asked(kind, request, chosen, "cursor", "sort")
        if cursor and not findings.is_cursor(kind.name, cursor, sort):
            words = "This is not `next` of a page in the same order"
            raise ValidationError([{"loc": ("query", "cursor"), "msg": words}])
        page = findings.listed(asked, cursor, 100, sort)
        return {"items": page.rows, "next": page.next}

    return typed(listing, chosen=_QUERY[kind.filter])


def _counting(kind: Kind) -> Callable[..., object]:
    def counting(request: HttpRequest, chosen: Any) -> object:
        """How many match: to be looked at before all of them are decided about."""
        require(request, "view_batch")
        count = findings.counted(_asked(kind, request, chosen))
        return {"count": min(count, MOST_COUNTED), "more": count > MOST_COUNTED}

    return typed(counting, chosen=_QUERY[kind.filter])


def _export(kind: Kind) -> Callable[..., object]:
    def export(
        request: HttpRequest,
        chosen: Any,
        format: Format = "csv",  # noqa: A002 -- the name in the address
    ) -> StreamingHttpResponse:
        """All that match, as a file. Parquet only where pyarrow is installed."""
        require(request, "view_batch")
        check_format(format)
        return findings_response(_asked(kind, request, chosen, "format"), format)

    return typed(export, chosen=_QUERY[kind.filter])


def _asked(kind: Kind, request: HttpRequest, given: schemas.AnyFilter, *others: str) -> Filter:
    """Raises ValidationError for a name that is none: without its filter, too much would match."""
    known = [*kind.filter.model_fields, *others]
    if unknown := sorted(request.GET.keys() - known):
        words = f"There is no such parameter. Use {', '.join(known)}"
        raise ValidationError([{"loc": ("query", name), "msg": words} for name in unknown])
    return read(kind, given)
