"""Addresses in running text: as they are, or written so that robots shall not read them.

Everything goes outwards from a mark that is found quickly, a bounded number of steps: linear on any text.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

from batches.operations.html.search import lowered, places

MAX_MARKS = 5_000
_LONGEST = 254
# Fewer than the standard allows: in running text, "=", "/" and "&" stand beside an address.
_LOCAL = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%+-'"
_DOMAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"
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
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,12});?")
_AT = (
    r"at|\u00e4t|aet|et|@|a|arroba|arobas?e?|chez|chiocciola|kukac|zavin\u00e1\u010d|zavinac|malpa|ma\u0142pa|"
    r"\u0441\u043e\u0431\u0430\u043a\u0430|apenstaartje|snabel-?a|snabel|\u00e1t|klammeraffe|affe|at-?sign|at-?zeichen|\u30a2\u30c3\u30c8|\uc5d0\uc774\uc8fc"
)
_DOT = r"dot|d0t|punkt|punto|ponto|point|punt|piste|te\u010dka|tecka|kropka|\u0442\u043e\u0447\u043a\u0430|pont|doht|\.|pkt|nokta"
_OPEN, _CLOSE = r"[\[({<\u00ab|*_~/\\-]{1,3}", r"[\])}>\u00bb|*_~/\\-]{1,3}"
_BRACKETED_AT = re.compile(rf"{_OPEN}\s{{0,2}}(?:{_AT})\s{{0,2}}{_CLOSE}\s{{0,3}}", re.IGNORECASE)
_BETWEEN = (
    rf"(?:\.|\s\.\s|\s{{0,2}}[\[({{<*_|-]{{1,2}}\s{{0,2}}(?:{_DOT})\s{{0,2}}[\])}}>*_|-]{{1,2}}\s{{0,2}}"
    rf"|\s{{1,2}}(?:dot|punkt|punto|ponto|punt|te\u010dka|kropka|\u0442\u043e\u0447\u043a\u0430|d0t)\s{{1,2}})"
)
_NAME = r"[^\W_](?:[^\W_]|-){0,62}"
_HOST = re.compile(rf"{_NAME}(?:{_BETWEEN}{_NAME}){{1,5}}", re.IGNORECASE)
# Between two labels, anything but the dot itself.
_SPELT = re.compile(r"[^\w.-]|_")
_LABELS = re.compile(_BETWEEN, re.IGNORECASE)
_BEFORE = re.compile(rf"(?:{_BETWEEN})\Z", re.IGNORECASE)
_SPOKEN = (" at ", " arroba ", " chez ", " chiocciola ", " klammeraffe ", " kukac ")
_SPOKEN_WIDE = (" \u00e4t ", " zavin\u00e1\u010d ", " \u0441\u043e\u0431\u0430\u043a\u0430 ")
# Before a mere "at" nobody but these is a mailbox: "look at shop.de" is a sentence.
_BOXES = frozenset({
    "info", "mail", "email", "e-mail", "contact", "kontakt", "office", "hello", "hallo", "support", "sales",
    "service", "team", "admin", "webmaster", "booking", "press", "presse", "post", "kundenservice", "contacto",
})  # fmt: skip


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
    if "&" in text and ("&#" in text or "&commat" in text or "&period" in text):
        text = _ENTITY.sub(lambda entity: unescape(entity[0]), text, count=_MAX_RUNS)
    return text


def _narrow(text: str) -> str:
    for character in _INVISIBLE:
        text = text.replace(character, "")
    if "\uff20" in text or "\uff0e" in text or "\uff08" in text or "\uff3b" in text:
        text = _WIDE_LETTERS.sub(lambda run: run[0].translate(_NARROW), text, count=_MAX_RUNS)
    for wide, narrow in _WIDE.items():
        text = text.replace(wide, narrow)
    return text


def marks(text: str, deobfuscate: bool = True) -> Iterator[Mark]:
    """Of `plain` text."""
    yield from _around_ats(text)
    if deobfuscate:
        yield from _bracketed(text)
        yield from _spoken(text)


def is_spelt(text: str) -> bool:
    """Whether an address may be written out in words in a `plain` text; tags may have been spaces there."""
    return any(True for _ in _bracketed_ats(text)) or any(True for _ in _spoken(text))


def _around_ats(text: str) -> Iterator[Mark]:
    for at in places(text, "@", MAX_MARKS):
        start, end = _local_start(text, at), _domain_end(text, at + 1)
        if start < at and end > at + 3 and not _in_url(text, start) and text[end : end + 1] != "@":
            end -= len(_next_sentence(text[at:end]))
            yield Mark(text[start:end], start, end, spoken=False)
        elif text[at - 1 : at] == " " and text[at + 1 : at + 2] == " ":
            yield from _joined(text, at, at + 2)


def _in_url(text: str, start: int) -> bool:
    """Whether it is the name and the key in an address: ssh://git@shop.de, https://user:key@shop.de"""
    before = text[max(0, start - 100) : start]
    return "://" in before and not before[-1].isspace() and "://" in before.split()[-1]


def _next_sentence(host: str) -> str:
    """What of a host is the first word of another sentence: @shop.de.Then"""
    name, _, last = host.rpartition(".")
    return f".{last}" if last.istitle() and name.islower() and "." in name else ""


def _local_start(text: str, at: int) -> int:
    before = text[max(0, at - 65) : at]
    start = at - (len(before) - len(before.rstrip(_LOCAL)))
    # Letters of other alphabets are rare: one by one.
    while (
        start > 0 and at - start < 65 and (text[start - 1].isalnum() or text[start - 1] in _LOCAL)
    ):
        start -= 1
    return start


def _domain_end(text: str, start: int) -> int:
    after = text[start : start + _LONGEST]
    end = start + len(after) - len(after.lstrip(_DOMAIN))
    while (
        end < len(text) and end - start < _LONGEST and (text[end].isalnum() or text[end] in _DOMAIN)
    ):
        end += 1
    return end


def _bracketed(text: str) -> Iterator[Mark]:
    """info [at] shop (dot) de"""
    for found in _bracketed_ats(text):
        yield from _joined(text, found.start(), found.end())


def _bracketed_ats(text: str) -> Iterator[re.Match[str]]:
    for bracket in "[({<*_|\u00ab-":
        for at in places(text, bracket, MAX_MARKS):
            if found := _BRACKETED_AT.match(text, at, at + 40):
                yield found


def _spoken(text: str) -> Iterator[Mark]:
    """info at shop dot de: words alone, so only beside a dot that is written out, or after a usual box."""
    lower = lowered(text)
    for word in _SPOKEN if text.isascii() else (*_SPOKEN, *_SPOKEN_WIDE):
        for at in places(lower, word, MAX_MARKS):
            # A tag before the host may have left another space.
            after = at + len(word) + (text[at + len(word) : at + len(word) + 1] == " ")
            # In prose no host follows, and nothing more needs to be asked.
            if host := _HOST.match(text, after, after + 120):
                box = lower[max(0, at - 20) : at].rpartition(" ")[2]
                if box in _BOXES or _SPELT.search(host[0]):
                    yield from _joined(text, at, after)


def _joined(text: str, before: int, after: int) -> Iterator[Mark]:
    """What stands before the mark and after it, as one address."""
    host = _HOST.match(text, after, after + 120)
    end = len(text[:before].rstrip()) if text[before - 1 : before].isspace() else before
    start = _word_start(text, end)
    # john dot doe [at] shop.de
    local = text[start:end]
    for _ in range(4):
        dot = _BEFORE.search(text[max(0, start - 12) : start])
        if not dot:
            break
        end = start - len(dot[0])
        start = _word_start(text, end)
        local = f"{text[start:end]}.{local}"
    if host and local:
        labels = [label for label in _LABELS.split(host[0]) if label]
        yield Mark(f"{local}@{'.'.join(labels)}", start, host.end(), spoken=True)


def _word_start(text: str, end: int) -> int:
    before = text[max(0, end - 65) : end]
    return end - (len(before) - len(before.rstrip(_LOCAL)))
