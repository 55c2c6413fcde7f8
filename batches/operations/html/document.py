"""A page, parsed once, for all that read it."""

import re
from collections.abc import Mapping
from functools import cached_property
from time import thread_time
from types import MappingProxyType
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from batches.operations.html import urls
from batches.operations.html.clean import line
from batches.operations.html.prescan import fitting
from batches.operations.html.structured import Structured

MAX_ANCHORS, MAX_TEXT = 10_000, 200
_MAX_METAS, _MAX_SAME, _MAX_RELATIONS, _MAX_SCRIPTS = 1_000, 50, 2_000, 2_000
_MAX_STEPS, _MAX_PIECES = 500, 100_000
_SLICE = 64 * 1024
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
# A sign that nobody writes.
_BETWEEN = "\x1f"
# What nobody reads.
_UNSEEN = ["script", "style", "noscript", "template", "svg"]
_BREAKING = frozenset({"br", "div", "p", "li", "tr", "td", "h2", "h3", "hr", "section", "small"})
# Written without spaces: each of these is a word, more or less.
_IDEOGRAPHS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


class Link(NamedTuple):
    """An `a` or `area`: `url` is absolute, or a mailto: or tel: as written."""

    url: str
    node: LexborNode
    attributes: dict[str, str | None]

    @property
    def text(self) -> str:
        """What it shows, in one line; without any, what it is labelled. Read when asked for: few are."""
        text = " ".join(self.node.text()[: MAX_TEXT * 5].split())[:MAX_TEXT]
        return (
            text
            or (self.attributes.get("aria-label") or self.attributes.get("title") or "")[:MAX_TEXT]
        )

    @property
    def rel(self) -> str:
        """In lower case."""
        return (self.attributes.get("rel") or "").lower()


class Relation(NamedTuple):
    """A `link` of the head: the words of its `rel`, in lower case, and its attributes."""

    kinds: frozenset[str]
    attributes: dict[str, str | None]


class Document:
    """Takes time in proportion to the page: of one that is built to take more, only `read` characters are parsed.

    `url` is where the page came from, `base` what its addresses are relative to. Names of headers are in
    lower case. `metas` has every content by name, property, `itemprop:…` or `http-equiv:…`, in lower case.
    """

    def __init__(self, html: str, url: str, headers: Mapping[str, str] = NO_HEADERS) -> None:
        self._began = thread_time()
        self.html = html.replace("\0", "")
        self.read = fitting(self.html)
        self.tree = LexborHTMLParser(self.html[: self.read])
        self.headers = _lowered(headers)
        self.url = urls.normal(url)
        self.base = self._base()
        self.metas = _metas(self.tree)
        self.relations = _relations(self.tree)

    @property
    def seconds(self) -> float:
        """How long it has been worked on, by the thread that made it; waiting apart."""
        return thread_time() - self._began

    def _base(self) -> str:
        nodes = self.tree.css("base[href]")[:1]
        return next(
            (found for n in nodes if (found := urls.joined(n.attributes.get("href"), self.url))),
            self.url,
        )

    @cached_property
    def structured(self) -> Structured:
        return Structured(self.tree)

    @cached_property
    def links(self) -> list[Link]:
        """In the order of the page, those that lead nowhere left out."""
        found = (self._link(node) for node in self.tree.css("a[href], area[href]")[:MAX_ANCHORS])
        return [link for link in found if link]

    def _link(self, node: LexborNode) -> Link | None:
        attributes = node.attributes
        # In a drawing, the selector also finds the other.
        href = (attributes.get("href") or attributes.get("xlink:href") or "").strip()
        if not href or href[0] == "#":
            return None
        if href[0] in "mMtT" and href[:7].lower().startswith(("mailto:", "tel:")):
            return Link(href[: urls.MAX_URL], node, attributes)
        url = urls.joined(href, self.base)
        return Link(url, node, attributes) if url else None

    @cached_property
    def _read(self) -> tuple[str, str]:
        """All that there is to read, and of its beginning, where each element ends."""
        seen = copied(self)
        seen.strip_tags(_UNSEEN)
        raw = seen.body.text(separator=_BETWEEN) if seen.body else ""
        return raw.replace(_BETWEEN, " "), raw[:_MAX_PIECES]

    @property
    def text(self) -> str:
        """What there is to read, in the order of the page; a space between any two elements."""
        return self._read[0]

    @cached_property
    def pieces(self) -> list[str]:
        """What a first part of the page has to read, element by element, those without a word left out."""
        found = map(str.strip, self._read[1].split(_BETWEEN))
        return [piece for piece in found if piece]

    @cached_property
    def words(self) -> int:
        text = self.text
        return _words(text if text.isascii() else _IDEOGRAPHS.sub(" x ", text))

    @cached_property
    def scripts(self) -> list[str]:
        """The texts of scripts and styles that stand in the page."""
        nodes = self.tree.css("script, style")[:_MAX_SCRIPTS]
        return [text for node in nodes if (text := node.text())]

    def first(self, *names: str) -> str | None:
        """The first content of the first of these metas that has one."""
        return next((self.metas[name][0] for name in names if name in self.metas), None)

    def absolute(self, address: str | None) -> str | None:
        """A web address; None for one that leads only to a place on this page, or nowhere."""
        address = (address or "").strip()
        return None if address[:1] in ("", "#") else urls.joined(address, self.base)

    def related(self, kind: str) -> list[Relation]:
        return [relation for relation in self.relations if kind in relation.kinds]


def copied(document: Document) -> LexborHTMLParser:
    """The tree once more, to be taken apart."""
    try:
        return document.tree.clone()
    except SelectolaxError:
        # As after `<!DOCTYPE html SYSTEM "about:legacy-compat">`.
        return LexborHTMLParser(document.html[: document.read])


def written(node: LexborNode | None) -> str | None:
    """The text of one element in one line: a space where it breaks, none where only the style changes."""
    if node is None:
        return None
    pieces: list[str] = []
    for part, _ in zip(node.traverse(include_text=True), range(_MAX_STEPS), strict=False):
        if part.is_text_node:
            pieces.append((part.text_content or "")[:2_000])
        elif part.tag in _BREAKING:
            pieces.append(" ")
        elif part.tag == "img" and (alt := part.attributes.get("alt")):
            pieces.append(f" {alt[:MAX_TEXT]} ")
    return line("".join(pieces))


def _words(text: str) -> int:
    """Slice by slice: millions of words at once are 100 MB."""
    words = 0
    for at in range(0, len(text), _SLICE):
        # One that is cut counts in both.
        cut = at > 0 and not (text[at - 1].isspace() or text[at].isspace())
        words += len(text[at : at + _SLICE].split()) - cut
    return words


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """One text for each name: a header that is sent twice is one list."""
    found: dict[str, str] = {}
    for name, value in headers.items():
        name = name.lower()
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _metas(tree: LexborHTMLParser) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in tree.tags("meta")[:_MAX_METAS]:
        attributes = node.attributes
        # Some write what the content is as a value.
        content = line(attributes.get("content") or attributes.get("value"))
        if content is None:
            continue
        for name in _names(attributes):
            same = found.setdefault(name, [])
            if len(same) < _MAX_SAME:
                same.append(content)
    return found


def _names(attributes: dict[str, str | None]) -> set[str]:
    names = {name.lower() for name in (attributes.get("property") or "").split()[:5]}
    names.add((attributes.get("name") or "").strip().lower())
    for kind in ("itemprop", "http-equiv"):
        if kind in attributes:
            names |= {f"{kind}:{name.lower()}" for name in (attributes[kind] or "").split()[:5]}
    return names - {""}


def _relations(tree: LexborHTMLParser) -> list[Relation]:
    nodes = tree.tags("link")[:_MAX_RELATIONS]
    found = [node.attributes for node in nodes]
    return [
        Relation(frozenset((a.get("rel") or "").lower().split()), a) for a in found if a.get("href")
    ]
