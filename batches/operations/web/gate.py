"""How often a host is asked: few requests at once, a pause between two, a longer one when it says "too often".

For all operations of a process together. A host is a registered domain: what is slow there is one machine for
all its names, and `a.example.org` and `b.example.org` are visited by turns.
"""

import asyncio
import random
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic

from batches.operation import Postpone, Transient
from batches.operations.web.targets import shown

# Of what a robots.txt asks for: whoever asks for more gets less than hoped, and the result says so.
MAX_DELAY = 30.0
# An item waits so long for its turn, and for one pause; beyond, it makes room for items of other hosts.
PATIENCE = 20.0
# After so many in a row the host is left alone, and items fail instead of waiting for ever.
STRIKES = 3
FIRST_BREAK, MAX_BREAK = 2.0, 300.0
_MAX_HOSTS = 20_000


@dataclass(frozen=True, slots=True)
class Courtesy:
    """At most so many requests at once to a host, so many seconds between two of them, half more or less.

    `contact` is an address where the owner of a site can read who visits, and why.
    """

    places: int = 2
    delay: float = 0.5
    contact: str = ""


COURTESY = Courtesy()


@dataclass(slots=True)
class _Host:
    """Times are monotonic, in seconds. `promised` is when the last of those sent away may come back."""

    places: asyncio.Semaphore
    alone: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    waiting: int = 0
    free_at: float = 0.0
    promised: float = 0.0
    paused_until: float = 0.0
    strikes: int = 0
    struck_at: float = 0.0


class Gate:
    """Used on one loop. What it knows of hosts nobody asked for lately is forgotten."""

    def __init__(self, courtesy: Courtesy) -> None:
        self._courtesy = courtesy
        self._hosts: OrderedDict[str, _Host] = OrderedDict()

    @asynccontextmanager
    async def turn(
        self,
        name: str,
        crawl_delay: float | None = None,
        *,
        at_once: bool = False,
        ours: bool = True,
    ) -> AsyncIterator[None]:
        """Wait for it, some PATIENCE seconds at most. `crawl_delay` in seconds, as the robots.txt asks for it.

        Raises Postpone instead of a longer wait, and Transient while a host is left alone.

        `at_once` is for where a host itself sent us: what it redirects to is part of one visit. Without
        `ours`, only the pause that the host asks for is made.
        """
        host = self._host(name)
        delay = self._delay(crawl_delay, ours)
        queue = 0.0 if at_once else max(host.free_at - monotonic(), host.waiting * delay)
        _admit(host, name, queue, delay)
        host.waiting += 1
        try:
            async with _place(host, name, alone=bool(crawl_delay)):
                # What those before have heard meanwhile may be "not for five minutes".
                _admit(host, name, 0.0, delay)
                start = max(monotonic(), host.paused_until, 0.0 if at_once else host.free_at)
                host.free_at = max(host.free_at, start + delay)
                await asyncio.sleep(max(0.0, start - monotonic()))
                yield
        finally:
            host.waiting -= 1

    def heard(self, name: str, asked_at: float, status: int, retry_after: float | None) -> None:
        """What came of a request. Of many that were on their way when a host said no, one counts."""
        host = self._host(name)
        too_often = status == 429 or (status == 503 and retry_after is not None)
        if asked_at < host.struck_at:
            return
        if not too_often:
            host.strikes = 0
            return
        host.strikes += 1
        host.struck_at = monotonic()
        doubling = min(FIRST_BREAK * 2.0 ** (host.strikes - 1), MAX_BREAK)
        host.paused_until = host.struck_at + (doubling if retry_after is None else retry_after)

    def _delay(self, crawl_delay: float | None, ours: bool) -> float:
        own = self._courtesy.delay * random.uniform(0.5, 1.5) if ours else 0.0  # noqa: S311 - No secret.
        return max(own, min(crawl_delay or 0.0, MAX_DELAY))

    def _host(self, name: str) -> _Host:
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = _Host(asyncio.Semaphore(self._courtesy.places))
            self._forget_some()
        self._hosts.move_to_end(name)
        return host

    def _forget_some(self) -> None:
        while len(self._hosts) > _MAX_HOSTS:
            name, host = self._hosts.popitem(last=False)
            if host.waiting or host.paused_until > monotonic():
                self._hosts[name] = host
                return


@asynccontextmanager
async def _place(host: _Host, name: str, *, alone: bool) -> AsyncIterator[None]:
    # Whoever asks for pauses between requests means one after the other.
    place = host.alone if alone else host.places
    try:
        async with asyncio.timeout(PATIENCE):
            await place.acquire()
    except TimeoutError:
        raise _sent_away(host, name, PATIENCE, 0.0) from None
    try:
        yield
    finally:
        place.release()


def _admit(host: _Host, name: str, queue: float, delay: float) -> None:
    """Raises while a host has asked not to be asked, and if the wait would be long.

    One pause is never too long: a site may ask for more than PATIENCE.
    """
    pause = host.paused_until - monotonic()
    if host.strikes >= STRIKES and pause > 0:
        words = f"{shown(name)} says again and again that it is asked too often."
        raise Transient(words, cause="The site says that it is asked too often", retry_after=pause)
    if (wait := max(pause, queue)) > PATIENCE + delay:
        raise _sent_away(host, name, wait, delay)


def _sent_away(host: _Host, name: str, wait: float, delay: float) -> Postpone:
    """Each a little later than the one before: together they would only be sent away again."""
    now = monotonic()
    host.promised = max(host.promised + delay, now + wait)
    return Postpone(
        f"Waiting for its turn: {shown(name)} is asked only so often.", host.promised - now
    )
