"""Asking each site once what it asks of robots. https://www.rfc-editor.org/rfc/rfc9309"""

import asyncio
import copy
from collections import OrderedDict
from concurrent.futures import Executor
from time import monotonic
from weakref import WeakValueDictionary

import ada_url

from batches.operation import Failure, InvalidTarget, Skip, Transient
from batches.operations.web import failures, rules
from batches.operations.web.client import Answer, Client, Reading
from batches.operations.web.redirects import REDIRECTS, location
from batches.operations.web.rules import Rules
from batches.operations.web.targets import shown

PRODUCT = "BatchConsole"
# RFC 9309, 2.5: at least so much; Google reads no more either.
MAX_BYTES = 500 * 1024
# RFC 9309, 2.3.1.2.
MAX_REDIRECTS = 5
# RFC 9309, 2.4: rules are good for a day.
RULES_SECONDS = 86_400.0
# Unless a server asks for longer: for those who wait now, and over before an item is tried again.
FAILURE_SECONDS = 1.0
_MAX_ENTRIES, _MAX_SIZE = 10_000, 32 * 1024 * 1024
# Reading or asking so much takes a few milliseconds; more would hold the loop up.
_QUICK_TEXT, _QUICK_PIECES = 8 * 1024, 1_000

type Known = Rules | Failure


class Disallowed(Skip):
    """What a site asks robots not to fetch; `url` is where that was."""

    def __init__(self, url: ada_url.URL) -> None:
        super().__init__(f"The robots.txt of {shown(url.host)} does not allow to fetch this page.")
        self.url: str = url.href


class RobotsCache:
    """What is known by origin, for as long as it holds: those asked for last, as many as fit into a size."""

    def __init__(self, most: int = _MAX_SIZE) -> None:
        self._known: OrderedDict[str, tuple[float, Known]] = OrderedDict()
        self._most = most
        self._size = 0

    def get(self, origin: str) -> Known | None:
        found = self._known.get(origin)
        if found is None:
            return None
        if monotonic() > found[0]:
            self._forget(origin)
            return None
        self._known.move_to_end(origin)
        return found[1]

    def put(self, origin: str, known: Known, seconds: float = RULES_SECONDS) -> None:
        self._forget(origin)
        self._known[origin] = monotonic() + seconds, known
        self._size += _size(known)
        while self._size > self._most or len(self._known) > _MAX_ENTRIES:
            self._forget(next(iter(self._known)))

    def _forget(self, origin: str) -> None:
        if (found := self._known.pop(origin, None)) is not None:
            self._size -= _size(found[1])


class Robots:
    """`threads` does what takes long, beside the loop."""

    def __init__(self, client: Client, threads: Executor) -> None:
        self._client, self._threads = client, threads
        self._cache = RobotsCache()
        # While somebody asks a site, all others wait for the same answer.
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def ask(self, url: ada_url.URL, seconds: float) -> None:
        """Raises Disallowed if the site asks not to fetch this page, Transient if it can't be asked."""
        known = await self._rules(url.origin, seconds)
        if known.pieces > _QUICK_PIECES:
            loop = asyncio.get_running_loop()
            allowed = await loop.run_in_executor(self._threads, known.allow, url)
        else:
            allowed = known.allow(url)
        if not allowed:
            raise Disallowed(url)

    def delay(self, url: ada_url.URL) -> float | None:
        """Seconds between two requests, if the site was asked and asks for any; however many they are."""
        known = self._cache.get(url.origin)
        return known.delay if isinstance(known, Rules) else None

    async def sitemaps(self, url: ada_url.URL, seconds: float) -> list[str]:
        """Absolute, even where the site left itself out."""
        known = await self._rules(url.origin, seconds)
        return [_joined(url.origin, address) for address in known.sitemaps]

    async def _rules(self, origin: str, seconds: float) -> Rules:
        known = self._cache.get(origin)
        if known is None:
            lock = self._asking.setdefault(origin, asyncio.Lock())
            async with lock:
                known = self._cache.get(origin) or await self._asked(origin, seconds)
        if isinstance(known, Failure):
            # Each a copy: one that is raised holds on to all that was going on where it was.
            raise copy.copy(known)
        return known

    async def _asked(self, origin: str, seconds: float) -> Known:
        known: Known
        try:
            known = await self._parsed(await self._read(origin, seconds))
        except failures.Blocked:
            # Costs nothing to find out again, and a setting may have opened it by then.
            raise
        except Failure as error:
            wait = error.retry_after if isinstance(error, Transient) else None
            known = copy.copy(error)
            self._cache.put(origin, known, wait or FAILURE_SECONDS)
        else:
            self._cache.put(origin, known)
        return known

    async def _read(self, origin: str, seconds: float) -> str:
        url = ada_url.URL(f"{origin}/robots.txt")
        for _ in range(MAX_REDIRECTS + 1):
            try:
                answer = await self._client.request(url.href, seconds, Reading(MAX_BYTES, cut=True))
            except failures.BadAnswer as error:
                raise _unreadable(error, origin) from error
            except (failures.NameNotFound, failures.BadCertificate) as error:
                raise _elsewhere(error, origin, url) from error
            if answer.status not in REDIRECTS or not answer.headers.get("location"):
                return _text(answer, origin)
            try:
                url = location(url, answer.headers["location"])
            except InvalidTarget:
                return ""
        return ""

    async def _parsed(self, text: str) -> Rules:
        if len(text) < _QUICK_TEXT:
            return rules.read(text, PRODUCT)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, rules.read, text, PRODUCT)


def _text(answer: Answer, origin: str) -> str:
    """RFC 9309, 2.3.1: 4xx means no rules; while the server is in trouble, nothing may be fetched."""
    if answer.status >= 500 or answer.status == 429:
        cause = "robots.txt answered 429" if answer.status == 429 else "robots.txt answered 5xx"
        words = f"The robots.txt of {origin} answered {answer.status}."
        raise Transient(words, cause=cause, retry_after=answer.retry_after)
    if not 200 <= answer.status < 300:
        return ""
    text = rules.decode(answer.body)
    if rules.is_html(text):
        return ""
    return _whole_lines(text) if len(answer.body) >= MAX_BYTES else text


def _whole_lines(text: str) -> str:
    """Without the last, which was cut: half a path would say much more than the whole one."""
    return text[: max(text.rfind("\n"), text.rfind("\r")) + 1]


def _unreadable(error: Failure, origin: str) -> Failure:
    """Whoever may have said no and can't be understood counts as out of reach. RFC 9309, 2.3.1.4."""
    words = f"The robots.txt of {origin} can't be read: {error}"
    return Transient(words, cause="robots.txt can't be read")


def _elsewhere(error: Failure, origin: str, url: ada_url.URL) -> Failure:
    """A failure to read what a robots.txt redirects to is none of the site itself. RFC 9309, 2.3.1.4."""
    if url.origin == origin:
        return error
    words = f"The robots.txt of {origin} is to be found at {url.origin}, which can't be reached: {error}"
    return Transient(words, cause="robots.txt redirects to where nobody answers")


def _joined(origin: str, address: str) -> str:
    try:
        return ada_url.join_url(origin, address)
    except ValueError:
        return address


def _size(known: Known) -> int:
    return known.size if isinstance(known, Rules) else 0
