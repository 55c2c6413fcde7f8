"""What a page states for machines: JSON-LD (https://www.w3.org/TR/json-ld11/) and microdata."""

import html
from collections.abc import Iterator
from typing import Any, NamedTuple

from selectolax.lexbor import LexborHTMLParser

from batches.operations.html import jsonld, microdata

_MAX_BLOCKS, _MAX_LENGTH = 50, 2_000_000
_MAX_DEPTH, _MAX_PARTS, _MAX_NODES = 20, 200, 20_000
_MAX_TEXT = 2_048
# Those under these keys belong to others: whoever wrote a review is not the author of the page.
_ASIDE = frozenset({
    "review", "reviews", "comment", "comments", "isRelatedTo", "isSimilarTo", "relatedLink",
    "reviewedBy", "itemReviewed", "suggestedAnswer", "acceptedAnswer", "mentions", "itemListElement",
})  # fmt: skip


class Node(NamedTuple):
    """One object; `aside` if it is said of something else than the page and its maker."""

    data: dict[str, Any]
    aside: bool
    kinds: list[str]


class Structured:
    """The structured data of a page, parsed once; a block that is broken beyond repair is passed over."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        blocks: list[Any] = []
        left = _MAX_LENGTH
        for node in tree.css('script[type*="ld+json" i]')[:_MAX_BLOCKS]:
            text = node.text()[:left]
            left -= len(text)
            blocks += jsonld.values(text)
        self.nodes = list(_walk([*blocks, *microdata.items(tree)]))
        self._by_id: dict[str, dict[str, Any]] = {}
        for data, _, _ in self.nodes:
            name = data.get("@id")
            if isinstance(name, str) and len(data) > len(self._by_id.get(name, ("@id",))):
                self._by_id[name] = data

    def texts(self, key: str) -> Iterator[str]:
        """Every text under `key`, wherever it stands; of an object, its address."""
        for data, _, _ in self.nodes:
            if key in data:
                yield from self.written(data[key])

    def written(self, value: Any) -> Iterator[str]:
        """The texts that a value consists of; of an object, its address."""
        for part in parts(value):
            if isinstance(part, dict):
                part = self.followed(part)
                part = next(
                    filter(None, map(part.get, ("url", "contentUrl", "@id", "@value"))), None
                )
                part = part[0] if isinstance(part, list) and part else part
            if text := plain(part):
                yield text

    def names(self, value: Any) -> Iterator[str]:
        """The names that a value consists of; of an object, its name."""
        for part in parts(value):
            if isinstance(part, dict):
                part = self.followed(part)
                part = next(
                    filter(None, map(_text_under(part), ("name", "legalName", "@value"))), None
                ) or _full(part)
            if text := plain(part):
                yield text

    def followed(self, value: dict[str, Any]) -> dict[str, Any]:
        """What an object that only names another stands for."""
        name = value.get("@id")
        if isinstance(name, str) and len(value) <= 2:
            return self._by_id.get(name, value)
        return value


def parts(value: Any) -> list[Any]:
    """A list as it is, within limits; anything else as a list of it."""
    return value[:_MAX_PARTS] if isinstance(value, list) else [value]


def plain(value: Any) -> str:
    """A text or number as text, without the escapes of HTML; of anything else, nothing."""
    if isinstance(value, str):
        value = value[:_MAX_TEXT]
        return html.unescape(value) if "&" in value else value
    # A telephone number without quotes, or a price.
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)[:_MAX_TEXT]
    return ""


def kinds(data: dict[str, Any]) -> list[str]:
    """The types of an object, without the vocabulary they are from."""
    if "@type" not in data:
        return []
    found = (plain(part) for part in parts(data.get("@type")))
    return [name for text in found if (name := _after_vocabulary(text))]


def _after_vocabulary(text: str) -> str:
    # https://schema.org/Person, schema:Person, http://schema.org#Person
    for mark in "/#:":
        text = text.rstrip("/").rpartition(mark)[2]
    return text.strip()[:100]


def _text_under(data: dict[str, Any]) -> Any:
    def read(key: str) -> str:
        return plain(parts(data.get(key) or "")[0])

    return read


def _full(data: dict[str, Any]) -> str:
    given, family = plain(data.get("givenName")), plain(data.get("familyName"))
    return f"{given} {family}".strip()


def _walk(blocks: list[Any]) -> Iterator[Node]:
    waiting = [(block, 0, False) for block in reversed(blocks) if isinstance(block, dict | list)]
    for _ in range(_MAX_NODES):
        if not waiting:
            return
        data, depth, aside = waiting.pop()
        if isinstance(data, dict):
            yield Node(data, aside, kinds(data))
            inside = [(v, aside or k in _ASIDE) for k, v in list(data.items())[:_MAX_PARTS]]
        else:
            inside = [(part, aside) for part in data[:_MAX_PARTS]]
        if depth < _MAX_DEPTH:
            waiting += [
                (part, depth + 1, off)
                for part, off in reversed(inside)
                if isinstance(part, dict | list)
            ]
