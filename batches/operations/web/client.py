"""One request and its answer, within limits of time, size and place."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.connector import Connection
from yarl import URL

from batches.operations.web import failures, streams
from batches.operations.web.guard import (
    Reach,
    SocketFactory,
    check,
    guarded,
    plain_socket,
    watched,
)
from batches.operations.web.measured import Certificate, Clock, Response, Timing, tracing
from batches.operations.web.targets import shown

CONNECT_SECONDS, READ_SECONDS = 5, 10
# Some sites send content policies of many kilobytes.
MAX_HEADER = 32 * 1024
MAX_RETRY_AFTER = 300.0
# What is read of an answer nobody wants: mostly all of it, and then the connection can be used again.
_SCRAPS, SCRAPS_SECONDS = 16 * 1024, 1.0
# Of these there is one; of a server that sends two, browsers believe the last. All others are lists.
_SINGLE = frozenset({
    "age", "content-length", "content-type", "date", "etag", "expires", "last-modified", "retry-after", "server",
})  # fmt: skip
# As the client below unpacks them. Nobody is told that we read "x-gzip", its name of old, too.
_UNPACKED = frozenset({"", "identity", "gzip", "deflate", "br", "zstd"})


@dataclass(frozen=True, slots=True)
class Hop:
    url: str
    status: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The last answer of a chain: `hops` are the redirects before it, `body` is decompressed.

    `transferred` counts the bytes of the body as they came, packed. `certificate` is there if it was asked
    by https. `insecure` says why it came by http when https was tried first; `crawl_delay` is what the
    robots.txt asks for, in seconds.
    """

    url: str
    status: int
    headers: dict[str, str]
    body: bytes
    milliseconds: int
    hops: list[Hop] = field(default_factory=list)
    insecure: str = ""
    timing: Timing | None = None
    transferred: int = 0
    certificate: Certificate | None = None
    crawl_delay: float | None = None

    @property
    def unchanged(self) -> bool:
        """It is as it was when the server gave the `etag` or date that it was asked with."""
        return self.status == 304

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server asks us to wait; at most five minutes. RFC 9110, 10.2.3."""
        value = self.headers.get("retry-after", "").strip()
        if value.isdecimal():
            return min(float(value[:9]), MAX_RETRY_AFTER)
        try:
            wait = parsedate_to_datetime(value).astimezone(UTC) - datetime.now(UTC)
        except (ValueError, OverflowError):
            return None
        return min(max(wait.total_seconds(), 0.0), MAX_RETRY_AFTER)


@dataclass(frozen=True, slots=True)
class Reading:
    """How much of a body is read: `most` bytes, decompressed. More is an error, unless it is to be `cut`.

    Of an answer that is not `wanted`, by status and headers, only scraps are read. `take` is given the
    pieces as they come, and of an answer that breaks off, all that came; then the answer itself has no body.
    """

    most: int
    wanted: Callable[[int, str], bool] = lambda status, content_type: True
    cut: bool = False
    take: Callable[[bytes], Awaitable[None]] | None = None


def _checking(reach: Callable[[], Reach]) -> type[aiohttp.ClientRequest]:
    """A connection that is used again was allowed when it was made; a setting may have closed its network since."""

    class Request(aiohttp.ClientRequest):
        async def send(self, conn: Connection) -> aiohttp.ClientResponse:
            try:
                peer = conn.transport and conn.transport.get_extra_info("peername")
                # Of one that has just been lost there is nothing to ask, and nothing can be sent by it.
                if peer:
                    check(peer, reach())
            except PermissionError:
                conn.close()
                raise
            return await super().send(conn)

    return Request


class Client:
    """The connections of one loop. Made, used and closed on that loop."""

    def __init__(
        self,
        reach: Callable[[], Reach],
        agent: str,
        make: SocketFactory = plain_socket,
        resolver: AbstractResolver | None = None,
    ) -> None:
        connector = aiohttp.TCPConnector(
            socket_factory=guarded(reach, make),
            resolver=resolver,
            limit=0,
            ttl_dns_cache=300,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            request_class=_checking(reach),
            response_class=Response,
            trace_configs=[tracing()],
            # Sites that we visit once need not recognise us, and a flood of cookies costs nothing.
            cookie_jar=aiohttp.DummyCookieJar(),
            # A proxy from the environment would connect where the guard can't look.
            trust_env=False,
            headers={"User-Agent": agent, "Accept": "text/html,*/*;q=0.5"},
            max_field_size=MAX_HEADER,
            max_line_size=MAX_HEADER,
        )

    async def close(self) -> None:
        await self._session.close()

    async def request(
        self, url: str, seconds: float, reading: Reading, asking: Mapping[str, str] | None = None
    ) -> Answer:
        """GET without following redirects. `seconds` covers all of it but what `take` does. Raises what `failures` explains."""
        # The client's own clock can't be stopped.
        ours, theirs = (seconds, None) if reading.take else (None, seconds)
        timeout = aiohttp.ClientTimeout(
            total=theirs, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS
        )
        clock, patience = Clock(), asyncio.timeout(ours)
        with watched() as refused:
            try:
                # Encoded already: the client must not understand the address otherwise than we did.
                async with patience, self._session.get(
                    URL(url, encoded=True), timeout=timeout, allow_redirects=False, headers=asking,
                    trace_request_ctx=clock,
                ) as response:  # fmt: skip
                    if response.status < 200:
                        raise failures.BadAnswer(
                            "What answers there does not speak HTTP as it should."
                        )
                    clock.answered = time.monotonic()
                    assert isinstance(response, Response)
                    answer = Answer(url, response.status, _joined(response.headers), b"", 0)
                    body = await _read(response, answer, reading, patience)
            except (aiohttp.ClientError, OSError, ValueError) as error:
                raise failures.explained(error, shown(URL(url).raw_host or ""), refused) from error
        return replace(
            answer,
            body=body,
            milliseconds=clock.milliseconds(),
            timing=clock.timing(),
            transferred=streams.transferred(response.content),
            certificate=response.certificate,
        )


def _joined(headers: Mapping[str, str]) -> dict[str, str]:
    """One text for each name, in lower case. RFC 9110, 5.3: what is sent in two lines is one list.

    Dates in cookies have commas: of these, each keeps its line.
    """
    found: dict[str, str] = {}
    for name, value in headers.items():
        name = name.lower()
        if name not in found or name in _SINGLE:
            found[name] = value
        elif name != "location":
            between = "\n" if name == "set-cookie" else ", "
            found[name] = f"{found[name]}{between}{value}"
    return found


async def _read(
    response: aiohttp.ClientResponse, answer: Answer, reading: Reading, patience: asyncio.Timeout
) -> bytes:
    """Of an answer nobody wants, nothing: that it never ends, or is broken, is not what was asked."""
    if not reading.wanted(answer.status, answer.content_type):
        scraps = replace(reading, most=_SCRAPS, cut=True, take=None)
        with suppress(aiohttp.ClientError, OSError):
            async with asyncio.timeout(SCRAPS_SECONDS):
                await _pieces(response, scraps, patience)
                return b""
        response.close()
        return b""
    body = await _pieces(response, reading, patience)
    if answer.headers.get("content-encoding", "").strip().lower() not in _UNPACKED:
        raise failures.BadAnswer("The page is packed in a way that can't be read.")
    return body


async def _pieces(
    response: aiohttp.ClientResponse, reading: Reading, patience: asyncio.Timeout
) -> bytes:
    """One by one, after decompression: a small answer may unfold to gigabytes."""
    body, size = bytearray(), 0
    while piece := await streams.next_piece(response.content):
        size += len(piece)
        if size > reading.most:
            response.close()
            if not reading.cut:
                words = f"The page is larger than {reading.most // 1024 // 1024} MB."
                raise failures.TooLarge(words, cause=words)
            body += piece[: len(piece) - (size - reading.most)]
            break
        if reading.take is not None:
            await streams.unhurried(reading.take(piece), patience)
        else:
            body += piece
    return bytes(body)
