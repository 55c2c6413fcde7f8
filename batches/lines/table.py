"""CSV as it comes: any separator, with or without a first row of names, with broken quotes."""

import csv
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from batches.lines.line import MAX_SHOWN, BadInput, Line, as_line, printable

# First rows that name the column to read. Compared in lower case.
USUAL = frozenset(
    ["domain", "domains", "url", "urls", "website", "websites", "site", "sites", "homepage", "web",
     "link", "host", "hostname", "address", "target", "line", "e-mail", "email", "sitemap", "webseite"]
)  # fmt: skip
_SEPARATORS = ",;\t|"
_QUOTED = re.compile(r'"[^"]*"')
# A domain, a URL or an e-mail address: no name for a column.
_DATA = re.compile(r"://|@|^[^\s.]+(\.[^\s.]+)+$")


@dataclass(frozen=True, slots=True)
class Row:
    """`number` is that of its first line, `raw` that line as it stands. `broken`: its quotes don't pair up."""

    number: int
    cells: list[str]
    raw: str
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    index: int
    name: str
    width: int  # How many columns the first row has.
    separator: str


class _Tape:
    """Lines with a way back: what an unclosed quote has swallowed is read again."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: deque[str] = deque()
        self.before = 0  # Lines before this row.
        self.row: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.row.append(line)
        return line

    def begin_row(self) -> None:
        self.before += len(self.row)
        self.row = []

    def give_back(self, keep: int) -> None:
        """All lines of this row but the first `keep`."""
        self._again.extendleft(reversed(self.row[keep:]))
        del self.row[keep:]


def names(lines: Iterator[str]) -> list[str]:
    """The cells of the first row; "column 3" for an empty one."""
    _, rows = _rows(lines)
    first = next(rows, None)
    return _names(first) if first else []


def read_table(lines: Iterator[str], wanted: str | int | None) -> Iterator[Line]:
    """One column. Raises BadInput if it is not there."""
    separator, rows = _rows(lines)
    first = next(rows, None)
    if first is None:
        return iter(())
    column = _column(_names(first), wanted, separator)
    second = next(rows, None)
    following = chain([second] if second else [], rows)
    named = isinstance(wanted, str) and not wanted.strip().isdecimal()
    if not _is_header(column, first, second, named):
        following = chain([first], following)
    return (line for row in following if (line := _line(row, column)) is not None)


def _rows(lines: Iterator[str]) -> tuple[str, Iterator[Row]]:
    tape = _Tape(lines)
    separator = _separator(tape)
    return separator, _parsed(tape, separator)


def _separator(tape: _Tape) -> str:
    """By the first line: what stands in it most often, a comma if nothing does."""
    line = next(tape, "")
    # Excel's way to say it, on a line of its own before the table.
    if said := re.fullmatch(r"sep=(.)\s*", line, re.IGNORECASE):
        return said[1]
    tape.give_back(0)
    return max(_SEPARATORS, key=_QUOTED.sub("", line).count)


def _parsed(tape: _Tape, separator: str) -> Iterator[Row]:
    reader = csv.reader(tape, delimiter=separator, strict=True)
    while True:
        tape.begin_row()
        try:
            cells, broken = next(reader), False
        except StopIteration:
            return
        except csv.Error:
            tape.give_back(1)
            cells, broken = next(csv.reader(tape.row, delimiter=separator)), True
            reader = csv.reader(tape, delimiter=separator, strict=True)
        if any(cell.strip() for cell in cells):
            yield Row(tape.before + 1, cells, tape.row[0], broken)


def _names(first: Row) -> list[str]:
    return [printable(cell.strip()[:100]) or f"column {n}" for n, cell in enumerate(first.cells, 1)]


def _column(names: list[str], wanted: str | int | None, separator: str) -> Column:
    index = _index([name.lower() for name in names], wanted)
    if index is None:
        listed = ", ".join(f"“{name}”" for name in names[:20])
        asked = "Which column?" if wanted is None else f"There is no column “{wanted}”."
        raise BadInput(f"{asked} The file has: {listed}.", "column")
    return Column(index, names[index], len(names), separator)


def _index(names: list[str], wanted: str | int | None) -> int | None:
    if wanted is None:
        usual = (n for n, name in enumerate(names) if name in USUAL)
        return 0 if len(names) == 1 else next(usual, None)
    sought = str(wanted).strip().lower()
    if sought in names:
        return names.index(sought)
    if sought.isdecimal() and 1 <= int(sought) <= len(names):
        return int(sought) - 1
    return None


def _is_header(column: Column, first: Row, second: Row | None, named: bool) -> bool:
    """Whether the first row only names the columns: by its words, or because the second differs."""
    if column.name.lower() in USUAL:
        return True
    if _DATA.search(first.cells[column.index].strip()):
        return False
    below = second.cells[column.index : column.index + 1] if second else []
    return named or any(_DATA.search(cell.strip()) for cell in below)


def _line(row: Row, column: Column) -> Line | None:
    if problem := _problem(row, column):
        return Line(row.number, printable(row.raw.strip()[:MAX_SHOWN]), problem)
    return as_line(row.number, _cell(row, column))


def _cell(row: Row, column: Column) -> str:
    if column.width > 1:
        return row.cells[column.index]
    # Where there is one column, a separator is part of its text: of a URL, as a rule.
    return column.separator.join(row.cells).rstrip(column.separator)


def _problem(row: Row, column: Column) -> str:
    count = len(row.cells)
    if row.broken and (column.width == 1 or count != column.width):
        return "its quotation marks don't pair up"
    if column.width > 1 and any(cell.strip() for cell in row.cells[column.width :]):
        return (
            f"has {count} cells where the first row has {column.width}: put quotation marks"
            f" around text that contains “{column.separator}”"
        )
    cell = row.cells[column.index] if column.index < count else ""
    return "" if cell.strip() else f"has nothing in the column “{column.name}”"
