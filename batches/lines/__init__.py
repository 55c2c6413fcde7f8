"""Pasted text and uploaded files as numbered lines, however they are written."""

import io
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from batches.lines.encoding import decoded
from batches.lines.line import (
    MAX_SHOWN,
    BadInput,
    Line,
    Preflight,
    RejectLine,
    as_line,
    printable,
)
from batches.lines.table import names, read_table

__all__ = ["MAX_SHOWN", "BadInput", "Line", "Preflight", "RejectLine", "checked", "csv_columns", "printable",
           "read_file", "read_text"]  # fmt: skip

# The rest of a longer line is read and dropped: what is kept of it is refused for its length.
_LONGEST = 64 * 1024


def checked(texts: Iterable[tuple[int, str]]) -> Iterator[Line]:
    """Texts with their numbers as lines; blank ones are left out."""
    for number, text in texts:
        if (line := as_line(number, text)) is not None:
            yield line


def read_text(text: str) -> Iterator[Line]:
    """The non-blank lines of a pasted list, stripped."""
    return checked(enumerate(io.StringIO(text.removeprefix("\ufeff"), newline=None), 1))


def read_file(file: BinaryIO, name: str, column: str | int | None = None) -> Iterator[Line]:
    """The non-blank lines of an uploaded file; of a CSV file, the cells of one column.

    `column` is a name from the first row, or a number from 1. Without one, a file called .csv or .tsv
    is read by its only column, or by the first whose name is a usual one for sites. `file` is read
    from where it stands, once, and need not be seekable. Raises BadInput, before or while it is read.
    """
    lines = _whole(decoded(file))
    if column is not None or name.lower().endswith((".csv", ".tsv")):
        return read_table(lines, column)
    return checked(enumerate(lines, 1))


def csv_columns(file: BinaryIO) -> list[str]:
    """What the columns of a CSV file are called: the cells of its first row.

    The file is rewound. Raises BadInput.
    """
    try:
        return names(_whole(decoded(file)))
    finally:
        file.seek(0)


def _whole(text: io.TextIOWrapper) -> Iterator[str]:
    """Lines of at most `_LONGEST` characters."""
    while line := text.readline(_LONGEST):
        rest = line
        while len(rest) == _LONGEST and not rest.endswith("\n"):
            rest = text.readline(_LONGEST)
        yield line
