"""One page from the web, politely and within limits, or a failure that says in plain words what happened."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from http import HTTPStatus

import ada_url
from aiohttp.abc import AbstractResolver

from batches.operation import InvalidTarget, Permanent, Transient
from batches.operations.html.clean import fit
from batches.operations.web import failures
from batches.operations.web.client import Answer, Client, Hop, Reading
from batches.operations.web.guard import Network, SocketFactory, plain_socket
from batches.operations.web.redirects import REDIRECTS, location
from batches.operations.web.robots import PRODUCT, Robots
from batches.operations.web.targets import is_url, parse

MAX_BODY = 5 * 1024 * 1024
# Told to come back later: another attempt is what the site itself asks for.
_LATER = frozenset({408, 425, 429})
# Not implemented, wrong version, not extended: the same request will get the same answer.
_NEVER = frozenset({501, 505, 510})
_HTML = frozenset({"text/html", "application/xhtml+xml", ""})


@dataclass(frozen=True, slots=True)
class Limits:
    """`seconds` for the whole of one request, redirects apart."""

    seconds: float = 30.0
    redirects: int = 5
    robots: bool = True


def is_page(status: int, content_type: str) -> bool:
    """Whether there is something to read: of errors and redirects nobody reads the text."""
    return status < 300 and content_type in _HTML


def check(answer: Answer) -> None:
    """Raises Transient or Permanent for an answer that says no."""
    if answer.status < 400:
        return
    phrase = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else ""
    words = f"The site answered {answer.status} {phrase}".strip() + "."
    again = answer.status in _LATER or (answer.status >= 500 and answer.status not in _NEVER)
    if again:
        raise Transient(words, cause=words, retry_after=answer.retry_after)
    raise Permanent(words, cause=words)


PAGE = Reading(MAX_BODY, is_page)


class Fetcher:
    """One client for all fetches of a loop. Made, used and closed on that loop.

    `exceptions` are the networks open besides the public web, asked for at each connection.
    `make` and `resolver` replace what dials and what looks names up. `threads` are for reading what was
    fetched, beside the loop.
    """

    def __init__(
        self,
        exceptions: Callable[[], Sequence[Network]],
        make: SocketFactory = plain_socket,
        resolver: AbstractResolver | None = None,
    ) -> None:
        # Parsing lets go of the interpreter; more threads than cores would only wait for each other.
        self.threads = ThreadPoolExecutor(2, thread_name_prefix="page-reader")
        # libxml2 keeps names by thread: a document that is begun in one and ended in another takes the
        # process down when it is freed ("free(): invalid pointer").
        self.xml_thread = ThreadPoolExecutor(1, thread_name_prefix="sitemap-reader")
        agent = f"Mozilla/5.0 (compatible; {PRODUCT}/1.0)"
        self._client = Client(exceptions, agent, make, resolver)
        self._robots = Robots(self._client, self.threads)

    async def close(self) -> None:
        await self._client.close()
        self.threads.shutdown(wait=False, cancel_futures=True)
        self.xml_thread.shutdown(wait=False, cancel_futures=True)

    async def site(self, target: str, limits: Limits, reading: Reading = PAGE) -> Answer:
        """A target as `targets.site` made it: a URL as it is, a bare host by https, else by http."""
        if is_url(target):
            return await self.get(target, limits, reading)
        try:
            return await self.get(f"https://{target}", limits, reading)
        except failures.NoSecureConnection as error:
            first = error
        try:
            answer = await self.get(f"http://{target}", limits, reading)
        except (Transient, failures.BadAnswer):
            # That something is there, but not securely, says more than that http doesn't work at all.
            if isinstance(first, failures.BadCertificate):
                raise first from None
            raise
        return replace(answer, insecure=str(first))

    async def sitemaps(self, address: str, limits: Limits) -> list[str]:
        """The addresses that the robots.txt of a site names as its sitemaps, as they stand there."""
        return await self._robots.sitemaps(parse(address), limits.seconds)

    async def get(
        self,
        address: str,
        limits: Limits,
        reading: Reading = PAGE,
        *,
        etag: str = "",
        last_modified: str = "",
    ) -> Answer:
        """Raises Transient, Permanent or Skip, each in words for the operator.

        With the headers of an earlier answer, one that has not changed since comes as `unchanged`, empty.
        """
        asking = _asking(etag, last_modified)
        try:
            url = parse(address)
        except InvalidTarget as error:
            raise Permanent(f"That can't be fetched: {error}.") from error
        hops = list[Hop]()
        while True:
            if limits.robots:
                await self._robots.ask(url, limits.seconds)
            answer = await self._client.request(url.href, limits.seconds, reading, asking)
            if answer.status not in REDIRECTS or not answer.headers.get("location"):
                return replace(answer, hops=hops)
            hops.append(Hop(answer.url, answer.status))
            url = _next(url, answer.headers["location"], hops, limits)


def _asking(etag: str, last_modified: str) -> dict[str, str]:
    """RFC 9110, 13.1: as the server wrote them, for it compares them as text."""
    asking = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    return {name: value for name, value in asking.items() if value and value.isprintable()}


def _next(url: ada_url.URL, header: str, hops: list[Hop], limits: Limits) -> ada_url.URL:
    if len(hops) > limits.redirects:
        words = f"More than {limits.redirects} redirects, one after the other"
        raise failures.BadRedirect(f"{words}: {_chain(hops)}.", cause=words)
    try:
        target = location(url, header)
    except InvalidTarget as error:
        words = "Redirected to an address that can't be followed"
        raise failures.BadRedirect(f"{words}: {fit(header[:200])}", cause=words) from error
    if target.href in {hop.url for hop in hops}:
        words = "The site redirects in a circle."
        raise failures.BadRedirect(
            f"{words[:-1]}: {_chain([*hops, Hop(target.href, 0)])}.", cause=words
        )
    return target


def _chain(hops: list[Hop]) -> str:
    return " → ".join(hop.url[:200] for hop in hops)
