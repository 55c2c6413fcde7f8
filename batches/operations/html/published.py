"""When a page was published, changed, and last sent."""

import re
from collections.abc import Iterator
from datetime import datetime

from batches.operations.html.clean import line
from batches.operations.html.dates import moment
from batches.operations.html.document import Document, written
from batches.operations.html.things import of_kind, pages
from batches.operations.html.titles import heading

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
    '[class*="date" i], [class*="publi" i], [class*="posted" i], [class*="byline" i], [class*="meta" i], [id*="date" i]',
)
_MODIFIED_PLACES = (
    '[itemprop~="dateModified"]',
    "time.updated, .dt-updated, time.modified, abbr.updated",
)
_IN_PATH = re.compile(r"/((?:19|20)\d\d)[/-](\d{1,2})[/-](\d{1,2})(?:[/-]|$)")

# Day, month and year, in numbers or words; nothing that could be a price or a telephone number.
_WHOLE_DATE = re.compile(
    r"(?<!\d)(?:\d{1,2}\.\s?\d{1,2}\.\s?(?:19|20)\d\d|(?:19|20)\d\d-\d\d-\d\d|(?:19|20)\d\d年\d{1,2}月\d{1,2}日"
    r"|\d{1,2}(?:st|nd|rd|th|\.|er|º)?\s(?:de\s)?[^\W\d_]{3,12}\.?,?\s(?:de\s)?(?:19|20)\d\d"
    r"|[^\W\d_]{3,12}\.?\s\d{1,2}(?:st|nd|rd|th)?,?\s(?:19|20)\d\d)(?!\d)"
)
_MAX_LOOKED, _BEGINNING, _BEFORE, _BEHIND = 100_000, 30, 150, 250
_MAX_NAME, _MAX_SEEN = 100, 5

type When = tuple[datetime | None, str | None]


def published(document: Document) -> When:
    """The moment, and what is written if that can't be read."""
    stated = _stated(document, "datePublished", "dateCreated", "uploadDate")
    seen = _seen(document, _PUBLISHED_PLACES)
    found = _first_read((*stated, *_said(document, _PUBLISHED_METAS)), seen)
    if found[0] is None:
        path = _IN_PATH.search(document.url.partition("?")[0])
        return (moment("-".join(path.groups())) if path else None) or _beside(document), found[1]
    return found


def _beside(document: Document) -> datetime | None:
    """A date that stands at the heading of a page inside a site: of ten, eight are when it was published."""
    title = heading(document)
    if not title or (document.url.count("/") < 4 and document.url.endswith("/")):
        return None
    text = " ".join(document.text[:_MAX_LOOKED].split())
    at = text.find(title[:_BEGINNING])
    around = text[max(0, at - _BEFORE) : at + len(title) + _BEHIND] if at >= 0 else ""
    return next(filter(None, map(moment, _WHOLE_DATE.findall(around))), None)


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
    said = document.structured
    nodes = [*of_kind(said, "Article"), *pages(said)]
    return [
        text for key in keys for data in nodes if key in data for text in said.written(data[key])
    ]


def _said(document: Document, metas: tuple[str, ...]) -> list[str]:
    return [text for name in metas for text in document.metas.get(name, ())[:3]]


def _seen(document: Document, places: tuple[str, ...]) -> Iterator[str]:
    for selector in places:
        for node in document.tree.css(selector)[:_MAX_SEEN]:
            own = node.attributes
            for text in (own.get("datetime"), own.get("content"), own.get("title")):
                if text:
                    yield text
            yield written(node) or ""
