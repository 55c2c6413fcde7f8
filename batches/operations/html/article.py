"""Who wrote a page, and who published it."""

import re
from collections.abc import Iterator

from batches.operations.html import bylines
from batches.operations.html.clean import line
from batches.operations.html.document import Document
from batches.operations.html.names import MAX_AUTHORS, people
from batches.operations.html.things import of_kind, of_type, pages
from batches.operations.html.titles import heading, named_site, plain, site_names

_AUTHOR_METAS = (
    "author", "article:author", "article:author_name", "og:author", "dc.creator", "dcterms.creator", "dc:creator", "parsely-author",
    "sailthru.author", "byl", "citation_author", "rbauthors", "author_name", "shareaholic:article_author_name", "itemprop:author",
)  # fmt: skip
_WRITTEN = re.compile(
    r"written|verfasst|geschrieben|escrito|écrit|scritto|geschreven|author|autor", re.IGNORECASE
)


def authors(document: Document) -> list[str]:
    """Names, each once; of the ways to say it, the first that names anybody else than the publisher."""
    its_own = _own_names(document)
    itself: list[str] = []
    for source in (_stated_authors, _meta_authors, bylines.seen):
        found = (name for text in source(document) for name in people(text))
        names = list(dict.fromkeys(_without(name, its_own) for name in found))
        others = [name for name in names if plain(name) not in its_own]
        if others and not _all_within(others, itself):
            return others[:MAX_AUTHORS]
        itself = itself or names
    return itself


def _without(name: str, its_own: set[str]) -> str:
    """The name alone, of “Ann Lee, Example News”."""
    before, _, behind = name.rpartition(", ")
    return before if before and plain(behind) in its_own else name


def _all_within(names: list[str], longer: list[str]) -> bool:
    return any(all(plain(name) in plain(long) for name in names) for long in longer)


def _own_names(document: Document) -> set[str]:
    """What the site, whoever owns it and the page are called, by themselves and by their address."""
    said = document.structured
    owners = (n for data in of_kind(said, "Organization") for n in said.names(data.get("name")))
    metas = (
        n
        for meta in ("og:site_name", "publisher", "copyright")
        for n in document.metas.get(meta, ())
    )
    names = (publisher(document), *owners, *metas, *site_names(document), heading(document))
    return {plain(name) for name in names if name} - {""}


def _stated_authors(document: Document) -> Iterator[str]:
    said = document.structured
    for data in (*of_kind(said, "Article"), *pages(said)):
        for key in ("author", "creator"):
            names = list(said.names(data.get(key))) if key in data else []
            if any(people(name) for name in names):
                yield from names
                return


def _meta_authors(document: Document) -> Iterator[str]:
    for name in _AUTHOR_METAS:
        found = [text for text in document.metas.get(name, ()) if people(text)]
        if found:
            yield from found
            return
    # Blogs tell it to those who share them.
    if _WRITTEN.match(document.first("twitter:label1") or ""):
        yield document.first("twitter:data1") or ""


def publisher(document: Document) -> str | None:
    """Of an article, whoever it says has published it; else the name of the site."""
    said = document.structured
    for data in (*of_kind(said, "Article"), *pages(said)):
        for name in said.names(data.get("publisher")):
            if found := _sayable(name):
                return found
    metas = (
        "og:site_name",
        "publisher",
        "dc.publisher",
        "citation_publisher",
        "application-name",
        "apple-mobile-web-app-title",
    )
    named = (name for meta in metas for name in document.metas.get(meta, ()))
    sites = (name for data in of_type(said, "WebSite") for name in said.names(data.get("name")))
    makers = (
        name
        for data in of_kind(said, "Organization", "LocalBusiness")
        for name in said.names(data.get("name"))
    )
    return next(
        filter(None, map(_sayable, (*named, *sites, named_site(document) or "", *makers))), None
    )


def _sayable(name: str) -> str | None:
    found = line(name, 200)
    return None if found is None or "://" in found or found.startswith(("@", "{{")) else found
