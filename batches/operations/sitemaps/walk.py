"""All the sitemaps of a site: where they may be, which name others, and each of them once."""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from time import monotonic
from typing import Any
from uuid import UUID

import ada_url

from batches.operation import Failure, Postpone, Row, Skip, Storage, Transient
from batches.operations.html.urls import registrable
from batches.operations.sitemaps import places
from batches.operations.sitemaps.addresses import host_of, one_spelling, parsed, path_of
from batches.operations.sitemaps.files import FILE, File, Place, Shelf, is_as_it_was, recalled
from batches.operations.sitemaps.loading import Loading
from batches.operations.sitemaps.reader import NotASitemap
from batches.operations.sitemaps.totals import Found
from batches.operations.sitemaps.unpacking import TooMuch
from batches.operations.sitemaps.values import Child, Entry
from batches.operations.suppression import nameable
from batches.operations.web.fetch import Fetcher, Limits

# Of addresses that wait or were read; beyond, what is left out may be counted twice.
_MOST_SEEN = 100_000


@dataclass(frozen=True, slots=True)
class Caps:
    """`ends` is when no more is read, in monotonic seconds."""

    files: int
    depth: int
    urls: int
    ends: float = inf


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is known of the site's sitemaps, and where what is found goes. `reread` asks for all anew."""

    storage: Storage
    shelf: Shelf
    reread: bool = False


class Walk:
    """From some sitemaps to all that they name, breadth first; a circle or a diamond costs each file once."""

    def __init__(
        self, fetcher: Fetcher, limits: Limits, caps: Caps, site: str, keeping: Keeping
    ) -> None:
        self.found = Found()
        # The last that another attempt may mend.
        self.trouble: Transient | None = None
        self._fetcher, self._limits, self._caps, self._keeping = fetcher, limits, caps, keeping
        self._sites = {registrable(site)}
        self._seen: set[str] = set()
        self._queue: deque[Place] = deque()
        self._beyond = self._reading = 0
        self._stored: dict[UUID, dict[str, Any]] = {}

    @property
    def readable(self) -> bool:
        return any(file.kind for file in self.found.files)

    async def named(self, addresses: Iterable[str], found_in: str = "robots.txt") -> None:
        """Those that the site itself names, on whatever host. https://www.sitemaps.org/protocol.html#sitemaps_cross_submits"""
        for address in addresses:
            if url := parsed(address):
                self._sites.add(registrable(url.hostname))
                self._add(Place(url.href, found_in))
        await self._all()

    async def linked(self, addresses: Iterable[str], found_in: str) -> None:
        """Those that a page of the site links to, on the site itself; what is none of them is no news."""
        urls = [url for address in addresses if (url := parsed(address))]
        own = [url.href for url in urls if registrable(url.hostname) in self._sites]
        await self._guessed([Place(address, found_in) for address in own])

    async def usual(self, base: str) -> None:
        """The first of the usual places where there is one, and all that it names; of parts of a site, all."""
        maps = [Place(ada_url.join_url(base, f"/{path}"), "usual place") for path in places.USUAL]
        feeds = [Place(ada_url.join_url(base, f"/{path}"), "feed") for path in places.FEEDS]
        await self._guessed([*maps, *feeds])

    async def _guessed(self, guesses: list[Place]) -> None:
        await self._recall(guesses)
        known, everywhere, only = self._stored, None, set[str]()
        for place in guesses:
            if self._is_late():
                self.trouble = Transient("There was no time to look into all usual places.")
                self.found.left_out = "some usual places: there was no time"
                return
            unlikely = place.found_in != "link" and bool(only) and path_of(place.url) not in only
            if unlikely or not self._is_new(place.url):
                continue
            self._stored = known
            file = await self._attempt(place)
            if file.kind and place.found_in != "link":
                if path_of(place.url) not in places.PARTS:
                    return
                only.update(places.PARTS)
            # A page where a file should be: does this site answer everything with one?
            elif everywhere is None and not file.kind and file.status == 200:
                everywhere = await self._answers_everything(place.url)
                only.update(places.LIKELY if everywhere else ())

    async def _answers_everything(self, base: str) -> bool:
        nowhere = Place(ada_url.join_url(base, f"/{places.NOWHERE}"), "")
        return (await self._tried(nowhere)).status == 200

    async def _attempt(self, place: Place) -> File:
        """That there is none in a place nobody has named is no news."""
        file = await self._tried(place)
        if file.kind:
            self.found.files.append(file)
            await self._keep([self._keeping.shelf.file(file)])
            await self._all()
        return file

    async def _all(self) -> None:
        while self._queue:
            await self._recall(self._queue)
            for _ in range(len(self._queue)):
                if self._is_late():
                    self._leave_out("there was no time")
                # Also where a host is not to be asked any more for now.
                if not self._queue:
                    break
                file = await self._tried(self._queue.popleft())
                self.found.files.append(file)
                await self._keep([self._keeping.shelf.file(file)])
        if self._beyond:
            self.found.left_out = f"{self._beyond} sitemaps, after {self._caps.files}"

    def _is_late(self) -> bool:
        return monotonic() > self._caps.ends

    def _leave_out(self, why: str) -> None:
        """What waits: an attempt that is cut off, or begun again later, would lose what was read."""
        if self._queue:
            self.found.left_out = f"{len(self._queue):,} left unread: {why}"
            self._queue.clear()

    async def _recall(self, places: Iterable[Place]) -> None:
        """What is known of them, in one question."""
        if not self._keeping.reread:
            keys = [self._keeping.shelf.key(place) for place in places]
            self._stored = await self._keeping.storage.load(FILE, keys)

    def _is_new(self, address: str) -> bool:
        """Apex and www, http and https are one site, and have each file once."""
        spelling = one_spelling(address)
        if spelling in self._seen:
            return False
        if len(self._seen) < _MOST_SEEN:
            self._seen.add(spelling)
        return True

    def _add(self, place: Place) -> None:
        if not self._is_new(place.url):
            return
        if len(self.found.files) + self._reading + len(self._queue) >= self._caps.files:
            self._beyond += 1
        else:
            self._queue.append(place)

    async def _tried(self, place: Place) -> File:
        file = File(place, datetime.now(UTC))
        stored = self._stored.get(self._keeping.shelf.key(place), {})
        self._reading = 1
        try:
            if is_as_it_was(place, stored):
                recalled(file, stored)
            else:
                await self._load(file, stored)
        except Postpone as error:
            if not self.readable:
                raise
            self._queue.append(place)
            self._leave_out(str(error))
            file.problem = str(error)
        except Transient as error:
            self.trouble, file.problem = error, str(error)
        except (Failure, Skip, NotASitemap, TooMuch) as error:
            file.problem = str(error)
        if file.kind and not file.whole and self._is_late():
            self.found.left_out = "the rest of a sitemap: there was no time"
        self._reading = 0
        self.found.sum_up(file)
        return file

    async def _load(self, file: File, stored: dict[str, Any]) -> None:
        placed = [self._keeping.shelf.placed(file.place)]

        async def take(lot: list[Entry | Child]) -> None:
            # Hashing the addresses of a lot takes long enough to be felt on the loop.
            loop = asyncio.get_running_loop()
            rows = await loop.run_in_executor(self._fetcher.threads, self._rows, file, lot)
            await self._keep([*placed, *rows] if rows else [])
            if rows:
                placed.clear()

        ends = self._caps.ends
        await Loading(self._fetcher, self._limits, file, take, ends).run(stored)

    def _rows(self, file: File, lot: list[Entry | Child]) -> list[Row]:
        """Of its pages; sitemaps that it names are to be read later."""
        pages = list[Entry]()
        for entry in lot:
            if isinstance(entry, Child):
                self._child(file, entry)
            elif self._counted(file, entry):
                pages.append(entry)
        return self._keeping.shelf.pages(file, pages)

    async def _keep(self, rows: list[Row]) -> None:
        if rows:
            loop = asyncio.get_running_loop()
            kept = await loop.run_in_executor(self._fetcher.threads, nameable, rows)
            await self._keeping.storage.store(kept.rows, kept.unless)

    def _counted(self, file: File, entry: Entry) -> bool:
        if self.found.urls + file.urls >= self._caps.urls:
            self.found.left_out = f"pages after the first {self._caps.urls:,}"
            file.complete = False
            return False
        file.count(entry)
        file.foreign += registrable(host_of(entry.url)) not in self._sites
        self.found.page(entry)
        return True

    def _child(self, file: File, child: Child) -> None:
        file.children += 1
        url = parsed(child.url)
        if url is None or registrable(url.hostname) not in self._sites:
            return
        if file.place.depth >= self._caps.depth:
            self.found.left_out = f"sitemaps deeper than {self._caps.depth} levels"
        else:
            depth = file.place.depth + 1
            self._add(Place(url.href, "index", file.url, depth, child.lastmod))
