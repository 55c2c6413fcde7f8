"""When a page was published, changed, and last sent."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from selectolax.lexbor import LexborNode

from batches.operations.html import datelines
from batches.operations.html.clean import line
from batches.operations.html.dates import moment
from batches.operations.html.document import Document
from batches.operations.html.surroundings import elsewhere
from batches.operations.html.things import of_kind, pages

# Those that speak of publishing, then those that may mean any day.
_PUBLISHED_METAS = (
    "article:published_time", "article:published", "og:published_time", "og:article:published_time", "article.published",
    "shareaholic:article_published_time", "datepublished", "rnews:datepublished", "date_published",
    "publishdate", "publish-date", "publish_date", "published-date", "published_date", "published_time", "publication_date",
    "publicationdate", "publication-date", "pubdate", "pub_date", "og:pubdate", "bt:pubdate", "sw-pubdate", "dc.date.issued", "dcterms.issued",
    "parsely-pub-date", "sailthru.date", "citation_publication_date", "citation_online_date", "citation_date", "cxenseparse:recs:publishtime",
    "originalpublicationdate", "article_date_original",
)  # fmt: skip
_ANY_METAS = (
    "itemprop:datepublished", "date", "dc.date.created", "dcterms.created", "dcterms.date", "dc.date", "dc:date", "dc:created", "dc.created",
    "displaydate", "timestamp", "created", "created-date", "article.created", "release_date", "itemprop:datecreated", "itemprop:uploaddate",
    "video:release_date", "http-equiv:date",
)  # fmt: skip
_MODIFIED_METAS = (
    "article:modified_time", "article:modified", "og:updated_time", "og:modified_time", "article:updated_time", "datemodified",
    "itemprop:datemodified", "lastmod", "last-modified", "last_modified", "http-equiv:last-modified", "modified", "modified_time", "updated",
    "updated_time", "revised", "dcterms.modified", "dc.date.modified", "dc:modified", "dc.modified", "article.updated", "utime",
)  # fmt: skip
_PUBLISHED_PLACES = (
    '[itemprop~="datePublished"]',
    "time[pubdate], time.published, time.entry-date, .dt-published, abbr.published, abbr.date",
)
_TIMES = ("article time[datetime], main time[datetime]", "time[datetime]", ".time, .timestamp")
_NAMED = (
    ".published, .entry-date, .post-date, .article-date, .date-published, .article__date, .publish-date, .posted-on, .postdate, .pubdate, .date",
    '[class*="date" i], [class*="publi" i], [class*="posted" i], [class*="byline" i], [class*="meta" i], [id*="date" i]',
)
_MODIFIED_PLACES = (
    '[itemprop~="dateModified"]',
    "time.updated, .dt-updated, time.modified, abbr.updated",
)
_IN_PATH = re.compile(
    r"/((?:19|20)\d\d)(?:/(\d{1,2})/(\d{1,2})(?=[/.]|$)|[-/]?(\d\d)[-/]?(\d\d)(?!\d))|/(\d\d)-(\d\d)-(20\d\d)(?!\d)"
)
_ZONED = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:?\d\d).*", re.DOTALL)
_MAX_NAME, _MAX_SEEN, _MAX_SHORT, _MAX_SPELT = 100, 20, 150, 50

type When = tuple[datetime | None, str | None]


def published(document: Document) -> When:
    """The moment, and what is written if that can't be read."""
    said, stated = _said(document, _PUBLISHED_METAS), _stated(document, "Article")
    (meta, raw), (article, other) = _first_read(said), _first_read(stated)
    # Pages that are published anew say so in one of them, but not in the other.
    both = filter(None, (meta, article))
    found = min(both, key=lambda when: (when, not when.utcoffset()), default=None)
    if found is None:
        found, _ = _first_read([*_stated(document), *_said(document, _ANY_METAS)])
    if found:
        return _local(document, found), None
    return next(_readable(document), None), raw or other


def _local(document: Document, when: datetime) -> datetime:
    """The same moment as the page spells it elsewhere with the zone of its place: readers know the day by that."""
    if when.utcoffset() or not (when.hour or when.minute or when.second):
        return when
    html, spelt, at = document.html, f":{when:%M:%S}", 0
    for _ in range(_MAX_SPELT):
        if (at := html.find(spelt, at + 1)) < 0:
            break
        found = _ZONED.fullmatch(html[max(0, at - 13) : at + 12])
        if found and (same := moment(found[1])) == when and same.utcoffset():
            return same
    return when


def _in_path(document: Document) -> datetime | None:
    found = _IN_PATH.search(document.url.partition("?")[0])
    if not found:
        return None
    return moment("-".join(filter(None, found.groups())))


def _readable(document: Document) -> Iterator[datetime]:
    """What people can read, the surest first."""
    first = datelines.day_first(document)
    marked = list(_seen(document, _PUBLISHED_PLACES, first))
    # Of several days, it is a list of pages.
    if len({found.date() for found in marked}) == 1:
        yield marked[0]
    yield from filter(None, [_in_path(document), datelines.at_heading(document)])
    yield from marked
    yield from _seen(document, _TIMES, first)
    yield from _seen(document, _NAMED, first)
    yield from filter(None, [datelines.labelled(document)])
    yield from filter(None, [datelines.in_scripts(document)])


def modified(document: Document) -> When:
    """The moment, and what is written if that can't be read."""
    said = document.structured
    nodes = [*of_kind(said, "Article"), *pages(said)]
    stated = [
        text
        for data in nodes
        if "dateModified" in data
        for text in said.written(data["dateModified"])
    ]
    found, raw = _first_read([*stated, *_said(document, _MODIFIED_METAS)])
    if found:
        return _local(document, found), None
    seen = next(_seen(document, _MODIFIED_PLACES, datelines.day_first(document)), None)
    return seen or datelines.labelled(document, changed=True), raw


def last_modified(document: Document, said: When) -> When:
    """As the server says; else as the page does, which is what `modified` found."""
    header = document.headers.get("last-modified", "")
    sent = moment(header) if header else None
    return (sent, None) if sent else _or(said, line(header, _MAX_NAME))


def _or(found: When, raw: str | None) -> When:
    return found if found[0] else (None, raw or found[1])


def _first_read(said: Iterable[str]) -> When:
    raw = None
    for text in said:
        if found := moment(text):
            return found, None
        raw = raw or line(text, _MAX_NAME)
    return None, raw


def _stated(document: Document, *groups: str) -> list[str]:
    """What the objects of these groups say, or else those that stand for the page."""
    said = document.structured
    nodes = list(of_kind(said, *groups) if groups else pages(said))
    keys = ("datePublished", "dateCreated", "uploadDate")
    return [
        text for key in keys for data in nodes if key in data for text in said.written(data[key])
    ]


def _said(document: Document, metas: tuple[str, ...]) -> list[str]:
    return [text for name in metas for text in document.metas.get(name, ())[:3]]


def _seen(document: Document, places: tuple[str, ...], first: bool | None) -> Iterator[datetime]:
    for selector in places:
        for node in document.tree.css(selector)[:_MAX_SEEN]:
            if (found := _shown(node, first)) and not elsewhere(node):
                yield found


def _shown(node: LexborNode, first: bool | None) -> datetime | None:
    own = node.attributes
    for text in (own.get("datetime"), own.get("content"), own.get("title")):
        if text and (found := moment(text)):
            return found
    return datelines.whole(
        " ".join(node.text(separator=" ")[: _MAX_SHORT * 4].split())[:_MAX_SHORT], first
    )
