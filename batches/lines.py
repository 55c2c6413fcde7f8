"""Pasted text and uploaded files as numbered lines, however they are written."""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

# Longer lines are cut to this when read, and refused afterwards: no target is that long.
MAX_LINE = 2_048
_SAMPLE = 64 * 1024
_MAGIC = {
    b"PK\x03\x04": "a spreadsheet or ZIP archive. Save the sheet as CSV first",
    b"\xd0\xcf\x11\xe0": "an old Excel file. Save the sheet as CSV first",
    b"%PDF": "a PDF. Copy its lines into a text file first",
    b"\x1f\x8b": "compressed with gzip. Unpack it first",
}
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


class BadInput(Exception):
    """Input that can't be used; the message says what is wrong and where, `field` names the form field."""

    def __init__(self, message: str, field: str = "input") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Line:
    """`number` counts from 1. `problem` says why a line can't be read; then `text` is what can be shown."""

    number: int
    text: str
    problem: str = ""


def read_text(text: str) -> Iterator[Line]:
    """The non-blank lines of a pasted list, stripped."""
    return _checked(enumerate(io.StringIO(text), 1))


def read_file(file: BinaryIO, name: str, column: str | int | None = None) -> Iterator[Line]:
    """The non-blank lines of an uploaded file; of a CSV file, the cells of one column.

    `column` is a name from the header, or a number from 1. Without one, a file called .csv with a
    single column is read by that. Raises BadInput before the first line.
    """
    encoding = _encoding(file)
    # Undecodable bytes become lone surrogates: the line they stand in is refused, the others are kept.
    text = io.TextIOWrapper(file, encoding=encoding, errors="surrogateescape", newline=None)
    if name.lower().endswith(".csv") or column is not None:
        return _checked(_cells(text, column))
    return _checked(enumerate(_bounded(text), 1))


def csv_columns(file: BinaryIO) -> list[str]:
    """The names in the first row of a CSV file. Raises BadInput."""
    text = io.TextIOWrapper(file, encoding=_encoding(file), errors="surrogateescape", newline="")
    try:
        return next(csv.reader(text, _dialect(text)), [])
    finally:
        text.detach()


def _checked(lines: Iterator[tuple[int, str]]) -> Iterator[Line]:
    for number, text in lines:
        text = text[: MAX_LINE + 1].strip()
        if not text:
            continue
        if text.isascii() and "\0" not in text and len(text) <= MAX_LINE:
            yield Line(number, text)
        else:
            yield _suspicious(number, text)


def _suspicious(number: int, text: str) -> Line:
    shown = text.replace("\0", "�").encode("utf-8", "replace").decode()
    if len(text) > MAX_LINE:
        return Line(number, shown, f"longer than {MAX_LINE:,} characters")
    if "\0" in text:
        return Line(number, shown, f"holds a NUL character at position {text.index('\0') + 1}")
    broken = next((at for at, char in enumerate(text, 1) if "\ud800" <= char <= "\udfff"), 0)
    if broken:
        return Line(number, shown, f"not valid UTF-8 at position {broken}: save the file as UTF-8")
    return Line(number, text)


def _encoding(file: BinaryIO) -> str:
    sample = file.read(_SAMPLE)
    file.seek(0)
    for magic, words in _MAGIC.items():
        if sample.startswith(magic):
            raise BadInput(f"This file is {words}.", "file")
    for bom, encoding in _BOMS.items():
        if sample.startswith(bom):
            return encoding
    # NULs here and there are a damaged line; many, or any with other control bytes, are no text.
    nul = sample.find(b"\0")
    control = sum(sample.count(bytes([byte])) for byte in (*range(9), *range(14, 32)))
    if nul >= 0 and control > max(1, len(sample) // 100):
        raise BadInput(f"This file is not text: byte {nul + 1} is 0. Upload .txt or .csv.", "file")
    return "utf-8"


def _bounded(text: io.TextIOWrapper) -> Iterator[str]:
    """Lines of at most MAX_LINE + 1 characters; the rest of a longer one is read and dropped."""
    while line := text.readline(MAX_LINE + 2):
        rest = line
        while not rest.endswith("\n") and (rest := text.readline(_SAMPLE)):
            pass
        yield line


def _cells(text: io.TextIOWrapper, column: str | int | None) -> Iterator[tuple[int, str]]:
    dialect = _dialect(text)
    # A field beyond this is an unclosed quote, which would swallow the rest of the file.
    csv.field_size_limit(1024 * 1024)
    reader = csv.reader(text, dialect)
    header = next(reader, [])
    index, skip_header = _index(header, column)
    if not skip_header and header:
        yield 1, header[index]
    try:
        for row in reader:
            if row:
                yield reader.line_num, row[index] if index < len(row) else ""
    except csv.Error as error:
        raise BadInput(f"Line {reader.line_num} of the CSV file: {error}.", "file") from error


def _index(header: list[str], column: str | int | None) -> tuple[int, bool]:
    """Which column, and whether the first row only names it."""
    names = [name.strip().lower() for name in header]
    if column is None:
        if len(header) > 1:
            raise BadInput(f"Which column? The file has: {_listed(header)}.", "column")
        return 0, bool(names) and names[0] in _HEADERS
    wanted = str(column).strip().lower()
    if wanted in names:
        return names.index(wanted), True
    if wanted.isdecimal() and 1 <= int(wanted) <= max(1, len(header)):
        return int(wanted) - 1, bool(names) and names[int(wanted) - 1] in _HEADERS
    raise BadInput(f"The file has no column “{column}”. It has: {_listed(header)}.", "column")


# What a first row says when it names columns and is no data.
_HEADERS = {
    "domain",
    "domains",
    "url",
    "urls",
    "website",
    "site",
    "address",
    "target",
    "line",
    "host",
}


def _listed(header: list[str]) -> str:
    return ", ".join(f"“{name[:60]}”" for name in header[:20]) or "no columns at all"


def _dialect(text: io.TextIOWrapper) -> type[csv.Dialect]:
    """By the first line: the separator that stands in it most often, a comma if none does."""
    start = text.tell()
    line = text.readline(_SAMPLE)
    text.seek(start)
    found = max(",;\t|", key=line.count)

    class Found(csv.excel):
        delimiter = found

    return Found
