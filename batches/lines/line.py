"""A line of input, and what is wrong with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

MAX_LINE = 2_048
# Of a line that is refused, this many characters are kept to be shown.
MAX_SHOWN = 500


@dataclass(frozen=True, slots=True)
class Line:
    """`number` counts from 1. `problem` says why a line can't be read; then `text` is what can be shown."""

    number: int
    text: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RejectLine:
    line: int
    kind: str  # "duplicate" or "invalid"
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Preflight:
    """What became of the lines; `rejects` are the first 20 that became no item."""

    accepted: int
    duplicates: int
    invalid: int
    rejects: list[RejectLine]


class BadInput(Exception):
    """Input that can't be used; the message says what is wrong, where, and what to do.

    `field` names what is at fault: "input" (the list), "file", "column", "operation", "params.NAME" or
    a limit. `errors` has a message for each such field. `preflight` is there if lines were read and
    none can be used.
    """

    def __init__(
        self,
        message: str,
        field: str = "input",
        *,
        errors: Mapping[str, str] | None = None,
        preflight: Preflight | None = None,
    ) -> None:
        super().__init__(message)
        self.field = field
        self.errors = errors or {field: message}
        self.preflight = preflight


_LONE = re.compile("[\ud800-\udfff]")


def as_line(number: int, text: str) -> Line | None:
    """None: it is blank."""
    text = text.strip()
    if not text:
        return None
    if len(text) <= MAX_LINE and text.isascii() and text.isprintable():
        return Line(number, text)
    problem = _problem(text)
    return Line(number, printable(text[:MAX_SHOWN]) if problem else text, problem)


def printable(text: str) -> str:
    """With a mark in place of what PostgreSQL can't store."""
    return _LONE.sub("�", text).replace("\0", "�")


def _problem(text: str) -> str:
    if len(text) > MAX_LINE:
        return f"longer than {MAX_LINE:,} characters"
    if "\0" in text:
        return f"has a NUL character at position {text.index('\0') + 1}"
    if "\n" in text or "\r" in text:
        return "runs over several lines"
    if found := _LONE.search(text):
        return _undecodable(found)
    return ""


def _undecodable(found: re.Match[str]) -> str:
    where, code = found.start() + 1, ord(found[0])
    if 0xDC00 <= code <= 0xDCFF:
        byte = code - 0xDC00
        return f"byte 0x{byte:02X} at position {where} is not UTF-8: save the file as UTF-8"
    return f"has half a character (a lone surrogate) at position {where}"
