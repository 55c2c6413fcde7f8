"""Addresses that a script puts together: what it would write, as far as that can be seen without running it."""

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator
from urllib.parse import unquote

from batches.operations.html.search import places

_HINTS = (
    "@",
    "\\u0040",
    "\\x40",
    "%40",
    "&#64",
    "&#x40",
    "fromCharCode",
    "atob(",
    "reverse()",
    "mailto",
    "\\100",
)
_MAX_HINTS, _BEFORE, _AFTER, _MAX_LENGTH = 40, 500, 700, 30_000
_TEXT = r"(?:\"[^\"\n]{0,400}\"|'[^'\n]{0,400}'|`[^`\n]{0,400}`)"
_ESCAPE = re.compile(r"\\u\{?00([0-9a-fA-F]{2})\}?|\\x([0-9a-fA-F]{2})|\\([0-7]{3})")
_CODES = re.compile(
    r"String\s{0,2}\.\s{0,2}fromCharCode(?:\.apply\([^\[]{0,30}\[)?\s{0,2}\(?([\dxa-fA-F\s,]{1,900})\]?\)?"
)
_PACKED = re.compile(
    rf"(?:window\.)?(atob|unescape|decodeURIComponent|decodeURI)\s{{0,2}}\(\s{{0,2}}({_TEXT})\s{{0,2}}\)"
)
_JOINED = re.compile(
    rf"\[\s{{0,5}}({_TEXT}(?:\s{{0,5}},\s{{0,5}}{_TEXT}){{0,99}})\s{{0,5}}\](\.reverse\(\))?\s{{0,3}}\.join\(\s{{0,2}}({_TEXT})?\s{{0,2}}\)"
)
_REVERSED = re.compile(
    rf"({_TEXT})\.split\(\s{{0,2}}(?:\"\"|'')\s{{0,2}}\)\.reverse\(\)\.join\(\s{{0,2}}(?:\"\"|'')\s{{0,2}}\)"
)
_REPLACED = re.compile(
    rf"({_TEXT})\s{{0,2}}\.replace\(\s{{0,2}}(?:({_TEXT})|/([^/\n]{{1,40}})/[gi]{{0,2}})\s{{0,2}},\s{{0,2}}({_TEXT})\s{{0,2}}\)"
)
_GIVEN = re.compile(rf"\b([A-Za-z_$][\w$]{{0,40}})\s{{0,3}}[=:]\s{{0,3}}({_TEXT})")
_PART = rf"(?:{_TEXT}|[A-Za-z_$][\w$.]{{0,40}})"
_CHAIN = re.compile(rf"{_PART}(?:\s{{0,5}}\+\s{{0,5}}{_PART}){{1,60}}")
_ONE = re.compile(_PART)


def written(script: str) -> Iterator[str]:
    """Pieces of text that it would write, those that could hold an address."""
    near = "\n".join(_near_hints(script))[:_MAX_LENGTH]
    if not near:
        return
    near = _ESCAPE.sub(lambda m: chr(int(m[1] or m[2], 16) if m[1] or m[2] else int(m[3], 8)), near)
    near = _CODES.sub(lambda m: _quoted(_from_codes(m[1])), near)
    near = _PACKED.sub(lambda m: _quoted(_unpacked(m[1], m[2][1:-1])), near)
    near = _REVERSED.sub(lambda m: _quoted(m[1][1:-1][::-1]), near)
    near = _JOINED.sub(_join, near)
    for _ in range(3):
        near = _REPLACED.sub(_replace, near)
    names = {name: value[1:-1] for name, value in _GIVEN.findall(near)[:300]}
    near = _CHAIN.sub(lambda m: _quoted(_added(m[0], names)), near)
    yield _REPLACED.sub(_replace, near)


def _near_hints(script: str) -> Iterator[str]:
    """The parts of a script worth a closer look, none twice."""
    ends = 0
    for place in sorted(at for hint in _HINTS for at in places(script, hint, _MAX_HINTS)):
        start, end = max(ends, place - _BEFORE), place + _AFTER
        if end > ends:
            yield script[start:end]
            ends = end


def _quoted(text: str) -> str:
    return '"' + text.replace('"', "").replace("\n", " ")[:400] + '"'


def _from_codes(codes: str) -> str:
    numbers = (code.strip() for code in codes.split(",")[:200])
    return "".join(chr(n) for code in numbers if code and 0 < (n := _number(code)) < 0x110000)


def _number(code: str) -> int:
    try:
        return int(code, 0)
    except ValueError:
        return 0


def _unpacked(how: str, text: str) -> str:
    if how != "atob":
        return unquote(text)
    try:
        return b64decode(text).decode("utf-8", "replace")
    except (Error, ValueError):
        return ""


def _join(found: re.Match[str]) -> str:
    parts = [part[1:-1] for part in re.findall(_TEXT, found[1])]
    if found[2]:
        parts.reverse()
    return _quoted((found[3] or '","')[1:-1].join(parts))


def _replace(found: re.Match[str]) -> str:
    what = (found[2][1:-1] if found[2] else found[3].replace("\\", "")) or "\0"
    return _quoted(found[1][1:-1].replace(what, found[4][1:-1]))


def _added(chain: str, names: dict[str, str]) -> str:
    parts = _ONE.findall(chain)
    return "".join(
        part[1:-1] if part[0] in "\"'`" else names.get(part.rpartition(".")[2], "")
        for part in parts
    )
