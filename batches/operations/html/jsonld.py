"""JSON as pages have it: with comments around and inside, commas too many, line breaks in strings, ends missing."""

import html
import json
import re
from typing import Any

# Mending takes ten times as long as reading what is whole.
MAX_LENGTH, MAX_MENDED = 2_000_000, 300_000
_MAX_VALUES = 50
_DECODER = json.JSONDecoder(strict=False, parse_constant=lambda _: None)
_AROUND = re.compile(
    r"\s*+(?:<!--|-->|(?://|/\*)?\s*+<!\[CDATA\[(?:\s*+\*/)?|(?://|/\*)?\s*+\]\]>(?:\s*+\*/)?|[\ufeff;,])"
)
_END = re.compile(r"(?:<!--|-->|(?://|/\*)?\s*+\]\]>(?:\s*+\*/)?|[;,\s])\Z")
# Without an end, a string goes on to the end: looked for again and again, it would take squares of time.
_QUOTED = r'"(?:[^"\\]++|\\.)*+"?+'
# Quotes inside a string were not escaped: only what is followed by punctuation ends it.
_LOOSE = r'"(?:[^"\\]++|\\.|"(?!\s*+(?:[,:}\]]|\Z)))*+"?+'
_REST = r"""|'(?:[^'\\]++|\\.)*+'?+|//[^\n]*+|/\*.*?(?:\*/|\Z)|<!--|-->|[\[\]{},:]|[^\s\[\]{},:"']++|\s++|."""
_TOKENS = re.compile(_QUOTED + _REST, re.DOTALL)
_LOOSE_TOKENS = re.compile(_LOOSE + _REST, re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,300})(?:\.\d{1,300})?(?:[eE][-+]?\d{1,3})?")
# In turn: an escape that JSON knows, one it doesn't, a quote that should have been escaped.
_ODD = re.compile(r'(\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))|\\(.?)|"', re.DOTALL)


def values(text: str) -> list[Any]:
    """Every value in the text, in order. Of text beyond repair, none. Takes time in proportion to its length."""
    text = _bare(text[:MAX_LENGTH])
    if not text:
        return []
    if text.startswith(("{&", "[&", "&#123;")):
        text = html.unescape(text)
    for attempt in (_plainly, _repaired, _loosely) if len(text) <= MAX_MENDED else (_plainly,):
        try:
            return attempt(text)
        except (ValueError, RecursionError):
            continue
    return []


def _bare(text: str) -> str:
    """Without what hides JSON from old browsers."""
    begin, end = 0, len(text)
    for _ in range(10):
        if not (around := _AROUND.match(text, begin)):
            break
        begin = around.end()
    text = text[begin:end].strip()
    for _ in range(10):
        # The longest of these is short: no need to look through the whole text for one.
        if not (around := _END.search(text, max(0, len(text) - 20))):
            break
        text = text[: around.start()].rstrip()
    return text


def _plainly(text: str) -> list[Any]:
    found: list[Any] = []
    at = 0
    while at < len(text) and len(found) < _MAX_VALUES:
        value, at = _DECODER.raw_decode(text, at)
        found.append(value)
        while at < len(text) and text[at] in " \t\r\n,;":
            at += 1
    return found


def _repaired(text: str) -> list[Any]:
    return list(_DECODER.decode(_mended(_TOKENS, text)))


def _loosely(text: str) -> list[Any]:
    return list(_DECODER.decode(_mended(_LOOSE_TOKENS, text)))


def _mended(tokens: re.Pattern[str], text: str) -> str:
    """The same values as the parts of one list, with every comma and bracket in its place."""
    parts, closers = ["["], ["]"]
    for token in tokens.finditer(text):
        written = token[0]
        if written.isspace() or written.startswith(("//", "/*", "<!--", "-->")):
            continue
        if written in "}]":
            _close(written, parts, closers)
        elif written in ",:":
            _separate(written, parts)
        else:
            _value(written, parts, closers)
    while len(closers) > 1:
        _close(closers[-1], parts, closers)
    return "".join(parts).rstrip(",:") + "]"


def _close(written: str, parts: list[str], closers: list[str]) -> None:
    # The first bracket is ours.
    if len(closers) == 1 or closers[-1] != written:
        return
    if parts[-1] == ",":
        parts.pop()
    elif parts[-1] == ":":
        parts.append("null")
    parts.append(closers.pop())


def _separate(written: str, parts: list[str]) -> None:
    if parts[-1] == ":" and written == ",":
        parts.append("null")
    if parts[-1] not in ("[", "{", ",", ":"):
        parts.append(written)


def _value(written: str, parts: list[str], closers: list[str]) -> None:
    if parts[-1] not in ("[", "{", ",", ":"):
        parts.append(",")
    if written in "{[":
        parts.append(written)
        closers.append("}" if written == "{" else "]")
    else:
        parts.append(_scalar(written))


def _scalar(written: str) -> str:
    if written in ("true", "false", "null") or _NUMBER.fullmatch(written):
        return written
    if written[0] in "\"'":
        inner = written[1:-1] if len(written) > 1 and written.endswith(written[0]) else written[1:]
        if written[0] == "'":
            inner = inner.replace("\\'", "'")
    else:
        # A bare name, or a number such as 030: what stands there is text.
        inner = "" if written in ("undefined", "NaN") else written
    return '"' + _ODD.sub(_escaped, inner) + '"'


def _escaped(odd: re.Match[str]) -> str:
    if odd[1]:
        return odd[1]
    return '\\"' if odd[0] == '"' else odd[2] or ""
