"""Downloads: which rows, under which name. What they look like: `file_formats`."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime

from asgiref.sync import sync_to_async
from django.db import models
from django.http import StreamingHttpResponse

from adminapp.file_formats import FORMATS, TYPES, Columns, Pages, has_parquet
from batches import findings
from batches.export import COLUMNS, export_pages
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
    named = {name.removesuffix("_id"): to for name, to in columns.items()}
    return _download(chosen.kind, kind, named, findings.exported(chosen, tuple(columns)))


def urls_response(sitemap: SitemapFile, page_type: str, kind: str) -> StreamingHttpResponse:
    """The pages that a sitemap names. Raises KeyError for an unknown format."""
    columns = _columns(SitemapUrl)
    pages = findings.exported_urls(sitemap, page_type, tuple(columns))
    return _download("sitemap-pages", kind, columns, pages)


_MACHINE = frozenset(
    {"id", "pk", "digest", "sitemap", "verdict_by", "etag", "last_modified_header", "body_sha256"}
)
_KINDS: list[tuple[type, type]] = [
    (models.JSONField, dict),
    (models.BooleanField, bool),
    (models.FloatField, float),
    (models.IntegerField, int),
    (models.DateTimeField, datetime),
]


_LAST = ("verdict", "verdict_at", "batch_id", "first_seen_at", "scanned_at", "changed_at")


def _columns(model: type[models.Model]) -> dict[str, type]:
    """What a person came for first: which thing it is, then the rest as the model has it."""
    fields = [f for f in model._meta.concrete_fields if f.name not in _MACHINE]  # noqa: SLF001 -- the documented way to ask
    fields.sort(key=lambda field: field.name in _LAST)
    return {
        field.attname: next((to for kind, to in _KINDS if isinstance(field, kind)), str)
        for field in fields
    }


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
