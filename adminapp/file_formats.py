"""Rows as files, in pieces: one function a format, given pages of rows."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from importlib.util import find_spec
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

type Pages = Iterable[Sequence[Sequence[Any]]]
# Name → what its values are; dict stands for anything that is kept as JSON.
type Columns = Mapping[str, type]


def csv_file(columns: Columns, pages: Pages) -> Iterator[bytes]:
    """The names of the columns even where no row follows: an empty file would look like a failure."""
    yield _csv([list(columns)])
    for rows in pages:
        yield _csv([[_cell(value) for value in row] for row in rows])


def ndjson_file(columns: Columns, pages: Pages) -> Iterator[bytes]:
    for rows in pages:
        texts = (_json(dict(zip(columns, row, strict=True))) for row in rows)
        yield "".join(f"{text}\n" for text in texts).encode()


def parquet_file(columns: Columns, pages: Pages) -> Iterator[bytes]:
    """A row group for each page, so memory stays flat. Needs pyarrow, the extra `parquet`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {
        int: pa.int64(),
        float: pa.float64(),
        bool: pa.bool_(),
        datetime: pa.timestamp("us", tz="UTC"),
    }
    schema = pa.schema([(name, kinds.get(kind, pa.string())) for name, kind in columns.items()])
    sink = _Drained()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for rows in pages:
            texts = [
                [_text(value, kind) for value in column]
                for column, kind in zip(zip(*rows, strict=True), columns.values(), strict=True)
            ]
            if texts:
                writer.write_table(pa.table(texts, schema=schema))
            yield sink.drain()
    yield sink.drain()


class _Drained(io.RawIOBase):
    """A file that is written to the end and never kept: what is there is taken away piece by piece."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        data = bytes(part)
        self._parts.append(data)
        self._size += len(data)
        return len(data)

    def tell(self) -> int:
        return self._size

    def drain(self) -> bytes:
        whole, self._parts = b"".join(self._parts), []
        return whole


def _text(value: Any, kind: type) -> Any:
    if value is None or kind in (int, float, bool, datetime):
        return value
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def _csv(rows: Iterable[Sequence[Any]]) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue().encode()


def _cell(value: Any) -> str:
    text = "" if value is None else _json(value) if isinstance(value, dict | list) else str(value)
    # Spreadsheets run cells that begin like this as formulas; the apostrophe makes them text.
    # https://owasp.org/www-community/attacks/CSV_Injection
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


FORMATS: dict[str, Callable[[Columns, Pages], Iterator[bytes]]] = {
    "csv": csv_file,
    "ndjson": ndjson_file,
    "parquet": parquet_file,
}
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "ndjson": "application/x-ndjson; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
NO_PARQUET = "Parquet needs pyarrow: install the extra “parquet”, as in pip install pyarrow."


def has_parquet() -> bool:
    return find_spec("pyarrow") is not None
