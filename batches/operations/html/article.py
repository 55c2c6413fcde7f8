"""Who wrote a page, and who published it."""

import re
from collections.abc import Iterator

from batches.operations.html.clean import line
from batches.operations.html.document import Document, written
from batches.operations.html.things import of_kind, of_type, pages
from batches.operations.html.titles import named_site

MAX_AUTHORS = 20
_MAX_NAME, _MAX_NODES = 100, 20
_AUTHOR_METAS = (
    "author", "article:author", "article:author_name", "og:author", "dc.creator", "dcterms.creator", "dc:creator", "parsely-author",
    "sailthru.author", "byl", "citation_author", "rbauthors", "author_name", "itemprop:author",
)  # fmt: skip
_AUTHOR_PLACES = (
    '[rel~="author" i]',
    ".author-name, .author__name, .byline__name, .byline-name, .entry-author-name, .p-author, .vcard .fn, .author .fn",
    'a[href*="/author/"], a[href*="/authors/"], a[href*="/autor/"], a[href*="/auteur/"]',
    ".byline, .post-author, .entry-author, .article-author, .article__author, .author, .posted-by, .c-byline__author",
)
_LEADS = re.compile(
    r"^(?:[^\W\d]{3,12}\s){0,3}(?:posts?|entries|articles?|stories|beiträge|beitrag|artikel|alles|more|eingestellt|gepostet|geschrieben|verfasst|veröffentlicht|entradas|posted|written|published|story|words|text|photos?|contributed|edited|reviewed)\s+(?:by|von|par|por|de)\s+"
    r"|^(?:by|von|par|por|di|door|av|af|author|autora?|autore|auteur|автор)\b\s*:?\s*",
    re.IGNORECASE,
)
_TAIL = re.compile(r"\s*(?:[|•·–—/(]|\s-\s|\bon\b|\bam\b|,?\s\d).*$", re.DOTALL)
_BETWEEN = re.compile(r",?\s+(?:and|und|et|y|och|og|en|&)\s+|,\s+", re.IGNORECASE)
_NOBODY = frozenset({
    "admin", "administrator", "author", "editor", "staff", "redaktion", "webmaster", "root", "user",
    "super user", "superuser", "no author", "authors", "publisher", "unbenannt", "anónimo", "anonym", "null", "none", "undefined", "unknown", "anonymous", "n/a", "wordpress", "about the author",
})  # fmt: skip


def authors(document: Document) -> list[str]:
    """Names, each once; of the ways to say it, the first that names anybody else than the publisher."""
    said = publisher(document) or ""
    itself: list[str] = []
    for source in (_stated_authors, _meta_authors, _seen_authors):
        names = list(dict.fromkeys(name for text in source(document) for name in _people(text)))
        if any(name.casefold() != said.casefold() for name in names):
            return names[:MAX_AUTHORS]
        itself = itself or names
    return itself


def _stated_authors(document: Document) -> Iterator[str]:
    said = document.structured
    for data in (*of_kind(said, "Article"), *pages(said)):
        for key in ("author", "creator"):
            names = list(said.names(data.get(key))) if key in data else []
            if any(_people(name) for name in names):
                yield from names
                return


def _meta_authors(document: Document) -> Iterator[str]:
    for name in _AUTHOR_METAS:
        found = [text for text in document.metas.get(name, ()) if _people(text)]
        if found:
            yield from found
            return


def _seen_authors(document: Document) -> Iterator[str]:
    for node in document.tree.css('[itemprop~="author"]')[:_MAX_NODES]:
        yield written(node.css_first('[itemprop~="name"]') or node) or ""
    for selector in _AUTHOR_PLACES:
        for node in document.tree.css(selector)[:3]:
            if (text := written(node)) and _people(text):
                yield text
                return


def _people(text: str) -> list[str]:
    """The names in a text such as “By Ann Lee and Bo Ek”; none if it is an address or a page."""
    text = line(text, 300) or ""
    if "://" in text:
        return []
    text = _TAIL.sub("", _LEADS.sub("", text)).strip(" ,;:-")
    names = [name for part in text.split(";")[:MAX_AUTHORS] for name in _split(part.strip())]
    return [name for name in names if _is_name(name)]


def _split(text: str) -> list[str]:
    # Of one word, it may be half of a name: “Lee, Ann”, “Department of Trade and Industry”.
    names = [name for name in _BETWEEN.split(text)[:MAX_AUTHORS] if name]
    return names if all(" " in name for name in names) else [text]


def _is_name(text: str) -> bool:
    return (
        1 < len(text) <= _MAX_NAME
        and len(text.split()) <= 8
        and not any(mark in text for mark in ("@", "[at]", "www.", "{", "<", "="))
        and text.casefold() not in _NOBODY
        and not text.casefold().endswith("admin")
        and any(map(str.isalpha, text))
    )


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
