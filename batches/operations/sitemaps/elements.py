"""What the elements of a sitemap or a feed say: a page, or another sitemap."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from batches.operations.sitemaps import details
from batches.operations.sitemaps.details import BLOCKS, TEXTS, alternate, described
from batches.operations.sitemaps.values import MAX_RAW, Child, Entry, address, moment


@lru_cache(maxsize=256)
def name_of(tag: Any) -> str:
    """In lower case, without a prefix, declared or not; of a comment, empty."""
    return tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(tag, str) else ""


def url(element: Any) -> Entry | None:
    """A `url` of a `urlset`."""
    if name_of(element.tag) != "url" or element.getparent() is None:
        return None
    texts: dict[str, str] = {}
    rows: dict[str, list[Any]] = {}
    for child in element:
        name = name_of(child.tag)
        if name in TEXTS:
            # The first: an image's place, written beside it instead of inside, comes later.
            texts.setdefault(name, _text(child))
        elif name in BLOCKS:
            rows.setdefault(name, []).append(described(name, _parts(child)))
        elif name == "link":
            if row := alternate(child.get("hreflang", ""), child.get("href", "")):
                rows.setdefault(name, []).append(row)
        elif name == "mobile":
            rows[name] = []
    return details.entry(texts, rows)


def _parts(element: Any) -> Iterator[tuple[str, str]]:
    """At any depth: who publishes news stands one deeper. Of each only its own text, or nesting would cost the square."""
    for part in element.iterdescendants():
        yield name_of(part.tag), _mended(part.text or "")


def sitemap(element: Any) -> Child | None:
    """A `sitemap` of a `sitemapindex`."""
    if name_of(element.tag) != "sitemap":
        return None
    texts = _texts(element)
    if not (place := address(texts.get("loc", ""))):
        return None
    raw = texts.get("lastmod", "")
    when = moment(raw)
    return Child(place, when, "" if when else raw[:MAX_RAW])


def item(element: Any) -> Entry | None:
    """An `item` of an RSS feed."""
    if name_of(element.tag) != "item":
        return None
    texts = _texts(element)
    return _dated(texts.get("link", ""), texts.get("pubdate") or texts.get("date", ""))


def entry(element: Any) -> Entry | None:
    """An `entry` of an Atom feed."""
    if name_of(element.tag) != "entry":
        return None
    links = [
        child.get("href", "")
        for child in element
        if name_of(child.tag) == "link" and child.get("rel", "alternate") == "alternate"
    ]
    texts = _texts(element)
    return _dated(next(iter(links), ""), texts.get("updated") or texts.get("published", ""))


def nothing(element: Any) -> None:
    return None


def _text(element: Any) -> str:
    text = "".join(element.itertext()) if len(element) else element.text or ""
    return _mended(text).strip()


def _mended(text: str) -> str:
    """In CDATA a number stands for itself."""
    return text.replace("&#38;", "&")


def _texts(element: Any) -> dict[str, str]:
    return {name_of(child.tag): _text(child) for child in element}


def _dated(link: str, raw: str) -> Entry | None:
    if not (place := address(link)):
        return None
    when = moment(raw)
    return Entry(place, when, "" if when else raw[:MAX_RAW])
