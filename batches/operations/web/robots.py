"""What a site asks of robots. https://www.rfc-editor.org/rfc/rfc9309"""

import asyncio
from collections import OrderedDict
from concurrent.futures import Executor
from time import monotonic

import ada_url
from protego import Protego

from batches.operation import InvalidTarget, Skip, Transient
from batches.operations.html.charset import decode
from batches.operations.web import failures
from batches.operations.web.client import Answer, Client, Reading
from batches.operations.web.redirects import REDIRECTS, location

PRODUCT = "BatchConsole"
MAX_BYTES = 500 * 1024
# RFC 9309, 2.3.1.2.
MAX_REDIRECTS = 5
_SECONDS = 3_600.0
_MAX_ENTRIES, _MAX_SIZE = 10_000, 32 * 1024 * 1024
# Reading so many rules takes a millisecond; more would hold the loop up.
_QUICK = 8 * 1024

ALLOW_ALL = Protego.parse("")


class RobotsCache:
    """Rules by origin, for an hour: those asked for last, as many as fit into a size."""

    def __init__(self, most: int = _MAX_SIZE) -> None:
        self._rules: OrderedDict[str, tuple[float, int, Protego]] = OrderedDict()
        self._most = most
        self._size = 0

    def get(self, origin: str) -> Protego | None:
        found = self._rules.get(origin)
        if found is None or monotonic() - found[0] > _SECONDS:
            return None
        self._rules.move_to_end(origin)
        return found[2]

    def put(self, origin: str, rules: Protego, size: int) -> None:
        """`size`: of the text that the rules were read from."""
        self._forget(origin)
        self._rules[origin] = monotonic(), size, rules
        self._size += size
        while self._size > self._most or len(self._rules) > _MAX_ENTRIES:
            self._forget(next(iter(self._rules)))

    def _forget(self, origin: str) -> None:
        if (found := self._rules.pop(origin, None)) is not None:
            self._size -= found[1]


class Robots:
    """Asks each site once an hour. `threads` reads long files."""

    def __init__(self, client: Client, threads: Executor) -> None:
        self._client, self._threads = client, threads
        self._cache = RobotsCache()

    async def ask(self, url: ada_url.URL, seconds: float) -> None:
        """Raises Skip if the site asks not to fetch this page, Transient if it can't be asked."""
        rules = await self._rules(url, seconds)
        if not rules.can_fetch(url.href, PRODUCT):
            raise Skip(f"The robots.txt of {url.host} does not allow to fetch this page.")

    async def sitemaps(self, url: ada_url.URL, seconds: float) -> list[str]:
        return [str(address) for address in (await self._rules(url, seconds)).sitemaps]

    async def _rules(self, url: ada_url.URL, seconds: float) -> Protego:
        rules = self._cache.get(url.origin)
        if rules is None:
            text = await self._read(url.origin, seconds)
            rules = await self._parsed(text)
            self._cache.put(url.origin, rules, len(text))
        return rules

    async def _read(self, origin: str, seconds: float) -> str:
        url = ada_url.URL(f"{origin}/robots.txt")
        for _ in range(MAX_REDIRECTS + 1):
            try:
                answer = await self._client.request(url.href, seconds, Reading(MAX_BYTES, cut=True))
            except failures.BadAnswer:
                return ""
            if answer.status not in REDIRECTS or not answer.headers.get("location"):
                return _rules(answer, origin)
            try:
                url = location(url, answer.headers["location"])
            except InvalidTarget:
                return ""
        return ""

    async def _parsed(self, text: str) -> Protego:
        if not text:
            return ALLOW_ALL
        if len(text) < _QUICK:
            return Protego.parse(text)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, Protego.parse, text)


def _rules(answer: Answer, origin: str) -> str:
    """RFC 9309, 2.3.1: 4xx means no rules; while the server is in trouble, nothing may be fetched."""
    if answer.status >= 500 or answer.status == 429:
        cause = "robots.txt answered 429" if answer.status == 429 else "robots.txt answered 5xx"
        words = f"The robots.txt of {origin} answered {answer.status}."
        raise Transient(words, cause=cause, retry_after=answer.retry_after)
    if answer.status != 200 or answer.content_type == "text/html":
        return ""
    return decode(answer.body, answer.headers.get("content-type", ""))[0]
