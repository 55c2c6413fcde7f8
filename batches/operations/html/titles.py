"""What a page calls itself."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from batches.operations.html import urls
from batches.operations.html.clean import line
from batches.operations.html.document import Document, written
from batches.operations.html.things import of_kind

_MAX_HEADINGS, _MAX_TITLES = 20, 50
_SHARED = ("og:title", "twitter:title", "dc.title", "dcterms.title", "citation_title")
# A drawing has titles of its own.
_DRAWN = frozenset({"svg", "symbol", "g", "path", "use", "defs", "image"})
# What stands between the name of a page and that of its site.
_SEPARATORS = re.compile(
    r"\s+[|•·–—»«‹›>:~/⋆-]+\s+|\s*[|｜_]+\s*|\s::\s|:\s|(?<=[^\x00-\x7f])-(?=[^\x00-\x7f])|\s+@\s+"
)
_NO_SITE = re.compile(r"^(?:by|von|par|por)\s|\d\Z", re.IGNORECASE)
_ODD = re.compile(r"[\W_]+")


def title(document: Document) -> str | None:
    """Of the window; without one, what the page gives to those who share it, or its first heading."""
    return _window(document) or _shared(document) or heading(document)


def heading(document: Document) -> str | None:
    """The first h1 that says anything."""
    return next(_headings(document, "h1"), None)


def headline(document: Document, publisher: str | None) -> str | None:
    """The name of the page without that of its site."""
    stated = _shared(document) or _window(document)
    if stated is None:
        return heading(document)
    # Of the parts of a title, the one that the page itself shows in large letters.
    large = list(_headings(document, "h1", above=False)) or list(_headings(document, "h2, h3"))
    shown = set(map(plain, large))
    for part in _parts(stated):
        if plain(part) in shown and not _is_site(part, document, publisher):
            return part
    return _without_site(stated, document, publisher)


def named_site(document: Document) -> str | None:
    """The part of the title that is the name of its domain, as people write it, or that is left off where it is shared."""
    stated = _window(document) or ""
    parts = list(_parts(stated)) if _SEPARATORS.search(stated) else []
    found = next((part for part in parts if _is_site(part, document, None)), None)
    shared = _shared(document)
    if found or not shared or not stated.startswith(shared):
        return found
    mark = _SEPARATORS.match(stated, len(shared))
    rest = stated[mark.end() :].strip() if mark else ""
    # Not the second page, nor who wrote it.
    return None if not rest or _SEPARATORS.search(rest) or _NO_SITE.search(rest) else rest


def _window(document: Document) -> str | None:
    # The first in the head, whatever else bears the name.
    nodes = document.tree.css("head > title") + document.tree.css("title")[:_MAX_TITLES]
    seen = (line(node.text()) for node in nodes if not (node.parent and node.parent.tag in _DRAWN))
    return next(filter(None, seen), None)


def _shared(document: Document) -> str | None:
    if stated := document.first(*_SHARED):
        return stated
    said = (data.get("headline") for data in of_kind(document.structured, "Article"))
    return next(filter(None, (line(text) for text in said if isinstance(text, str))), None)


def _headings(document: Document, selector: str, above: bool = True) -> Iterator[str]:
    """Those that lead to a page `above`, as the name of a site does, only if so wished."""
    for node in document.tree.css(selector)[:_MAX_HEADINGS]:
        # Manuals put a sign there that links to the heading itself.
        text = (written(node) or "").rstrip(" ¶🔗")
        if text and (above or not _leads_above(document, node)):
            yield text


def _leads_above(document: Document, node: LexborNode) -> bool:
    around = node.parent if node.parent and node.parent.tag == "a" else None
    link = node.css_first("a[href]") or around
    href = urls.joined(link.attributes.get("href"), document.base) if link else None
    return (
        href is not None
        and href != document.url
        and document.url.startswith(f"{href.rstrip('/')}/")
    )


def _parts(title: str) -> Iterator[str]:
    """What stands before, between and behind its separators: of three or more, also what is left of each."""
    found = [(0, 0), *(mark.span() for mark in _SEPARATORS.finditer(title)), (len(title),) * 2][:12]
    for place, (_, begin) in enumerate(found):
        for end, _ in found[place + 1 :]:
            yield title[begin:end].strip()


def _without_site(title: str, document: Document, publisher: str | None) -> str:
    for mark in _SEPARATORS.finditer(title):
        before, behind = title[: mark.start()].strip(), title[mark.end() :].strip()
        if before and _is_site(behind, document, publisher):
            return before
        if behind and _is_site(before, document, publisher):
            return behind
    return title


def _is_site(text: str, document: Document, publisher: str | None) -> bool:
    names = (publisher or "", *site_names(document))
    return plain(text) in set(map(plain, names)) - {""}


def site_names(document: Document) -> tuple[str, ...]:
    """What its address calls a site: www.shop.example.co.uk, shop.example.co, example."""
    host = urls.host(document.url).removeprefix("www.")
    return host, host.rpartition(".")[0], urls.registrable(host).partition(".")[0]


def plain(text: str) -> str:
    """Letters and digits only, in lower case."""
    return _ODD.sub("", text.casefold())
