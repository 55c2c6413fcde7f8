"""Which pages of a site to ask for next: those most likely to say who made it, then those nearest to the home page."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field

from batches.operations.html import urls
from batches.operations.html.contact_pages import contact_like
from batches.operations.html.document import Document

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

# Address, and how likely it says who made the site.
type Lead = tuple[str, int]


def leads(document: Document) -> list[Lead]:
    """The pages of the same site that this one links to, in its order."""
    rated: dict[str, int] = {}
    for link in document.links:
        url = link.url.partition("#")[0]
        if url.startswith("http") and _worth_it(url) and urls.same_site(url, document.url):
            rated[url] = max(rated.get(url, 0), contact_like(url, link.text))
    return list(rated.items())


def _worth_it(url: str) -> bool:
    path = url.partition("?")[0].lower()
    return not path.endswith(_NO_PAGES) and not any(place in path for place in _NO_PLACES)


@dataclass(order=True, slots=True)
class Waiting:
    """In the order of asking: by how likely somebody is named there, then how near to the home page."""

    rank: tuple[int, int, int]
    url: str = field(compare=False)
    depth: int = field(compare=False)


class Frontier:
    """The pages to ask for next, none of them twice, however it is written."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []
        self._known: set[str] = set()

    def first_time(self, url: str) -> bool:
        same = _same(url)
        new = same not in self._known
        self._known.add(same)
        return new

    def is_new(self, url: str, asked: str) -> bool:
        """Whether the page that came, perhaps after redirects, is none that was read or is still to be asked for."""
        return _same(url) == _same(asked) or self.first_time(url)

    def add(self, found: Iterable[Lead], depth: int) -> None:
        for url, score in found:
            if len(self._waiting) < _MAX_WAITING and self.first_time(url):
                rank = -score, depth, len(self._known)
                heapq.heappush(self._waiting, Waiting(rank, url, depth))

    def next(self) -> Waiting | None:
        return heapq.heappop(self._waiting) if self._waiting else None

    def soon(self, most: int) -> list[str]:
        """The next addresses, as far as can be told now; they stay."""
        return [waiting.url for waiting in heapq.nsmallest(most, self._waiting)]


def _same(url: str) -> str:
    """One text for addresses that lead to one page nearly everywhere."""
    place = url.partition("#")[0].partition("://")[2].removeprefix("www.")
    path, _, query = place.partition("?")
    path = path.removesuffix("index.html").removesuffix("index.php").rstrip("/")
    return f"{path}?{query}" if query else path
