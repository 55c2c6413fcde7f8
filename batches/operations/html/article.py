"""Who wrote a page, who published it, and when."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from batches.operations.html.clean import line
from batches.operations.html.dates import moment
from batches.operations.html.document import Document, written
from batches.operations.html.things import of_kind

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
    r"^(?:(?:posted|written|published|story|words|text|photo)?\s*\bby\b|von|par|por|de|di|door|av|af|autora?|autore|auteur|author|verfasst von)\b\s*:?\s*",
    re.IGNORECASE,
)
_TAIL = re.compile(r"\s*(?:[|•·–—/(]|\s-\s|\bon\b|\bam\b|,?\s\d).*$", re.DOTALL)
_NOBODY = frozenset({
    "admin", "administrator", "author", "editor", "staff", "redaktion", "webmaster", "root", "user",
    "null", "none", "undefined", "unknown", "anonymous", "n/a", "wordpress", "about the author",
})  # fmt: skip


def authors(document: Document) -> list[str]:
    """Names, each once; of the ways to say it, the first that names anybody."""
    for source in (_stated_authors, _meta_authors, _seen_authors):
        found = dict.fromkeys(name for text in source(document) for name in _people(text))
        if found:
            return list(found)[:MAX_AUTHORS]
    return []


def _stated_authors(document: Document) -> Iterator[str]:
    said = document.structured
    for data in (*of_kind(said, "Article"), *_pages(document)):
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
    text = _LEADS.sub("", line(text, 300) or "")
    text = _TAIL.sub("", text).strip(" ,;:-")
    names = re.split(r"\s*;\s*|\s*,\s*(?=\S+\s)|\s+(?:and|und|et|y|e|och|og|en|&)\s+", text)[
        :MAX_AUTHORS
    ]
    names = [re.sub(r"^(?:and|und)\s+", "", name).strip(" ,") for name in names]
    return [name for name in names if _is_name(name)]


def _is_name(text: str) -> bool:
    return (
        1 < len(text) <= _MAX_NAME
        and len(text.split()) <= 8
        and not any(mark in text for mark in ("://", "@", "www.", "{", "<", "="))
        and text.casefold() not in _NOBODY
        and any(map(str.isalpha, text))
    )


def publisher(document: Document) -> str | None:
    """Of an article, whoever it says has published it; else the name of the site."""
    said = document.structured
    for data in (*of_kind(said, "Article"), *_pages(document)):
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
    sites = (name for data in _typed(document, "WebSite") for name in said.names(data.get("name")))
    makers = (
        name
        for data in of_kind(said, "Organization", "LocalBusiness")
        for name in said.names(data.get("name"))
    )
    return next(filter(None, map(_sayable, (*named, *sites, *makers))), None)


def _sayable(name: str) -> str | None:
    found = line(name, 200)
    return None if found is None or "://" in found or found.startswith(("@", "{{")) else found


def _pages(document: Document) -> Iterator[dict[str, Any]]:
    yield from _typed(
        document,
        "WebPage",
        "ItemPage",
        "AboutPage",
        "VideoObject",
        "Recipe",
        "PodcastEpisode",
        "Course",
        "Book",
        "Event",
        "QAPage",
        "Question",
        "CreativeWork",
        "Dataset",
    )


def _typed(document: Document, *wanted: str) -> Iterator[dict[str, Any]]:
    for data, aside in document.structured.nodes:
        stated = data.get("@type")
        if (
            not aside
            and stated is not None
            and any(
                str(
                    stated
                    if isinstance(stated, str)
                    else "/".join(map(str, stated[:5] if isinstance(stated, list) else ()))
                ).endswith(kind)
                for kind in wanted
            )
        ):
            yield data


_PUBLISHED_METAS = (
    "article:published_time", "article:published", "og:published_time", "og:article:published_time", "datepublished", "itemprop:datepublished",
    "publishdate", "publish-date", "publish_date", "published-date", "published_date", "published_time", "publication_date",
    "publicationdate", "publication-date", "pubdate", "pub_date", "date", "dc.date.issued", "dc.date.created", "dcterms.created", "dcterms.issued",
    "dcterms.date", "dc.date", "dc:date", "dc:created", "dc.created", "parsely-pub-date", "sailthru.date", "citation_publication_date",
    "citation_online_date", "citation_date", "bt:pubdate", "cxenseparse:recs:publishtime", "originalpublicationdate",
    "timestamp", "rnews:datepublished", "created", "created-date", "article_date_original", "release_date", "og:pubdate", "article.published",
    "article.created", "date_published", "itemprop:datecreated", "itemprop:uploaddate", "video:release_date", "http-equiv:date",
)  # fmt: skip
_MODIFIED_METAS = (
    "article:modified_time", "article:modified", "og:updated_time", "og:modified_time", "article:updated_time", "datemodified",
    "itemprop:datemodified", "lastmod", "last-modified", "last_modified", "http-equiv:last-modified", "modified", "modified_time", "updated",
    "updated_time", "revised", "dcterms.modified", "dc.date.modified", "dc:modified", "dc.modified", "article.updated", "utime",
)  # fmt: skip
_PUBLISHED_PLACES = (
    '[itemprop~="datePublished"]',
    "time[pubdate], time.published, time.entry-date, .dt-published, abbr.published, abbr.date",
    "article time[datetime], main time[datetime]",
    "time[datetime]",
    ".published, .entry-date, .post-date, .article-date, .date-published, .article__date, .publish-date, .posted-on, .postdate, .pubdate, .date",
)
_MODIFIED_PLACES = (
    '[itemprop~="dateModified"]',
    "time.updated, .dt-updated, time.modified, abbr.updated",
)
_IN_PATH = re.compile(r"/((?:19|20)\d\d)[/-](\d{1,2})[/-](\d{1,2})(?:[/-]|$)")

type When = tuple[datetime | None, str | None]


def published(document: Document) -> When:
    """The moment, and what is written if that can't be read."""
    stated = _stated(document, "datePublished", "dateCreated", "uploadDate")
    seen = _seen(document, _PUBLISHED_PLACES)
    found = _first_read((*stated, *_said(document, _PUBLISHED_METAS)), seen)
    in_path = _IN_PATH.search(document.url.partition("?")[0])
    if found[0] is None and in_path:
        found = moment("-".join(in_path.groups())), found[1]
    return found


def modified(document: Document) -> When:
    """The moment, and what is written if that can't be read."""
    stated = _stated(document, "dateModified")
    return _first_read(
        (*stated, *_said(document, _MODIFIED_METAS)), _seen(document, _MODIFIED_PLACES)
    )


def last_modified(document: Document) -> When:
    """As the server says; else as the page does."""
    header = document.headers.get("last-modified", "")
    sent = moment(header) if header else None
    return (sent, None) if sent else _or(modified(document), line(header, _MAX_NAME))


def _or(found: When, raw: str | None) -> When:
    return found if found[0] else (None, raw or found[1])


def _first_read(said: tuple[str, ...], seen: Iterator[str]) -> When:
    raw = None
    for text in said:
        if found := moment(text):
            return found, None
        raw = raw or line(text, _MAX_NAME)
    # What merely stands in a likely place is no date unless it can be read as one.
    return next(((found, None) for text in seen if (found := moment(text))), (None, raw))


def _stated(document: Document, *keys: str) -> list[str]:
    nodes = [*of_kind(document.structured, "Article"), *_pages(document)]
    said = document.structured
    return [
        text for key in keys for data in nodes if key in data for text in said.written(data[key])
    ]


def _said(document: Document, metas: tuple[str, ...]) -> list[str]:
    return [text for name in metas for text in document.metas.get(name, ())[:3]]


def _seen(document: Document, places: tuple[str, ...]) -> Iterator[str]:
    for selector in places:
        for node in document.tree.css(selector)[:3]:
            own = node.attributes
            for text in (own.get("datetime"), own.get("content"), own.get("title")):
                if text:
                    yield text
            yield written(node) or ""
