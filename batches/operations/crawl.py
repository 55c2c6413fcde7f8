"""Several pages of a site, the likeliest first: home, then who made it and how to reach them, then the rest."""

import asyncio
import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from batches.operation import Failure, Postpone, Skip
from batches.operations.html import urls
from batches.operations.html.charset import decode
from batches.operations.html.contact_pages import contact_like
from batches.operations.html.document import Document
from batches.operations.web.client import Answer
from batches.operations.web.fetch import NOTHING, Fetcher, Known, Limits, check, is_page

MAX_DEPTH = 5
# As many addresses wait at most: a calendar links to every day there is.
_MAX_WAITING = 5_000
_NO_PAGES = (
    ".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", ".svg", ".ico", ".css", ".js", ".json", ".xml",
    ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".odt", ".zip", ".gz", ".rar", ".7z", ".exe",
    ".dmg", ".apk", ".mp3", ".mp4", ".avi", ".mov", ".webm", ".ogg", ".wav", ".woff", ".woff2", ".ttf", ".ics",
)  # fmt: skip
# Nothing is learned there, and some of them do something.
_NO_PLACES = (
    "/wp-json",
    "/wp-admin",
    "/wp-login",
    "/cart",
    "/checkout",
    "/login",
    "/logout",
    "/cdn-cgi/",
)


@dataclass(frozen=True, slots=True)
class Read:
    """A page as it came, parsed; `encoding` is what its bytes were read as."""

    answer: Answer
    document: Document
    encoding: str


@dataclass(frozen=True, slots=True)
class Seen[T]:
    """One page: what came, and what `read` made of it; None if there was nothing to read."""

    answer: Answer
    depth: int
    value: T | None


@dataclass(slots=True)
class Crawl[T]:
    """`problems` are pages that could not be had, in words; `left_out` says why pages were not asked for."""

    pages: list[Seen[T]] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Extent:
    """At most so many pages, none asked for after so many seconds."""

    pages: int = 1
    seconds: float = 50.0


@dataclass(order=True, slots=True)
class _Waiting:
    """In the order of asking: by how likely somebody is named there, then how near to the home page."""

    rank: tuple[int, int, int]
    url: str = field(compare=False)
    depth: int = field(compare=False)


async def crawl[T](
    fetcher: Fetcher,
    target: str,
    limits: Limits,
    extent: Extent,
    read: Callable[[Read], T],
    known: Known = NOTHING,
) -> Crawl[T]:
    """`read` is called in a thread, with pages only. What the first page fails with is raised, the rest is noted.

    Only what belongs to the registered domain of the first answer, each page once. A first page that is as it
    was when it was `known` has no value, and leads nowhere.
    """
    ends = time.monotonic() + extent.seconds
    home = await fetcher.site(target, limits, known=known)
    check(home)
    crawl, frontier = Crawl[T](), _Frontier()
    await _take(fetcher, home, 0, crawl, frontier, extent, read)
    while len(crawl.pages) < extent.pages and (waiting := frontier.next()):
        try:
            # An attempt that runs into its own limit would lose what was found until then.
            async with asyncio.timeout(ends - time.monotonic()):
                answer = await fetcher.get(waiting.url, limits)
        except TimeoutError:
            crawl.left_out = f"pages not read within {extent.seconds:g} seconds"
            break
        except Postpone as error:
            crawl.left_out = f"pages for another time: {error}"
            break
        except (Failure, Skip) as error:
            crawl.problems[waiting.url] = str(error)
            # Whoever asks for a break gets one; what was found so far is kept.
            if getattr(error, "retry_after", None):
                crawl.left_out = f"pages after the site asked for a break: {error}"
                break
            continue
        if answer.status >= 400:
            crawl.problems[waiting.url] = f"answered {answer.status}"
        elif frontier.is_new(answer.url, waiting.url) and urls.same_site(answer.url, home.url):
            await _take(fetcher, answer, waiting.depth, crawl, frontier, extent, read)
    return crawl


async def _take[T](
    fetcher: Fetcher,
    answer: Answer,
    depth: int,
    crawl: Crawl[T],
    frontier: "_Frontier",
    extent: Extent,
    read: Callable[[Read], T],
) -> None:
    frontier.first_time(answer.url)
    # A PDF or a picture is an answer, too: there is a site, and it has no page to read.
    if not is_page(answer.status, answer.content_type):
        crawl.pages.append(Seen(answer, depth, None))
        return
    follow = extent.pages > 1 and depth < MAX_DEPTH
    loop = asyncio.get_running_loop()
    value, links = await loop.run_in_executor(fetcher.threads, _read, answer, read, follow)
    crawl.pages.append(Seen(answer, depth, value))
    frontier.add(links, depth + 1)


def _read[T](
    answer: Answer, read: Callable[[Read], T], follow: bool
) -> tuple[T, list[tuple[str, int]]]:
    text, encoding = decode(answer.body, answer.headers.get("content-type", ""))
    document = Document(text, answer.url, answer.headers)
    return read(Read(answer, document, encoding)), _rated(document) if follow else []


def _rated(document: Document) -> list[tuple[str, int]]:
    """The pages of the same site that this one links to, and how likely each says who made it."""
    rated: dict[str, int] = {}
    for link in document.links:
        url = link.url.partition("#")[0]
        if url.startswith("http") and _worth_it(url) and urls.same_site(url, document.url):
            rated[url] = max(rated.get(url, 0), contact_like(url, link.text))
    return list(rated.items())


def _worth_it(url: str) -> bool:
    path = url.partition("?")[0].lower()
    return not path.endswith(_NO_PAGES) and not any(place in path for place in _NO_PLACES)


class _Frontier:
    """The pages to ask for next, none of them twice, however it is written."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []
        self._known: set[str] = set()

    def first_time(self, url: str) -> bool:
        same = _same(url)
        new = same not in self._known
        self._known.add(same)
        return new

    def is_new(self, url: str, asked: str) -> bool:
        """Whether the page that came, perhaps after redirects, is none that was read or is still to be asked for."""
        return _same(url) == _same(asked) or self.first_time(url)

    def add(self, links: list[tuple[str, int]], depth: int) -> None:
        for url, score in links:
            if len(self._waiting) < _MAX_WAITING and self.first_time(url):
                rank = -score, depth, len(self._known)
                heapq.heappush(self._waiting, _Waiting(rank, url, depth))

    def next(self) -> _Waiting | None:
        return heapq.heappop(self._waiting) if self._waiting else None


def _same(url: str) -> str:
    """One text for addresses that lead to one page nearly everywhere."""
    place = url.partition("#")[0].partition("://")[2].removeprefix("www.")
    path, _, query = place.partition("?")
    path = path.removesuffix("index.html").removesuffix("index.php").rstrip("/")
    return f"{path}?{query}" if query else path
