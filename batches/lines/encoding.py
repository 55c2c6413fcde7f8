"""From bytes to text: which encoding, and whether it is text at all."""

import codecs
import io
import re
from typing import Any, BinaryIO

from batches.lines.line import BadInput

_SAMPLE = 64 * 1024
_MAGIC = {
    b"PK\x03\x04": "a spreadsheet or a ZIP archive. Save the sheet as CSV, or unpack the archive",
    b"\xd0\xcf\x11\xe0": "an old Excel file. Save the sheet as CSV",
    b"%PDF": "a PDF. Copy its lines into a text file",
    b"\x1f\x8b": "compressed with gzip. Unpack it",
}
# UTF-32 first: its mark begins with that of UTF-16.
_BOMS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    codecs.BOM_UTF8: "utf-8-sig",
}
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_ERRORS = "console.keep"


def decoded(file: BinaryIO) -> io.TextIOWrapper:
    """The file as text with "\\n" at the end of lines: by its byte order mark, else UTF-8.

    What can't be decoded becomes lone surrogates, U+DC00 plus the byte: the line they stand in can be
    refused and the others kept. Raises BadInput if it is no text.
    """
    sample = file.read(_SAMPLE)
    encoding = next((name for bom, name in _BOMS.items() if sample.startswith(bom)), "utf-8")
    if encoding == "utf-8":
        _refuse_binary(sample)
    stream = io.BufferedReader(_Again(sample, file), _SAMPLE)
    return io.TextIOWrapper(stream, encoding=encoding, errors=_ERRORS, newline=None)


class _Again(io.RawIOBase):
    """A file or pipe that gives its first bytes again. Closing this leaves the file open."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        self._start, self._rest = start, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        found = self._start[: len(buffer)] or self._rest.read(len(buffer))
        self._start = self._start[len(found) :]
        buffer[: len(found)] = found
        return len(found)


def _refuse_binary(sample: bytes) -> None:
    for magic, words in _MAGIC.items():
        if sample.startswith(magic):
            raise BadInput(f"This file is {words} first.", "file")
    # A few are damaged lines, which are refused one by one.
    found = [match.start() for match in _CONTROL.finditer(sample)]
    if len(found) > max(3, len(sample) // 50):
        raise BadInput(
            f"This file is not text: byte {found[0] + 1:,} is 0x{sample[found[0]]:02X}."
            " Upload a text or CSV file, saved as UTF-8.",
            "file",
        )


def _keep(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    broken = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) for byte in broken), error.end


# "surrogateescape" refuses bytes below 0x80, which UTF-16 and UTF-32 can choke on.
codecs.register_error(_ERRORS, _keep)
