"""A sitemap as it comes in, piece by piece: XML of every kind there is, and lists of addresses.

The parser recovers from what people get wrong; what it can't, a PHP warning in front or tags in capitals, is
mended here. Nothing is kept: memory does not grow with the file.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree

from batches.operations.sitemaps import elements
from batches.operations.sitemaps.ampersands import Ampersands
from batches.operations.sitemaps.plain import Plain, is_utf8, root_end
from batches.operations.sitemaps.unpacking import TooMuch
from batches.operations.sitemaps.values import Child, Entry, address

# Larger pieces keep the loop to themselves for longer than it takes to notice.
PIECE = 64 * 1024
# How far in a sitemap may begin, behind warnings and blank lines.
_MAX_JUNK = 16 * 1024
_BEGIN = re.compile(rb"<\?xml|<(?:[\w.-]+:)?(?:urlset|sitemapindex|rss|feed|rdf)\b", re.IGNORECASE)
# A declaration, and behind it what no sitemap begins with: a whole name, for a piece may end within one.
_OTHER = re.compile(
    rb"<\?xml[^>]*>\s*(?:<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*|<\?.*?\?>\s*)*"
    rb"<(?!(?:[\w.-]+:)?(?:urlset|sitemapindex|rss|feed|rdf)\b)([a-z][\w.:-]*+)(?=[\s/>])",
    re.IGNORECASE | re.DOTALL,
)
_ROOTS = {"urlset": "urlset", "sitemapindex": "index", "rss": "rss", "rdf": "rss", "feed": "atom"}
# An event for each of these and no other: most of the time would go into events that nobody wants.
_TAGS = [
    f"{{*}}{written(name)}"
    for name in (*_ROOTS, "url", "sitemap", "item", "entry")
    for written in (str.lower, str.upper, str.capitalize)
]
_READERS: dict[str, Callable[[Any], Entry | Child | None]] = {
    "urlset": elements.url,
    "index": elements.sitemap,
    "rss": elements.item,
    "atom": elements.entry,
}
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_MAX_TAIL = 1024
# Without an element that ends in them. The tree of what is open takes some thirty times its bytes.
_MOST_OPEN = 2 * 1024 * 1024
# Of elements and attributes. libxml2 keeps each for as long as its thread lives; a sitemap has a few dozen.
_NAMES = (
    re.compile(rb"<[a-zA-Z_:\x80-\xff][\w:.\x80-\xff-]*+"),
    re.compile(rb"\s([\w:.\x80-\xff-]++)=[\"']"),
)
_MOST_NAMES = 5_000
# In bytes, more than the longest address of four bytes a character: such a line is none.
_LONGEST_LINE = 10_000
_MAX_BEGINNING = 4 * 1024


class NotASitemap(Exception):
    """What came is no sitemap; the message says what it is."""


class Reader:
    """`kind` is urlset, index, rss, atom or text, once it is known; `whole` whether the end was seen."""

    def __init__(self) -> None:
        self.kind = ""
        self.whole = False
        # How it begins and ends, in bytes: there systems say what they are.
        self.beginning = self.ending = b""
        self._head = b""
        self._parser: Any = None
        self._plain: Plain | None = None
        self._line = b""
        self._ampersands: Ampersands | None = Ampersands()
        self._open = 0
        self._names = set[bytes]()
        self._read: Callable[[Any], Entry | Child | None] = elements.nothing

    def feed(self, piece: bytes) -> Iterator[Entry | Child]:
        """Raises NotASitemap, and TooMuch where megabytes come without an end."""
        for start in range(0, len(piece), PIECE):
            yield from self._feed(piece[start : start + PIECE])

    def close(self) -> Iterator[Entry | Child]:
        """The rest. Of a file that was cut off, the last page is dropped: half an address is none."""
        if self.kind == "text":
            self.whole = True
            yield from _lines([self._line])
        elif self._parser is None:
            yield from self._begin(self._head, last=True)
            yield from self.close()
        else:
            yield from self._end()

    def _feed(self, piece: bytes) -> Iterator[Entry | Child]:
        if self.kind == "text":
            lines = (self._line + piece).splitlines()
            # What the next piece may go on with.
            self._line = b"" if piece.endswith((b"\n", b"\r")) else lines.pop()[:_LONGEST_LINE]
            yield from _lines(lines)
        elif self._parser is None:
            self._head += piece
            if len(self._head) >= _MAX_JUNK or _BEGIN.search(self._head):
                yield from self._begin(self._head, last=False)
        else:
            yield from self._more(piece)

    def _begin(self, head: bytes, last: bool) -> Iterator[Entry | Child]:
        found = _BEGIN.search(head)
        self.beginning = head[:_MAX_BEGINNING]
        if head.startswith(_UTF16) or found is not None:
            self._head = b""
            if head.startswith(_UTF16):
                self._ampersands = None
            if found and (other := _OTHER.match(head, found.start())):
                raise NotASitemap(f"is XML of another kind: {other[1][:40].decode()}")
            # Nothing is fetched, nothing is expanded; depth and lengths keep libxml2's limits.
            self._parser = etree.XMLPullParser(
                events=("start", "end"), tag=_TAGS, recover=True, resolve_entities=False,
                no_network=True, huge_tree=False, remove_comments=True, remove_pis=True,
            )  # fmt: skip
            yield from self._first(head[found.start() :] if found else head)
        elif _is_list(head):
            self.kind, self._head = "text", b""
            yield from self._feed(head.removeprefix(b"\xef\xbb\xbf"))
        elif last or len(head) >= _MAX_JUNK:
            raise NotASitemap(_what(head))

    def _first(self, head: bytes) -> Iterator[Entry | Child]:
        end = root_end(head) if self._ampersands else 0
        yield from self._xml(head[:end] if end else head)
        if end:
            # Only the parser can tell whether that was the root, or stood in a comment.
            self._plain = Plain(is_utf8(head)) if self.kind == "urlset" else None
            yield from self._more(head[end:])

    def _more(self, piece: bytes) -> Iterator[Entry | Child]:
        if self._plain is not None:
            yield from self._plain.feed(piece)
            if not self._plain.over:
                return
            piece, self._plain = self._plain.rest, None
        yield from self._xml(piece)

    def _xml(self, piece: bytes) -> Iterator[Entry | Child]:
        seen = self.ending + piece
        # Entities can be bombs, or lead to files; no sitemap needs one of its own. Behind the root there are none.
        if not self.kind and _ENTITY.search(seen.replace(b"\0", b"")):
            raise NotASitemap("declares entities of its own")
        self.ending = seen[-_MAX_TAIL:]
        self._count_names(piece)
        try:
            self._parser.feed(self._ampersands.mended(piece) if self._ampersands else piece)
        except etree.XMLSyntaxError as error:
            raise NotASitemap("is broken from its beginning on") from error
        self._open += len(piece)
        yield from self._events()
        if self._open > _MOST_OPEN:
            raise TooMuch(f"has {_MOST_OPEN // 1024 // 1024} MB in a row in which no page ends")

    def _count_names(self, piece: bytes) -> None:
        # In one of eight pieces, for it takes as long as parsing; nobody can tell in which.
        if hash(piece) % 8 == 0:
            self._names.update(*(names.findall(piece) for names in _NAMES))
        if len(self._names) > _MOST_NAMES:
            raise TooMuch(f"has more than {_MOST_NAMES:,} names of elements")

    def _end(self) -> Iterator[Entry | Child]:
        if self._plain is not None:
            yield from self._xml(self._plain.rest)
        # The parser closes what is open, and would hand out the half of an address as a whole one.
        plain = self.ending.replace(b"\0", b"").rstrip().lower()
        self.whole = bool(
            re.search(rb"</(?:[\w.-]+:)?(urlset|sitemapindex|rss|feed|rdf)\s*>", plain)
        )
        try:
            self._parser.feed(self._ampersands.rest() if self._ampersands else b"")
            self._parser.close()
        except etree.XMLSyntaxError:
            self.whole = False
        if self.whole:
            yield from self._events()
        if not self.kind:
            raise NotASitemap("has no page in it and is no sitemap")

    def _events(self) -> Iterator[Entry | Child]:
        read, last = self._read, None
        for event, element in self._parser.read_events():
            if event == "start":
                if not self.kind:
                    self._root(element)
                    read = self._read
            else:
                last = element
                # Of UTF-16, where references are not mended, halves of characters come this far.
                try:
                    found = read(element)
                except UnicodeDecodeError:
                    continue
                if found is not None:
                    yield found
        if last is not None:
            self._open = 0
            _forget(last)

    def _root(self, element: Any) -> None:
        self.kind = _ROOTS.get(elements.name_of(element.getroottree().getroot().tag), "")
        if not self.kind:
            raise NotASitemap("is XML of another kind")
        self._read = _READERS[self.kind]


def _forget(element: Any) -> None:
    """What stands before it, all at once: asking for the neighbours of each takes as long as reading it."""
    while (parent := element.getparent()) is not None:
        del parent[:-1]
        element = parent


def _lines(lines: list[bytes]) -> Iterator[Entry]:
    for line in lines:
        if line and (url := address(line.decode("utf-8", "replace"))):
            yield Entry(url)


def _is_list(head: bytes) -> bool:
    """Its first line with anything in it is an address."""
    first = head.removeprefix(b"\xef\xbb\xbf").strip().splitlines()[:1]
    return bool(first) and bool(address(first[0].decode("utf-8", "replace")))


def _what(head: bytes) -> str:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:200].lower()
    if not start:
        return "is empty"
    return "is a web page" if start.startswith((b"<!doctype html", b"<html")) else "is no sitemap"
