"""Where a site may have its sitemaps, if robots.txt names none."""

from collections.abc import Iterable, Iterator

from batches.operation import Failure, Skip
from batches.operations.html.charset import decode
from batches.operations.html.document import Document
from batches.operations.sitemaps.addresses import path_of
from batches.operations.web.client import Answer, Reading
from batches.operations.web.fetch import Fetcher, Limits, is_page, is_small

# Where systems put it; the first that is one ends the search.
LIKELY = ("sitemap.xml", "sitemap_index.xml", "wp-sitemap.xml")
# Each of a part of the site only: where there is one, there may be others of these.
PARTS = (
    "post-sitemap.xml", "page-sitemap.xml", "product-sitemap.xml", "category-sitemap.xml",
    "wp-sitemap-posts-post-1.xml", "sitemap-posts-post-1.xml", "sitemap-pages-post-1.xml",
    "sitemap-categories-1.xml", "news-sitemap.xml", "sitemap-news.xml",
)  # fmt: skip
USUAL = (
    *LIKELY, "sitemap-index.xml", "sitemapindex.xml", "wp-sitemap-index.xml", "sitemap.xml.gz",
    "sitemap_index.xml.gz", "sitemaps.xml", "sitemap/sitemap.xml", "sitemap/index.xml", "sitemaps/sitemap.xml",
    "sitemap1.xml", "sitemap.txt", "sitemap.php", *PARTS,
)  # fmt: skip
FEEDS = ("feed/", "feed.xml", "rss.xml", "atom.xml", "index.xml")
# No site has it: whoever answers with a page here answers so everywhere.
NOWHERE = "8c1f6e0b5d-sitemap.xml"
_MOST = 5
_HEAD = Reading(1024 * 1024, is_page, cut=True)
_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml"})
_NO_FILES = (".html", ".htm", "/")
_FILES = (".xml", ".gz", ".txt", ".rss", ".atom")


def may_be_one(address: str) -> bool:
    """Whether an address is that of a sitemap or a feed, and not of a site, as far as it tells."""
    path = path_of(address).lower()
    return path.endswith(_FILES) or "sitemap" in path


async def linked(fetcher: Fetcher, base: str, limits: Limits) -> tuple[list[str], list[str]]:
    """Sitemaps and feeds that the home page links to, absolute, a few of each."""
    try:
        answer = await fetcher.get(base, limits, _HEAD)
    except (Failure, Skip):
        return [], []
    if not is_page(answer.status, answer.content_type):
        return [], []
    return await fetcher.read(is_small(answer.body), _links, answer)


def _links(answer: Answer) -> tuple[list[str], list[str]]:
    text, _ = decode(answer.body, answer.headers.get("content-type", ""))
    document = Document(text, answer.url, answer.headers)
    maps = [*_related(document, "sitemap"), *_mentioned(document)]
    feeds = _related(document, "alternate", _FEED_TYPES)
    return _few(maps), _few(feeds)


def _few(addresses: Iterable[str]) -> list[str]:
    return list(filter(None, dict.fromkeys(addresses)))[:_MOST]


def _related(document: Document, kind: str, types: frozenset[str] = frozenset()) -> Iterator[str]:
    for relation in document.related(kind):
        given = (relation.attributes.get("type") or "").partition(";")[0].strip().lower()
        if not types or given in types:
            yield document.absolute(relation.attributes["href"]) or ""


def _mentioned(document: Document) -> Iterator[str]:
    """Pages for people are called sitemaps, too: only what looks like a file."""
    for link in document.links:
        path = link.url.partition("#")[0].partition("?")[0].lower()
        name = path.rstrip("/").rpartition("/")[2]
        a_file = path.startswith("http") and "." in name and not path.endswith(_NO_FILES)
        if a_file and "sitemap" in name:
            yield link.url.partition("#")[0]
