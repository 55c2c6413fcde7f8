"""Exported rows as text: one function a format, each given a page of rows at a time."""

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.core.serializers.json import DjangoJSONEncoder
from django.http import StreamingHttpResponse

from batches.export import COLUMNS, export_pages
from batches.intake import rejects
from batches.models import Batch

type Row = dict[str, Any]


def _json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def ndjson(rows: list[Row], header: bool) -> str:
    return "".join(f"{_json(row)}\n" for row in rows)


def csv_text(rows: list[Row], header: bool) -> str:
    file = io.StringIO()
    writer = csv.writer(file)
    if header:
        writer.writerow(COLUMNS)
    writer.writerows([_cell(row[column]) for column in COLUMNS] for row in rows)
    return file.getvalue()


def _cell(value: Any) -> str:
    text = "" if value is None else _json(value) if isinstance(value, dict | list) else str(value)
    # Spreadsheets run cells that begin like this as formulas; the apostrophe makes them text.
    # https://owasp.org/www-community/attacks/CSV_Injection
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


FORMATS: dict[str, Callable[[list[Row], bool], str]] = {"csv": csv_text, "ndjson": ndjson}
_TYPES = {"csv": "text/csv", "ndjson": "application/x-ndjson"}


def export_response(batch: Batch, kind: str, state: str) -> StreamingHttpResponse:
    """The items of a batch as a download. Raises KeyError for an unknown format."""
    write = FORMATS[kind]
    pages = export_pages(batch, state)
    name = f"batch-{batch.pk}{'-' + state if state else ''}.{kind}"
    # The header even where no row follows: an empty file would look like a failure.
    first = write([], True)
    return _download(first, (write(rows, False) for rows in pages), name, _TYPES[kind])


def rejects_response(batch: Batch) -> StreamingHttpResponse:
    pages = ([[r.line, r.kind, r.text, r.reason] for r in page] for page in rejects(batch))
    texts = (_rows(page) for page in pages)
    first = _rows([["line", "kind", "text", "reason"]])
    return _download(first, texts, f"batch-{batch.pk}-rejects.csv", "text/csv")


def _rows(rows: list[list[Any]]) -> str:
    file = io.StringIO()
    csv.writer(file).writerows([_cell(value) for value in row] for row in rows)
    return file.getvalue()


def _download(
    first: str, pages: Iterator[str], name: str, content_type: str
) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        _stream(first, pages),
        content_type=f"{content_type}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _stream(first: str, pages: Iterator[str]) -> AsyncIterator[str]:
    # Under ASGI, Django gathers a plain iterator into a list before it sends the first byte.
    yield first
    following = sync_to_async(lambda: next(pages, None))
    while (text := await following()) is not None:
        yield text
