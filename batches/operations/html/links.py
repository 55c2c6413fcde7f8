"""Where a page leads: inside its site, outside, to its other languages, its feeds, and to whoever made it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from batches.operations.html import urls
from batches.operations.html.clean import line
from batches.operations.html.contact_pages import contact_like
from batches.operations.html.document import Document, Link

MAX_LISTED, MAX_ALTERNATES, MAX_FEEDS, MAX_CONTACT = 2_000, 200, 20, 20
_FEEDS = frozenset({
    "application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "text/rss+xml", "application/rss",
})  # fmt: skip
_PLAIN = frozenset({"application/xml", "text/xml", "application/json"})
_FEED_NAME = re.compile(r"\b(?:rss|atom|feed)\b", re.IGNORECASE)
# <https://shop.example/de>; rel="alternate"; hreflang="de"
_HEADER = re.compile(r"<([^<>]{1,2048})>((?:;[^;,<>\"]{0,200}+(?:\"[^\"]{0,200}\")?){0,10})")
_PARAMETER = re.compile(r";\s*([a-z]{1,20})\s*=\s*\"?([^\";,]{1,200})", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}|x-default", re.IGNORECASE)


class Leads(NamedTuple):
    """Addresses without their fragments, each once, the page itself left out.

    `inside` and `outside` in the order of the page; `contact`, pages of the site that are likely to say who made it,
    the likeliest first.
    """

    inside: list[str]
    outside: list[str]
    contact: list[str]


def leads(document: Document) -> Leads:
    """Inside is what belongs to the same registered domain."""
    outside: dict[str, None] = {}
    rated: dict[str, int] = {}
    for url, link, inside in _web_links(document):
        if inside:
            rated[url] = max(contact_like(url, link.text), rated.get(url, 0))
        else:
            outside[url] = None
    likely = sorted((url for url in rated if rated[url]), key=lambda url: -rated[url])
    return Leads(list(rated), list(outside), likely[:MAX_CONTACT])


def _web_links(document: Document) -> Iterator[tuple[str, Link, bool]]:
    """Address without fragment, the link, and whether it leads inside; those to the page itself left out."""
    own = urls.registrable(urls.host(document.url))
    itself = document.url.partition("#")[0]
    whose: dict[str, bool] = {}
    for link in document.links:
        url = link.url
        if "#" in url:
            url = url.partition("#")[0]
        if url == itself or not url.startswith("http"):
            continue
        origin = url[: url.find("/", 8)]
        if (inside := whose.get(origin)) is None:
            inside = whose[origin] = urls.registrable(urls.host(url)) == own
        yield url, link, inside


def canonical(document: Document) -> str | None:
    """As the page says, or else the server."""
    for relation in document.related("canonical"):
        if found := document.absolute(_with_scheme(relation.attributes["href"] or "", document)):
            return found
    for address, said in _header_links(document):
        if "canonical" in said.get("rel", "").lower().split():
            return document.absolute(address)
    return _shared(document)


def _shared(document: Document) -> str | None:
    """The address that a page is shared by, which is to be its canonical one. https://ogp.me/#metadata"""
    found = document.absolute(_with_scheme(document.first("og:url") or "", document))
    if found is None or not urls.same_site(found, document.url):
        return None
    # Said of every page of a site, it is of none of them.
    at_front = urls.path(found) == "/" and urls.path(document.url) != "/"
    return None if at_front else found


def _with_scheme(href: str, document: Document) -> str:
    # "shop.example/page" is meant as an address, not as a folder of that name.
    name = urls.host(document.url).removeprefix("www.")
    first = href.strip().partition("/")[0].lower()
    return f"//{href.strip()}" if name and first in (name, f"www.{name}") else href


def alternates(document: Document) -> list[dict[str, str]]:
    """`{"language": "de-at", "url": …}` of each language a page names, the first address for each."""
    found: dict[str, str] = {}
    named = (
        (relation.attributes.get("hreflang"), relation.attributes["href"])
        for relation in document.related("alternate")
    )
    for language, address in (*named, *_header_alternates(document)):
        language = (language or "").strip().replace("_", "-").lower()
        if _LANGUAGE.fullmatch(language) and language not in found:
            url = document.absolute(address)
            if url and len(found) < MAX_ALTERNATES:
                found[language] = url
    return [{"language": language, "url": url} for language, url in found.items()]


def _header_alternates(document: Document) -> Iterator[tuple[str | None, str]]:
    for address, said in _header_links(document):
        if "alternate" in said.get("rel", "").lower().split():
            yield said.get("hreflang"), address


def _header_links(document: Document) -> Iterator[tuple[str, dict[str, str]]]:
    """The addresses of the Link header with their parameters. RFC 8288"""
    header = document.headers.get("link", "")[:20_000]
    for found, _ in zip(_HEADER.finditer(header), range(MAX_ALTERNATES), strict=False):
        yield found[1], {name.lower(): value for name, value in _PARAMETER.findall(found[2])}


def feeds(document: Document) -> list[dict[str, str]]:
    """`{"url": …, "type": …, "title": …}`; a title only if there is one."""
    found: dict[str, dict[str, str]] = {}
    for relation in (*document.related("alternate"), *document.related("feed")):
        own = relation.attributes
        kind = (own.get("type") or "").partition(";")[0].strip().lower()
        if not _is_feed(kind, own, "feed" in relation.kinds):
            continue
        url = document.absolute(_http(own["href"] or ""))
        if url and url not in found and len(found) < MAX_FEEDS:
            title = line(own.get("title"), 200)
            found[url] = {"url": url, "type": kind[:50], **({"title": title} if title else {})}
    return list(found.values())


def _is_feed(kind: str, own: dict[str, str | None], stated: bool) -> bool:
    name = f"{own.get('title') or ''} {own.get('href') or ''}"[:500]
    return kind in _FEEDS or stated or (kind in _PLAIN and bool(_FEED_NAME.search(name)))


def _http(href: str) -> str:
    # feed://shop.example/rss and feed:https://shop.example/rss
    href = href.strip()
    if href[:5].lower() != "feed:":
        return href
    return f"http:{href[5:]}" if href[5:7] == "//" else href[5:]
