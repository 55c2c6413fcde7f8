"""Addresses in running text: as they are, or written so that robots shall not read them.

What can be one is found by an expression of bounded steps, and looked at closely only so many times: linear on
any text.
"""

import re
from collections.abc import Iterator
from html import unescape
from itertools import islice
from typing import NamedTuple

from batches.operations.emails.hosts import JOINT, apart, joined
from batches.operations.emails.spelt import spelt

_MAX_MARKS = 2_000
# One at a time, each in one pass of the processor's own: a table would look up every letter of every alphabet.
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u180e"
_WIDE = {
    "\uff20": "@", "\ufe6b": "@", "\u24d0": "@", "\uff0e": ".", "\u3002": ".", "\uff61": ".",
    "\uff08": "(", "\uff09": ")", "\u3010": "[", "\u3011": "]", "\uff3b": "[", "\uff3d": "]",
}  # fmt: skip
_WIDE_LETTERS = re.compile(r"[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff0d\uff3f]+")
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
# Runs of wide letters, and escapes in the text itself: a page has a few, or is made to keep us busy.
_MAX_RUNS = 10_000
_SIGNS = re.compile("@{3,}")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,12});?")
# It begins with the sign: that is looked for at the speed of memory.
# Fewer than the standard allows: in running text, "=", "/" and "&" stand beside an address.
_AT = re.compile(
    rf"@(?<=[\w.%+'{JOINT}-]@)(?={JOINT}{{0,3}}[^\W_][\w{JOINT}-]{{0,80}}+\.{JOINT}{{0,3}}[^\W_])([\w.{JOINT}-]{{3,254}})"
)
_LOCAL = re.compile(rf"[\w.%+'{JOINT}-]{{1,90}}")  # Backwards.
_PATH_OR_PORT = re.compile(r":(?:\d{2,5}(?!\d)|~?/?[\w.~-]{1,60}(?:/|\.git\b))")


class Mark(NamedTuple):
    """A candidate, where it stands in the text that was looked at, and whether it was written out in words."""

    text: str
    start: int
    end: int
    spoken: bool


def plain(text: str) -> str:
    """The text without what nobody sees, and with the wide forms of @ and the dot as they are elsewhere."""
    if not text.isascii():
        text = _narrow(text)
    text = fewer_signs(text)
    if "&" in text and ("&#" in text or "&commat" in text or "&period" in text):
        text = _ENTITY.sub(lambda entity: unescape(entity[0]), text, count=_MAX_RUNS)
    return text


def fewer_signs(text: str) -> str:
    """Without the rows of @ that are no address, and of which each would be looked at."""
    # To count a single one takes less than to look for three.
    return _SIGNS.sub("@@", text, count=_MAX_RUNS) if text.count("@") > _MAX_MARKS else text


def _narrow(text: str) -> str:
    for character in _INVISIBLE:
        text = text.replace(character, "")
    if "\uff20" in text or "\uff0e" in text or "\uff08" in text or "\uff3b" in text:
        text = _WIDE_LETTERS.sub(lambda run: run[0].translate(_NARROW), text, count=_MAX_RUNS)
    for wide, narrow in _WIDE.items():
        text = text.replace(wide, narrow)
    return text


def marks(text: str, deobfuscate: bool = True) -> Iterator[Mark]:
    """Of `plain` text, in which a JOINT stands for a tag that may part words or not."""
    for found in islice(_AT.finditer(text), _MAX_MARKS):
        if mark := _around(text, found.start(), found[1]):
            yield mark
    if deobfuscate:
        yield from marks_in_words(text)


def marks_in_words(text: str) -> Iterator[Mark]:
    """Only those that are written out."""
    for one in spelt(text):
        if not _in_url(text, one.start):
            yield Mark(*one, spoken=True)


def is_spelt(text: str) -> bool:
    """Whether an address may be written out in words in a `plain` text; tags may have been spaces there."""
    return any(True for _ in spelt(text))


def _around(text: str, at: int, after: str) -> Mark | None:
    before = text[max(0, at - 90) : at]
    before = before[before.rfind(" ") + 1 :]
    if not before.isalnum():  # A plain word needs no closer look.
        local = _LOCAL.match(text[at - 1 : at - 91 if at > 91 else None : -1])
        before = local[0][::-1] if local else ""
    if JOINT in before or JOINT in after:
        before, after = apart(before, after)
    else:
        after = joined(after)
    start, end = at - len(before), at + 1 + len(after)
    if not before or not after or _is_other(text, start, end):
        return None
    address = f"{before}@{after}"
    return Mark(address.replace(JOINT, ""), start, end, False)


def _is_other(text: str, start: int, end: int) -> bool:
    """@jo@social.net, x@y@z, ©2024@shop.de, git@shop.de:a/b, a:b@shop.de:8080"""
    around = text[start - 1 : start], text[end : end + 1]
    if around[0].isspace() and around[1] != ":":
        return around[1] == "@"
    return (
        "@" in around
        or text[max(0, start - 4) : start].rstrip(JOINT).endswith(("@", "\u00a9"))
        or (around[1] == ":" and _PATH_OR_PORT.match(text, end) is not None)
        or _in_url(text, start)
    )


def _in_url(text: str, start: int) -> bool:
    """Whether it is the name and the key in an address: ssh://git@shop.de, https://user:key@shop.de"""
    before = text[max(0, start - 100) : start]
    if not before or before[-1].isspace() or not ("://" in before or "base64," in before):
        return False
    last = before.split()[-1]
    return "://" in last or "base64," in last
