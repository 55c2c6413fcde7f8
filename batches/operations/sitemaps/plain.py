"""Pages written as nearly all systems write them, read without building a tree: some three times as fast.

Only what is beyond doubt: elements in the usual order, without attributes, of ASCII; and what `rich` knows. From
the first byte that is anything else, the parser goes on; it has seen the root, and misses none of what stands
closed in it.
"""

import re
from collections.abc import Iterator

from batches.operations.sitemaps import rich
from batches.operations.sitemaps.details import counted
from batches.operations.sitemaps.values import (
    MAX_RAW,
    Entry,
    address,
    frequency,
    moment,
    priority,
)

# Possessive: where one does not match, no other way to match it is tried.
_PAGE = re.compile(
    rb"\s*+<url>\s*+<loc>\s*+([!-;=-~]{1,2048}+)\s*+</loc>\s*+"
    rb"(?:<lastmod>\s*+([!-%'-;=-~ ]{0,60}+)</lastmod>\s*+)?+"
    rb"(?:<changefreq>\s*+([a-zA-Z]{0,20}+)\s*+</changefreq>\s*+)?+"
    rb"(?:<priority>\s*+([0-9.,]{0,20}+)\s*+</priority>\s*+)?+(</url>)?+"
)
_ROOT = re.compile(rb"<urlset(?:\s[^<>]{0,4096})?>")
_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']([\w.:-]{1,40})")
# In these, a byte of ASCII is itself, whatever comes before it.
_LIKE_ASCII = re.compile(rb"utf-?8|us-ascii|iso-8859-\d{1,2}|windows-125\d", re.IGNORECASE)
_END = b"</url>"
# Longer than nearly any page of that form: with tiny pieces, more would be copied over and over.
_MOST_OPEN = 16 * 1024


def root_end(head: bytes) -> int:
    """Where pages may begin, behind the root; 0 where this is no file for reading without a parser."""
    encoding = _ENCODING.match(head)
    if encoding and not _LIKE_ASCII.fullmatch(encoding[1]):
        return 0
    root = _ROOT.search(head)
    return root.end() if root and not root[0].endswith(b"/>") else 0


def is_utf8(head: bytes) -> bool:
    encoding = _ENCODING.match(head)
    return encoding is None or encoding[1].lower() in (b"utf-8", b"utf8")


class Plain:
    """`rest` is what is not read yet; once `over`, it is for the parser."""

    def __init__(self, utf8: bool) -> None:
        self.rest = b""
        self.over = False
        self._utf8 = utf8

    def feed(self, piece: bytes) -> Iterator[Entry]:
        data, at = self.rest + piece, 0
        while found := _PAGE.match(data, at):
            place, date, changes, weight, end = found.groups(b"")
            if b"&" in place:
                if place.count(b"&") != place.count(b"&amp;"):
                    break
                place = place.replace(b"&amp;", b"&")
            rest: str | None = ""
            if not end:
                found = rich.REST.match(data, found.end())
                if found is None or (rest := rich.said(found, self._utf8)) is None:
                    break
            at = found.end()
            if url := address(place.decode()):
                page = _entry(url, date.decode(), changes.decode(), weight.decode())
                yield _with(page, rest) if rest else page
        self.rest = data[at:]
        self.over = _END in self.rest or len(self.rest) > _MOST_OPEN


def _with(page: Entry, rest: str) -> Entry:
    """With what stands behind the usual; of what is there twice, the first counts."""
    url, when, raw, changes, weight, *_ = page
    if later := rich.texts(rest):
        if when is None and not raw:
            _, when, raw, *_ = _entry(url, later.get("lastmod", ""), "", "")
        changes = changes or frequency(later.get("changefreq", ""))
        weight = priority(later.get("priority", "")) if weight is None else weight
    return Entry(url, when, raw, changes, weight, *counted(rich.rows(rest)))


def _entry(url: str, date: str, changes: str, weight: str) -> Entry:
    when = moment(date) if date else None
    raw = "" if when else date.strip()[:MAX_RAW]
    return Entry(
        url, when, raw, changes and frequency(changes), priority(weight) if weight else None
    )
