"""One sitemap from the web into the storage, lot by lot as it comes: no more of it is held than one lot."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from time import monotonic
from typing import Any

from batches.operation import Failure
from batches.operations.sitemaps.files import File, can_be_asked, recalled
from batches.operations.sitemaps.generator import generator
from batches.operations.sitemaps.reader import Reader
from batches.operations.sitemaps.unpacking import TooMuch, Unpacker
from batches.operations.sitemaps.values import Child, Entry
from batches.operations.web.client import Answer, Reading
from batches.operations.web.fetch import Fetcher, Known, Limits

# https://www.sitemaps.org/protocol.html allows 50 MB, unpacked.
MAX_UNPACKED = 50 * 1024 * 1024
MAX_PACKED = 50 * 1024 * 1024
# Pages that are stored at once, and of how many unpacked bytes they may be: with a hundred languages each, they are few.
LOT = 5_000
_MOST_HELD = 4 * 1024 * 1024

# Some pages and sitemaps of a file, in the order in which it names them.
type Take = Callable[[list[Entry | Child]], Awaitable[None]]


class Loading:
    """`take` is given at most LOT of what the file names at a time, and none after `ends`, in monotonic seconds."""

    def __init__(
        self, fetcher: Fetcher, limits: Limits, file: File, take: Take, ends: float
    ) -> None:
        self._fetcher, self._file, self._take, self._ends = fetcher, file, take, ends
        # One second at least: for the client, none is for ever.
        self._limits = replace(limits, seconds=max(1.0, min(limits.seconds, ends - monotonic())))
        self._reader, self._unpacker = Reader(), Unpacker(MAX_UNPACKED)
        self._sum = sha256()
        self._waiting: list[Entry | Child] = []
        self._held = 0

    async def run(self, stored: dict[str, Any]) -> None:
        """Raises NotASitemap, TooMuch, and what fetching raises. `stored` is its row, or empty."""
        try:
            await self._all(stored)
        except (Failure, TooMuch):
            # What came before is good. Half an address is still with the reader, and stays there.
            self._file.kind, self._file.packed = self._reader.kind, self._unpacker.packed
            await self._lot()
            raise

    async def _all(self, stored: dict[str, Any]) -> None:
        file = self._file
        known = stored if can_be_asked(stored) else {}
        reading = Reading(MAX_PACKED, lambda status, kind: status == 200, take=self._piece)
        before = Known(known.get("etag", ""), known.get("last_modified", ""))
        answer = await self._fetcher.get(file.url, self._limits, reading, before)
        file.milliseconds, file.status = answer.milliseconds, answer.status
        if answer.unchanged and known:
            recalled(file, known)
        elif answer.status != 200:
            file.problem = f"answered {answer.status}"
        else:
            await self._entries(self._end())
            await self._lot()
            self._finished(answer, known)

    async def _piece(self, piece: bytes) -> None:
        self._file.size += len(piece)
        await self._entries(self._read(piece))

    async def _entries(self, entries: Iterator[Entry | Child]) -> None:
        # A packed piece may unfold to megabytes, which is half a second for everything on this loop.
        loop, thread = asyncio.get_running_loop(), self._fetcher.xml_thread
        while not await loop.run_in_executor(thread, self._gathered, entries):
            await self._lot()
            if monotonic() > self._ends:
                raise TooMuch("was not read to its end: there was no time")

    def _gathered(self, entries: Iterator[Entry | Child]) -> bool:
        """Whether that was all of them; if not, there is a lot."""
        for entry in entries:
            self._waiting.append(entry)
            if len(self._waiting) >= LOT or self._held > _MOST_HELD:
                return False
        return True

    async def _lot(self) -> None:
        lot, self._waiting, self._held = self._waiting, [], 0
        if lot:
            await self._take(lot)

    def _read(self, piece: bytes) -> Iterator[Entry | Child]:
        self._sum.update(piece)
        for plain in self._unpacker.feed(piece):
            self._held += len(plain)
            yield from self._reader.feed(plain)

    def _end(self) -> Iterator[Entry | Child]:
        for plain in self._unpacker.close():
            yield from self._reader.feed(plain)
        yield from self._reader.close()

    def _finished(self, answer: Answer, known: dict[str, Any]) -> None:
        file, reader = self._file, self._reader
        file.kind, file.packed = reader.kind, self._unpacker.packed
        file.whole = reader.whole and self._unpacker.whole
        file.etag = answer.headers.get("etag", "")
        file.last_modified = answer.headers.get("last-modified", "")
        file.generator = generator(file.url, reader.beginning, reader.ending)
        file.body_sha256 = self._sum.digest()
        file.unchanged = bool(known) and known["body_sha256"] == file.body_sha256
