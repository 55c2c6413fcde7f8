"""One page from the web, politely and within limits, or a failure that says in plain words what happened."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import ada_url
import aiohttp
from protego import Protego
from yarl import URL

from batches.operation import InvalidTarget, Permanent, Skip, Transient
from batches.operations.web import failures
from batches.operations.web.charset import decode
from batches.operations.web.guard import Network, SocketFactory, guarded, plain_socket
from batches.operations.web.robots import ALLOW_ALL, MAX_BYTES, PRODUCT, RobotsCache
from batches.operations.web.targets import parse

MAX_BODY = 5 * 1024 * 1024
CONNECT_SECONDS, READ_SECONDS = 5, 10
# Some sites send content policies of many kilobytes.
MAX_HEADER = 32 * 1024
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Hop:
    url: str
    status: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The last answer of a chain: `hops` are the redirects before it, `body` is decompressed."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes
    milliseconds: int
    hops: list[Hop] = field(default_factory=list)

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Limits:
    """`seconds` for the whole of one request, redirects apart."""

    seconds: float = 30.0
    redirects: int = 5
    robots: bool = True


class Fetcher:
    """One client for all fetches of a loop. Made, used and closed on that loop."""

    def __init__(
        self, exceptions: Callable[[], Sequence[Network]], make: SocketFactory = plain_socket
    ) -> None:
        connector = aiohttp.TCPConnector(
            socket_factory=guarded(exceptions, make), limit=0, limit_per_host=4, ttl_dns_cache=300
        )
        self._robots = RobotsCache()
        self._client = aiohttp.ClientSession(
            connector=connector,
            # Sites that we visit once need not recognise us, and a flood of cookies costs nothing.
            cookie_jar=aiohttp.DummyCookieJar(),
            # A proxy from the environment would connect where the guard can't look.
            trust_env=False,
            headers={
                "User-Agent": f"Mozilla/5.0 (compatible; {PRODUCT}/1.0)",
                "Accept": "text/html,*/*;q=0.5",
            },
            max_field_size=MAX_HEADER,
            max_line_size=MAX_HEADER,
        )

    async def close(self) -> None:
        await self._client.close()

    async def site(self, target: str, limits: Limits) -> Answer:
        """A target as `targets.site` made it: a URL as it is, a bare host by https, else by http."""
        if "://" in target:
            return await self.get(target, limits)
        try:
            return await self.get(f"https://{target}", limits)
        except failures.NoSecureConnection:
            return await self.get(f"http://{target}", limits)

    async def get(self, address: str, limits: Limits) -> Answer:
        """Raises Transient, Permanent or Skip, each in words for the operator."""
        url, hops = _checked(address), list[Hop]()
        while True:
            if limits.robots:
                await self._ask_robots(url, limits)
            answer = await self._request(url.href, limits.seconds, MAX_BODY)
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not location:
                return Answer(
                    answer.url,
                    answer.status,
                    answer.headers,
                    answer.body,
                    answer.milliseconds,
                    hops,
                )
            hops.append(Hop(answer.url, answer.status))
            url = _next(url, location, hops, limits)

    async def _ask_robots(self, url: ada_url.URL, limits: Limits) -> None:
        rules = self._robots.get(url.origin)
        if rules is None:
            rules = await self._read_robots(url.origin, limits)
            self._robots.put(url.origin, rules)
        if not rules.can_fetch(url.href, PRODUCT):
            raise Skip(f"The robots.txt of {url.host} asks not to fetch this page.")

    async def _read_robots(self, origin: str, limits: Limits) -> Protego:
        try:
            answer = await self._request(
                f"{origin}/robots.txt", limits.seconds, MAX_BYTES, cut=True
            )
        except failures.BadAnswer:
            return ALLOW_ALL
        # RFC 9309, 2.3.1: 4xx means no rules; while the server is in trouble, nothing may be fetched.
        if answer.status >= 500:
            raise Transient(
                f"The robots.txt of {origin} answered {answer.status}.",
                cause="robots.txt answered 5xx",
            )
        if answer.status != 200 or answer.content_type == "text/html":
            return ALLOW_ALL
        text, _ = decode(answer.body, answer.headers.get("content-type", ""))
        return Protego.parse(text)

    async def _request(self, url: str, seconds: float, most: int, cut: bool = False) -> Answer:
        timeout = aiohttp.ClientTimeout(
            total=seconds, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS
        )
        started = time.monotonic()
        try:
            # Encoded already: the client must not understand the address in another way than we did.
            async with self._client.get(
                URL(url, encoded=True), timeout=timeout, allow_redirects=False
            ) as response:
                body = await _read(response, most, cut)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise failures.explained(error, url) from error
        headers = {name.lower(): value for name, value in response.headers.items()}
        milliseconds = round((time.monotonic() - started) * 1000)
        return Answer(url, response.status, headers, body, milliseconds)


async def _read(response: aiohttp.ClientResponse, most: int, cut: bool) -> bytes:
    """Piece by piece, after decompression: a small answer may unfold to gigabytes."""
    body = bytearray()
    async for piece in response.content.iter_chunked(64 * 1024):
        body += piece
        if len(body) > most:
            response.close()
            if cut:
                return bytes(body[:most])
            words = f"The page is larger than {most // 1024 // 1024} MB."
            raise failures.TooLarge(words, cause=words)
    if response.headers.get("content-encoding", "identity").lower() not in failures.KNOWN_ENCODINGS:
        raise failures.BadAnswer("The page is packed in a way that can't be read.")
    return bytes(body)


def _checked(address: str) -> ada_url.URL:
    try:
        return parse(address)
    except InvalidTarget as error:
        raise Permanent(f"The address {error}.") from error


def _next(url: ada_url.URL, location: str, hops: list[Hop], limits: Limits) -> ada_url.URL:
    if len(hops) > limits.redirects:
        raise Permanent(f"More than {limits.redirects} redirects, one after the other.")
    try:
        target = parse(
            ada_url.join_url(
                url.href, location.encode("latin-1", "replace").decode("utf-8", "replace")
            )
        )
    except (InvalidTarget, ValueError) as error:
        raise Permanent(f"Redirected to an address that can't be followed: {location[:200]}",
                        cause="Redirected to an address that can't be followed") from error  # fmt: skip
    if target.href in {hop.url for hop in hops}:
        raise Permanent("The site redirects in a circle.")
    return target
