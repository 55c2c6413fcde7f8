"""A sitemap as it comes in, piece by piece: XML of every kind there is, and lists of addresses.

The parser recovers from what people get wrong; what it can't, a PHP warning in front or tags in capitals, is
mended here. Nothing is kept: memory does not grow with the file.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from lxml import etree

from batches.operations.sitemaps.values import (
    MAX_TEXT,
    Child,
    Entry,
    address,
    frequency,
    moment,
    priority,
)

# Larger pieces keep the loop to themselves for longer than it takes to notice.
PIECE = 64 * 1024
# How far in a sitemap may begin, behind warnings and blank lines.
_MAX_JUNK = 16 * 1024
_BEGIN = re.compile(rb"<\?xml|<(?:[\w.-]+:)?(?:urlset|sitemapindex|rss|feed|rdf)\b", re.IGNORECASE)
# A declaration, and behind it what no sitemap begins with.
_OTHER = re.compile(
    rb"<\?xml[^>]*>\s*(?:<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*|<\?.*?\?>\s*)*"
    rb"<(?!(?:[\w.-]+:)?(?:urlset|sitemapindex|rss|feed|rdf)\b)([a-z][\w.:-]*)",
    re.IGNORECASE | re.DOTALL,
)
_ROOTS = {"urlset": "urlset", "sitemapindex": "index", "rss": "rss", "rdf": "rss", "feed": "atom"}
# After its first error libxml2 drops &amp; without a word; a number it keeps. A bare & is an error itself.
_AMPERSAND = re.compile(
    rb"&(?!#\d{1,7};|#x[\da-f]{1,6};)(?:(amp|lt|gt|quot|apos);)?", re.IGNORECASE
)
_NUMBERS = {
    b"amp": b"&#38;",
    b"lt": b"&#60;",
    b"gt": b"&#62;",
    b"quot": b"&#34;",
    b"apos": b"&#39;",
}
_LONGEST = 10  # Of what stands between & and ;.
# An event for each of these and no other: most of the time would go into events that nobody wants.
_TAGS = [
    f"{{*}}{written(name)}"
    for name in (*_ROOTS, "url", "sitemap", "item", "entry")
    for written in (str.lower, str.upper, str.capitalize)
]
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_MAX_TAIL = 1024


class NotASitemap(Exception):
    """What came is no sitemap; the message says what it is."""


class Reader:
    """`kind` is urlset, index, rss, atom or text, once it is known; `whole` whether the end was seen."""

    def __init__(self) -> None:
        self.kind = ""
        self.whole = False
        self._head = b""
        self._tail = b""
        self._parser: Any = None
        self._line = b""
        self._mended = True
        self._reference = b""
        self._read: Callable[[Any], Entry | Child | None] = _nothing

    def feed(self, piece: bytes) -> Iterator[Entry | Child]:
        """Raises NotASitemap."""
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
            self._line = b"" if piece.endswith((b"\n", b"\r")) else lines.pop()
            yield from _lines(lines)
        elif self._parser is None:
            self._head += piece
            if len(self._head) >= _MAX_JUNK or _BEGIN.search(self._head):
                yield from self._begin(self._head, last=False)
        else:
            yield from self._xml(piece)

    def _begin(self, head: bytes, last: bool) -> Iterator[Entry | Child]:
        found = _BEGIN.search(head)
        if head.startswith(_UTF16) or found is not None:
            self._head = b""
            self._mended = not head.startswith(_UTF16)
            # Entities can be bombs, or lead to files; no sitemap needs one of its own.
            if re.search(rb"<!ENTITY", head, re.IGNORECASE):
                raise NotASitemap("declares entities of its own")
            if found and (other := _OTHER.match(head, found.start())):
                raise NotASitemap(f"is XML of another kind: {other[1][:40].decode()}")
            # Nothing is fetched, nothing is expanded; depth and lengths keep libxml2's limits.
            self._parser = etree.XMLPullParser(
                events=("start", "end"), tag=_TAGS, recover=True, resolve_entities=False,
                no_network=True, huge_tree=False, remove_comments=True, remove_pis=True,
            )  # fmt: skip
            yield from self._xml(head[found.start() :] if found else head)
        elif _is_list(head):
            self.kind, self._head = "text", b""
            yield from self._feed(head.removeprefix(b"\xef\xbb\xbf"))
        elif last or len(head) >= _MAX_JUNK:
            raise NotASitemap(_what(head))

    def _xml(self, piece: bytes) -> Iterator[Entry | Child]:
        self._tail = (self._tail + piece)[-_MAX_TAIL:]
        try:
            self._parser.feed(self._mend(piece))
        except etree.XMLSyntaxError as error:
            raise NotASitemap("is broken from its beginning on") from error
        yield from self._events()

    def _mend(self, piece: bytes) -> bytes:
        if not self._mended:
            return piece
        piece, self._reference = self._reference + piece, b""
        # One that goes on in the next piece.
        start = piece.rfind(b"&", -_LONGEST)
        if start >= 0 and b";" not in piece[start:]:
            piece, self._reference = piece[:start], piece[start:]
        return _AMPERSAND.sub(_number, piece)

    def _end(self) -> Iterator[Entry | Child]:
        # The parser closes what is open, and would hand out the half of an address as a whole one.
        plain = self._tail.replace(b"\0", b"").rstrip().lower()
        self.whole = bool(
            re.search(rb"</(?:[\w.-]+:)?(urlset|sitemapindex|rss|feed|rdf)\s*>", plain)
        )
        try:
            self._parser.feed(_AMPERSAND.sub(_number, self._reference))
            self._parser.close()
        except etree.XMLSyntaxError:
            self.whole = False
        if self.whole:
            yield from self._events()
        if not self.kind:
            raise NotASitemap("has no page in it and is no sitemap")

    def _events(self) -> Iterator[Entry | Child]:
        for event, element in self._parser.read_events():
            if event == "start":
                if not self.kind:
                    self._root(element)
            elif (found := self._read(element)) is not None:
                yield found
                _forget(element)

    def _root(self, element: Any) -> None:
        self.kind = _ROOTS.get(_name(element.getroottree().getroot().tag), "")
        if not self.kind:
            raise NotASitemap("is XML of another kind")
        self._read = {"urlset": _url, "index": _sitemap, "rss": _item, "atom": _entry}[self.kind]


def _number(found: re.Match[bytes]) -> bytes:
    return _NUMBERS[found[1].lower()] if found[1] else _NUMBERS[b"amp"]


def _forget(element: Any) -> None:
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


@lru_cache(maxsize=256)
def _name(tag: Any) -> str:
    """Of a comment, empty."""
    # With the prefix, where nobody declared it.
    return tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(tag, str) else ""


def _text(element: Any) -> str:
    text = "".join(element.itertext()) if len(element) else element.text or ""
    # In CDATA a number stands for itself.
    return text.strip().replace("&#38;", "&")


def _nothing(element: Any) -> None:
    return None


def _url(element: Any) -> Entry | None:
    if _name(element.tag) != "url" or element.getparent() is None:
        return None
    # One inside a video is none of the page's.
    found: dict[str, Any] = {"images": [], "videos": [], "news": [], "alternates": []}
    for child in element:
        _take(found, _name(child.tag), child)
    if not (url := address(found.pop("loc", ""))):
        return None
    raw = found.pop("lastmod", "")
    when = moment(raw)
    return Entry(url, when, "" if when else raw[:100], **found)


def _take(found: dict[str, Any], name: str, child: Any) -> None:
    match name:
        case "loc" | "lastmod":
            found[name] = _text(child)
        case "changefreq":
            found[name] = frequency(_text(child))
        case "priority":
            found[name] = priority(_text(child))
        case "mobile":
            found[name] = True
        case "image" | "video":
            found[f"{name}s"].append(_parts(child))
        case "news":
            found[name].append(_parts(child))
        case "link" if child.get("hreflang") and address(child.get("href", "")):
            found["alternates"].append((child.get("hreflang")[:35], address(child.get("href"))))


def _parts(element: Any) -> dict[str, str]:
    """Texts by the names of their elements; the first of each."""
    found: dict[str, str] = {}
    for part in element.iterdescendants():
        if not len(part) and (text := (part.text or "").strip()):
            found.setdefault(_name(part.tag), text[:MAX_TEXT])
    return found


def _sitemap(element: Any) -> Child | None:
    if _name(element.tag) != "sitemap":
        return None
    texts = {_name(child.tag): _text(child) for child in element}
    if not (url := address(texts.get("loc", ""))):
        return None
    when = moment(raw := texts.get("lastmod", ""))
    return Child(url, when, "" if when else raw[:100])


def _item(element: Any) -> Entry | None:
    if _name(element.tag) != "item":
        return None
    texts = {_name(child.tag): _text(child) for child in element}
    return _dated(texts.get("link", ""), texts.get("pubdate") or texts.get("date", ""))


def _entry(element: Any) -> Entry | None:
    if _name(element.tag) != "entry":
        return None
    links = [
        child.get("href", "")
        for child in element
        if _name(child.tag) == "link" and child.get("rel", "alternate") == "alternate"
    ]
    texts = {_name(child.tag): _text(child) for child in element}
    return _dated(next(iter(links), ""), texts.get("updated") or texts.get("published", ""))


def _dated(link: str, raw: str) -> Entry | None:
    if not (url := address(link)):
        return None
    when = moment(raw)
    return Entry(url, when, "" if when else raw[:100])


def _lines(lines: list[bytes]) -> Iterator[Entry]:
    for line in lines:
        if url := address(line.decode("utf-8", "replace")):
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
