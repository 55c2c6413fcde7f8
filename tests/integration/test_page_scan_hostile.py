"""Servers that mean harm, or are merely broken: each ends in a failure that says so, and the loop lives on."""

import asyncio
import gzip
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from ipaddress import ip_network

import pytest
from aiohttp import web
from django.conf import LazySettings

from batches.operation import Context, Failure, Result
from batches.operations.page_scan import PageScan, PageScanParams
from batches.operations.web import client, failures
from batches.operations.web.client import MAX_HEADER
from batches.operations.web.fetch import MAX_BODY, Fetcher, Limits
from batches.operations.web.guard import Reach
from tests.loopback import QUICK, Recorder, Speaker, serving, speaking

LOOPBACK = [ip_network("127.0.0.0/8")]
MEGABYTE = 1024 * 1024
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
BODY = b"<title>Found</title>"


def limits(seconds: float = 10.0) -> Limits:
    return Limits(seconds, robots=False)


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    made = Fetcher(lambda: Reach(LOOPBACK), Recorder(), courtesy=QUICK)
    yield made
    await made.close()


@pytest.fixture
async def scan(settings: LazySettings) -> AsyncIterator[PageScan]:
    settings.CONSOLE_ALLOWED_NETWORKS = LOOPBACK
    operation = PageScan()
    await operation.open()
    yield operation
    await operation.close()


async def run(scan: PageScan, address: str) -> Result:
    params = PageScanParams(respect_robots=False)
    return await scan.run(address, params, Context(1, 0, 1, "test"))


async def test_a_page_without_an_end_is_left(fetcher: Fetcher) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
                await writer.drain()

    async with speaking(speak) as port:
        with pytest.raises(failures.TooLarge):
            await fetcher.get(f"http://127.0.0.1:{port}/", limits())


async def test_a_page_of_exactly_the_limit_is_read(fetcher: Fetcher) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(
            body=b"x" * (MAX_BODY + (request.path == "/more")), content_type="text/html"
        )

    async with serving(answer) as address:
        assert len((await fetcher.get(address, limits())).body) == MAX_BODY
        with pytest.raises(failures.TooLarge):
            await fetcher.get(f"{address}/more", limits())


def dripping(start: bytes, drop: bytes) -> Speaker:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        with suppress(ConnectionError):
            while True:
                writer.write(drop)
                await writer.drain()
                await asyncio.sleep(0.05)

    return speak


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (HEAD + b"\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        (b"", b"H"),
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
        (b"", b""),
    ],
    ids=["body", "header", "status line", "hints", "silence"],
)
async def test_who_takes_for_ever_is_not_waited_for(
    fetcher: Fetcher, start: bytes, drop: bytes
) -> None:
    async with speaking(dripping(start, drop)) as port:
        began = time.monotonic()
        with pytest.raises(Failure) as raised:
            await fetcher.get(f"http://127.0.0.1:{port}/", limits(0.5))
        assert time.monotonic() - began < 3
    # A status line that is none may be found out before the time is up.
    assert isinstance(raised.value, failures.TooSlow) or drop == b"H"


@pytest.mark.parametrize("start", [b"", HEAD, HEAD + b"\r\n<p>"], ids=["silence", "head", "body"])
async def test_who_stops_speaking_is_left_before_all_the_time_is_up(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch, start: bytes
) -> None:
    monkeypatch.setattr(client, "READ_SECONDS", 0.2)
    async with speaking(dripping(start, b"")) as port:
        began = time.monotonic()
        with pytest.raises(failures.TooSlow):
            await fetcher.get(f"http://127.0.0.1:{port}/", limits(6))
        assert time.monotonic() - began < 3


@contextmanager
def deaf() -> Iterator[int]:
    """A port whose queue is full: whoever dials it next hears nothing. Yields its number."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(server.getsockname())
        yield server.getsockname()[1]


async def test_who_does_not_pick_up_is_left_before_all_the_time_is_up(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "CONNECT_SECONDS", 0.2)
    # The second picks up, and says nothing where both sides are to agree how to speak in secret.
    with deaf() as port:
        async with speaking(b"") as silent:
            for address in (f"http://127.0.0.1:{port}/", f"https://127.0.0.1:{silent}/"):
                began = time.monotonic()
                with pytest.raises(failures.NoConnection, match="Nobody answers"):
                    await fetcher.get(address, limits(6))
                assert time.monotonic() - began < 3


@pytest.mark.parametrize("drop", [b"", b"x"], ids=["silence", "drips"])
async def test_the_end_of_what_nobody_reads_is_not_waited_for(
    fetcher: Fetcher, drop: bytes
) -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: /end\r\n\r\n"
    gone = b"HTTP/1.1 404 Not Found\r\n\r\n"
    heads = iter([moved, gone])

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await dripping(next(heads), drop)(reader, writer)

    async with speaking(speak) as port:
        began = time.monotonic()
        answer = await fetcher.get(f"http://127.0.0.1:{port}/", limits(20))
    assert 2 <= time.monotonic() - began < 5
    assert (answer.status, answer.hops[0].status) == (404, 302)


def headed(*lines: bytes) -> bytes:
    return HEAD + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + BODY


LENGTH = b"Content-Length: %d" % len(BODY)
BAD = {
    "header flood": headed(LENGTH, *[b"X%d: 1" % n for n in range(100_000)]),
    "long header": headed(LENGTH, b"X: " + b"x" * 10 * MEGABYTE),
    "above the limit": headed(LENGTH, b"X: " + b"x" * (MAX_HEADER + 100)),
    "two lengths": headed(b"Content-Length: 5", b"Content-Length: 6"),
    "negative length": headed(b"Content-Length: -5"),
    "length in words": headed(b"Content-Length: many"),
    "length and chunks": headed(LENGTH, b"Transfer-Encoding: chunked"),
    "other protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nx",
    "a chunk without a length": headed(b"Transfer-Encoding: chunked").replace(
        BODY, b"no\r\n" + BODY
    ),
    "a body that can't be": headed().replace(b"200 OK", b"204 No Content"),
    "status of nothing": headed(LENGTH).replace(b"200 OK", b"000 OK"),
    "no HTTP": b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
    "older than HTTP": BODY,
    "status in words": b"HTTP/1.1 OK\r\n\r\n",
    "status of millions": b"HTTP/1.1 1000000 OK\r\n\r\n",
    "NUL in a header": headed(LENGTH, b"X: a\0b"),
    "header without a name": headed(LENGTH, b": x"),
    "not gzip": headed(LENGTH, b"Content-Encoding: gzip"),
    "not brotli": headed(LENGTH, b"Content-Encoding: br"),
    "not zstd": headed(LENGTH, b"Content-Encoding: zstd"),
    "packed twice": headed(LENGTH, b"Content-Encoding: gzip, gzip"),
    "packed, by a name of old": headed(LENGTH, b"Content-Encoding: x-gzip"),
    "packed in an unknown way": headed(LENGTH, b"Content-Encoding: rot13"),
}


@pytest.mark.parametrize("said", BAD.values(), ids=BAD.keys())
async def test_what_is_no_answer_is_called_so(fetcher: Fetcher, said: bytes) -> None:
    async with speaking(said) as port:
        with pytest.raises(failures.BadAnswer):
            await fetcher.get(f"http://127.0.0.1:{port}/", limits())


CUT = {
    "nothing": b"",
    "half a status line": b"HTTP/1.1 2",
    "half the headers": HEAD,
    "half the body": headed(b"Content-Length: 5000"),
    "half the chunks": headed(b"Transfer-Encoding: chunked")[: -len(BODY)] + b"5\r\nabcde\r\n",
}


@pytest.mark.parametrize("said", CUT.values(), ids=CUT.keys())
async def test_who_hangs_up_early_is_asked_again(fetcher: Fetcher, said: bytes) -> None:
    async with speaking(said) as port:
        with pytest.raises(failures.BrokenOff):
            await fetcher.get(f"http://127.0.0.1:{port}/", limits())


FINE = {
    "no length": headed(),
    "lone line feeds": headed(LENGTH).replace(b"\r\n", b"\n"),
    "a policy of 20 kB": headed(LENGTH, b"Content-Security-Policy: " + b"x" * 20_000),
    "half a gzip": headed(b"Content-Encoding: gzip")[: -len(BODY)] + gzip.compress(BODY)[:-4],
    "charset that is none": headed(LENGTH).replace(b"text/html", b"text/html; charset=zlib"),
    "charset of digits": headed(LENGTH).replace(b"text/html", b"text/html; charset=hex"),
    "charset of names": headed(LENGTH).replace(b"text/html", b"text/html; charset=punycode"),
    "charset of domains": headed(LENGTH).replace(b"text/html", b"text/html; charset=idna"),
    "no type": headed(LENGTH).replace(b"Content-Type: text/html\r\n", b""),
    "a NUL in the title": headed().replace(b"Found", b"Fo\0und"),
}


@pytest.mark.parametrize("said", FINE.values(), ids=FINE.keys())
async def test_what_is_odd_but_readable_is_read(scan: PageScan, said: bytes) -> None:
    async with speaking(said) as port:
        found = await run(scan, f"http://127.0.0.1:{port}/")
    assert found.data["title"] == "Found"


async def test_the_size_of_a_page_is_that_of_its_text(scan: PageScan) -> None:
    said = headed(b"Content-Encoding: gzip", b"Content-Length: %d" % len(gzip.compress(BODY * 99)))
    async with speaking(said[: -len(BODY)] + gzip.compress(BODY * 99)) as port:
        found = await run(scan, f"http://127.0.0.1:{port}/")
    assert found.data["bytes"] == len(BODY * 99)


async def test_a_page_that_would_keep_a_parser_busy_does_not_stop_the_others(
    scan: PageScan,
) -> None:
    async def answer(request: web.Request) -> web.Response:
        deep = request.path == "/deep"
        text = "<title>Deep</title>" + "<div></x>" * 500_000 if deep else "<title>Flat</title>"
        return web.Response(text=text, content_type="text/html")

    async with serving(answer) as address, asyncio.TaskGroup() as group:
        began = time.monotonic()
        deep = [group.create_task(run(scan, f"{address}/deep")) for _ in range(4)]
        flat = await run(scan, f"{address}/flat")
        assert flat.data["title"] == "Flat"
        assert [(await task).data["title"] for task in deep] == ["Deep"] * 4
        assert time.monotonic() - began < 20  # Unguarded, minutes.
