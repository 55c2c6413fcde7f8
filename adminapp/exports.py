"""Downloads: which rows, under which name. What they look like: `file_formats`."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.db import models
from django.http import StreamingHttpResponse

from adminapp.file_formats import FORMATS, TYPES, Columns, Pages, has_parquet
from batches.export import COLUMNS, export_pages, exported, exported_urls
from batches.findings import KINDS, Filter
from batches.intake import rejects
from batches.models import Batch, SitemapFile, SitemapUrl

ITEMS: Columns = dict.fromkeys(COLUMNS, str) | {
    "seq": int,
    "line": int,
    "attempts": int,
    "result": dict,
    "finished_at": datetime,
}
_REJECTS: Columns = {"line": int, "kind": str, "text": str, "reason": str}


def formats() -> list[str]:
    """Those that can be had here."""
    return [name for name in FORMATS if name != "parquet" or has_parquet()]


def export_response(batch: Batch, kind: str, state: str) -> StreamingHttpResponse:
    """The items of a batch as a download. Raises KeyError for an unknown format."""
    name = f"batch-{batch.pk}{'-' + state if state else ''}"
    return _download(name, kind, ITEMS, items(batch, state))


def items(batch: Batch, state: str = "") -> Pages:
    """Rows in the order of ITEMS."""
    return ([[row[name] for name in ITEMS] for row in page] for page in export_pages(batch, state))


def rejects_response(batch: Batch) -> StreamingHttpResponse:
    pages = ([[r.line, r.kind, r.text, r.reason] for r in page] for page in rejects(batch))
    return _download(f"batch-{batch.pk}-rejects", "csv", _REJECTS, pages)


def findings_response(chosen: Filter, kind: str) -> StreamingHttpResponse:
    """All that match, every column but those for the machine. Raises KeyError for an unknown format."""
    columns = _columns(KINDS[chosen.kind])
    # As the API calls them.
    named = {name.removesuffix("_id").partition("__")[0]: to for name, to in columns.items()}
    return _download(chosen.kind, kind, named, exported(chosen, tuple(columns)))


def urls_response(sitemap: SitemapFile, page_type: str, kind: str) -> StreamingHttpResponse:
    """The pages that a sitemap names. Raises KeyError for an unknown format."""
    columns = _columns(SitemapUrl)
    pages = exported_urls(sitemap, page_type, tuple(columns))
    return _download("sitemap-pages", kind, columns, pages)


_MACHINE = frozenset(
    {"id", "pk", "digest", "sitemap", "etag", "last_modified_header", "body_sha256"}
)
_KINDS: list[tuple[type, type]] = [
    (models.JSONField, dict),
    (models.BooleanField, bool),
    (models.FloatField, float),
    (models.IntegerField, int),
    (models.DateTimeField, datetime),
]


_LAST = (
    "verdict", "verdict_by", "verdict_at", "batch_id", "first_seen_at", "scanned_at", "changed_at",
)  # fmt: skip


def _columns(model: type[models.Model]) -> dict[str, type]:
    """What a person came for first: which thing it is, then the rest as the model has it."""
    fields = [f for f in model._meta.concrete_fields if f.name not in _MACHINE]  # noqa: SLF001 -- the documented way to ask
    fields.sort(key=lambda field: field.name in _LAST)
    return {_asked(field): _type(field) for field in fields}


def _asked(field: Any) -> str:
    """Of who judged, the name: a number says nothing outside of here."""
    return "verdict_by__username" if field.name == "verdict_by" else str(field.attname)


def _type(field: Any) -> type:
    return next((to for kind, to in _KINDS if isinstance(field, kind)), str)


def _download(name: str, kind: str, columns: Columns, pages: Pages) -> StreamingHttpResponse:
    pieces = FORMATS[kind](columns, pages)
    return StreamingHttpResponse(
        _stream(pieces),
        content_type=TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}.{kind}"'},
    )


async def _stream(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    # Under ASGI, Django gathers a plain iterator into a list before it sends the first byte.
    following = sync_to_async(lambda: next(pieces, None))
    while (piece := await following()) is not None:
        yield piece
