"""All the sitemaps of a site: where they may be, which name others, and each of them once."""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

import ada_url
from publicsuffixlist import PublicSuffixList

from batches.operation import Failure, InvalidTarget, Skip, Transient
from batches.operations.sitemaps.reader import NotASitemap, Reader
from batches.operations.sitemaps.unpacking import TooMuch, Unpacker
from batches.operations.sitemaps.values import Child, Entry
from batches.operations.web.client import Reading
from batches.operations.web.fetch import Fetcher, Limits
from batches.operations.web.targets import parse

# https://www.sitemaps.org/protocol.html allows 50 MB, unpacked.
MAX_UNPACKED = 50 * 1024 * 1024
MAX_PACKED = 50 * 1024 * 1024
SAMPLE = 20
# Where systems put it, if robots.txt says nothing; the first that is one ends the search.
USUAL = (
    "sitemap.xml", "sitemap_index.xml", "sitemap-index.xml", "wp-sitemap.xml", "sitemap.xml.gz",
    "sitemap_index.xml.gz", "sitemaps.xml", "sitemap/sitemap.xml", "sitemap/index.xml",
    "sitemaps/sitemap.xml", "sitemap1.xml", "sitemap.txt", "sitemap.php", "post-sitemap.xml",
    "news-sitemap.xml", "sitemap-news.xml",
)  # fmt: skip
FEEDS = ("feed/", "feed.xml", "rss.xml", "atom.xml", "index.xml")


@dataclass(slots=True)
class File:
    """One sitemap: what it is and holds, or the problem in words."""

    url: str
    kind: str = ""
    urls: int = 0
    children: int = 0
    bytes: int = 0
    whole: bool = True
    problem: str = ""


@dataclass(slots=True)
class Found:
    """All of a site. `foreign` are pages on other sites, `left_out` says what a limit cut off."""

    files: list[File] = field(default_factory=list)
    urls: int = 0
    foreign: int = 0
    images: int = 0
    videos: int = 0
    news: int = 0
    alternates: int = 0
    dated: int = 0
    newest: datetime | None = None
    oldest: datetime | None = None
    sample: list[str] = field(default_factory=list)
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Caps:
    files: int
    depth: int
    urls: int


class Walk:
    """From some sitemaps to all that they name, breadth first; a circle or a diamond costs each file once."""

    def __init__(self, fetcher: Fetcher, limits: Limits, caps: Caps, site: str) -> None:
        self.found = Found()
        # The last that another attempt may mend.
        self.trouble: Transient | None = None
        self._fetcher, self._limits, self._caps = fetcher, limits, caps
        self._sites = {registrable(site)}
        self._seen: set[str] = set()
        self._queue: deque[tuple[str, int]] = deque()

    async def named(self, addresses: Iterable[str]) -> None:
        """Those that the site itself names, on whatever host. https://www.sitemaps.org/protocol.html#sitemaps_cross_submits"""
        for address in addresses:
            if url := _parsed(address):
                self._sites.add(registrable(url.hostname))
                self._add(url.href, 0)
        await self._all()

    async def usual(self, base: str) -> None:
        """The first of the usual places where there is one, and all that it names."""
        for path in (*USUAL, *FEEDS):
            address = ada_url.join_url(base, f"/{path}")
            self._seen.add(address)
            if (await self._file(address, 0)).kind:
                await self._all()
                return
            # That there is none in a place nobody has named is no news.
            self.found.files.clear()

    async def _all(self) -> None:
        while self._queue:
            if len(self.found.files) >= self._caps.files:
                self.found.left_out = f"{len(self._queue)} sitemaps, after {self._caps.files}"
                return
            await self._file(*self._queue.popleft())

    def _add(self, address: str, depth: int) -> None:
        if address not in self._seen:
            self._seen.add(address)
            self._queue.append((address, depth))

    async def _file(self, address: str, depth: int) -> File:
        file = File(address)
        self.found.files.append(file)
        try:
            await self._read(file, depth)
        except Transient as error:
            self.trouble, file.problem = error, str(error)
        except (Failure, Skip, NotASitemap, TooMuch) as error:
            file.problem = str(error)
        return file

    async def _read(self, file: File, depth: int) -> None:
        reader, unpacker = Reader(), Unpacker(MAX_UNPACKED)

        def read(piece: bytes) -> None:
            file.bytes += len(piece)
            for plain in unpacker.feed(piece):
                self._entries(file, reader.feed(plain), depth)

        async def take(piece: bytes) -> None:
            # A packed piece may unfold to megabytes, which is half a second for everything on this loop.
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._fetcher.threads, read, piece)

        reading = Reading(MAX_PACKED, lambda status, kind: status == 200, take=take)
        answer = await self._fetcher.get(file.url, self._limits, reading)
        if answer.status != 200:
            file.problem = f"answered {answer.status}"
            return
        for plain in unpacker.close():
            self._entries(file, reader.feed(plain), depth)
        self._entries(file, reader.close(), depth)
        file.kind, file.whole = reader.kind, reader.whole and unpacker.whole

    def _entries(self, file: File, entries: Iterable[Entry | Child], depth: int) -> None:
        for entry in entries:
            if isinstance(entry, Child):
                self._child(file, entry, depth)
            elif self.found.urls < self._caps.urls:
                self._page(file, entry)
            else:
                self.found.left_out = f"pages after the first {self._caps.urls:,}"

    def _child(self, file: File, child: Child, depth: int) -> None:
        file.children += 1
        url = _parsed(child.url)
        if url is None or registrable(url.hostname) not in self._sites:
            return
        if depth >= self._caps.depth:
            self.found.left_out = f"sitemaps deeper than {self._caps.depth} levels"
        else:
            self._add(url.href, depth + 1)

    def _page(self, file: File, entry: Entry) -> None:
        found = self.found
        file.urls += 1
        found.urls += 1
        found.images += entry.images
        found.videos += entry.videos
        found.news += entry.news
        found.alternates += entry.alternates
        if entry.lastmod is not None:
            found.dated += 1
            found.newest = max(found.newest or entry.lastmod, entry.lastmod)
            found.oldest = min(found.oldest or entry.lastmod, entry.lastmod)
        host = entry.url.split("/", 3)[2].rpartition("@")[2].partition(":")[0].lower()
        if registrable(host) not in self._sites:
            found.foreign += 1
        if len(found.sample) < SAMPLE:
            found.sample.append(entry.url)


def registrable(host: str) -> str:
    """example.co.uk for www.example.co.uk; an address or a name that nobody sells is itself."""
    host = host.rstrip(".").lower()
    if host.startswith("[") or host.replace(".", "").isdecimal():
        return host
    return str(_suffixes().privatesuffix(host) or host)


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _parsed(address: str) -> ada_url.URL | None:
    try:
        return parse(address.strip())
    except InvalidTarget:
        return None
