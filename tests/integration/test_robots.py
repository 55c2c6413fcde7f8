"""Asking sites for their robots.txt: how often, how far, and what to make of their answers."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network

import ada_url
import pytest
from aiohttp import web

from batches.operation import Failure, Skip, Transient
from batches.operations.web import failures, robots
from batches.operations.web.client import Client
from batches.operations.web.guard import Reach
from batches.operations.web.robots import MAX_BYTES, Robots
from tests.loopback import Recorder, Table, serving, speaking

CLOSED = "User-agent: *\nDisallow: /"
NAMES = {"inside.example": ["127.0.0.2"]}


@pytest.fixture
async def asker() -> AsyncIterator[Robots]:
    client = Client(lambda: Reach([ip_network("127.0.0.1")]), "test", Recorder(), Table(NAMES))
    with ThreadPoolExecutor(1) as threads:
        yield Robots(client, threads)
        await client.close()


class Site:
    """Answers for its robots.txt, after so many redirects, as told; counts what it is asked."""

    def __init__(self, body: str | bytes = "", status: int = 200, **headers: str) -> None:
        self.body = body.encode() if isinstance(body, str) else body
        self.status = status
        self.headers = {"Content-Type": "text/plain"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        self.redirects = 0
        self.asked: Counter[str] = Counter()

    async def __call__(self, request: web.Request) -> web.Response:
        self.asked[request.path] += 1
        step = int(request.query.get("step", 0))
        if step < self.redirects:
            raise web.HTTPFound(f"/moved?step={step + 1}")
        # Long enough for others to come in between.
        await asyncio.sleep(0.01)
        return web.Response(status=self.status, body=self.body, headers=self.headers)


async def ask(asker: Robots, address: str, path: str = "/page") -> None:
    await asker.ask(ada_url.URL(f"{address}{path}"), 5)


async def refuses(asker: Robots, site: Site, path: str = "/page") -> bool:
    async with serving(site) as address:
        try:
            await ask(asker, address, path)
        except Skip:
            return True
    return False


async def failure(asker: Robots, site: Site) -> Failure:
    async with serving(site) as address:
        with pytest.raises(Failure) as raised:
            await ask(asker, address)
    return raised.value


@pytest.mark.parametrize("count", [1, 100])
async def test_a_hundred_pages_at_once_ask_once(asker: Robots, count: int) -> None:
    site = Site("User-agent: *\nDisallow: /9")
    async with serving(site) as address:
        pages = [ask(asker, address, f"/{number}") for number in range(count)]
        found = await asyncio.gather(*pages, return_exceptions=True)
        assert sum(isinstance(one, Skip) for one in found) == (11 if count == 100 else 0)
        assert sum(one is None for one in found) == (89 if count == 100 else 1)
        await ask(asker, address)
    assert site.asked == {"/robots.txt": 1}


async def test_a_hundred_pages_at_once_are_told_of_one_failure(
    asker: Robots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robots, "FAILURE_SECONDS", 60)
    site = Site(status=503)
    async with serving(site) as address:
        pages = [ask(asker, address, f"/{number}") for number in range(100)]
        found = await asyncio.gather(*pages, return_exceptions=True)
    assert {str(one) for one in found} == {f"The robots.txt of {address} answered 503."}
    # Each its own, so that nothing of one page stays behind with another.
    assert len({id(one) for one in found}) == 100
    assert site.asked == {"/robots.txt": 1}


async def test_others_get_their_answer_though_who_asked_first_gives_up(asker: Robots) -> None:
    site = Site(CLOSED)
    async with serving(site) as address, asyncio.TaskGroup() as group:
        first = group.create_task(ask(asker, address))
        await asyncio.sleep(0)
        other = asyncio.gather(ask(asker, address), return_exceptions=True)
        await asyncio.sleep(0)
        first.cancel()
        assert isinstance((await other)[0], Skip)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200, True), (203, True), (204, False), (300, False), (304, False)]
    + [(status, False) for status in (400, 401, 403, 404, 410, 418, 451)],
)
async def test_only_a_success_brings_rules(asker: Robots, status: int, expected: bool) -> None:
    assert await refuses(asker, Site(CLOSED, status)) is expected


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 599])
async def test_a_site_in_trouble_is_left_alone_for_now(asker: Robots, status: int) -> None:
    error = await failure(asker, Site(CLOSED, status))
    assert isinstance(error, Transient)
    assert error.retry_after is None
    assert error.cause == f"robots.txt answered {'429' if status == 429 else '5xx'}"


async def test_a_site_says_when_to_come_back(asker: Robots) -> None:
    site = Site(status=429, Retry_After="77")
    async with serving(site) as address:
        for _ in range(2):
            with pytest.raises(Transient) as raised:
                await ask(asker, address)
            assert raised.value.retry_after == 77
    assert site.asked == {"/robots.txt": 1}


@pytest.mark.parametrize(("seconds", "asked"), [(60, 1), (-1, 2)])
async def test_a_site_in_trouble_is_asked_again_soon(
    asker: Robots, monkeypatch: pytest.MonkeyPatch, seconds: float, asked: int
) -> None:
    monkeypatch.setattr(robots, "FAILURE_SECONDS", seconds)
    site = Site(status=500)
    async with serving(site) as address:
        for _ in range(2):
            with pytest.raises(Transient):
                await ask(asker, address)
    assert site.asked == {"/robots.txt": asked}


async def test_where_nobody_answers_nothing_is_fetched(asker: Robots) -> None:
    with pytest.raises(failures.NoConnection):
        await ask(asker, "http://127.0.0.1:1")
    async with speaking(b"") as port:
        with pytest.raises(failures.BrokenOff):
            await ask(asker, f"http://127.0.0.1:{port}")


SAID = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n" % len(CLOSED)


@pytest.mark.parametrize(
    "said",
    [
        SAID + b"Content-Encoding: gzip\r\n\r\n" + CLOSED.encode(),
        SAID + b"X: " + b"x" * 40_000 + b"\r\n\r\n" + CLOSED.encode(),
        b"SSH-2.0-OpenSSH_9.9\r\n",
    ],
    ids=["not gzip", "long header", "no HTTP"],
)
async def test_rules_that_cannot_be_read_are_no_leave_to_fetch(asker: Robots, said: bytes) -> None:
    async with speaking(said) as port:
        with pytest.raises(Transient, match=r"robots\.txt of .* can't be read: .") as raised:
            await ask(asker, f"http://127.0.0.1:{port}")
    assert raised.value.cause == "robots.txt can't be read"


@pytest.mark.parametrize("drop", [b"", b"#"], ids=["silence", "drips"])
async def test_who_takes_for_ever_to_say_the_rules_is_left_alone_for_now(
    asker: Robots, drop: bytes
) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(0.05)

    async with speaking(speak) as port:
        with pytest.raises(failures.TooSlow) as raised:
            await asker.ask(ada_url.URL(f"http://127.0.0.1:{port}/page"), 0.5)
    assert isinstance(raised.value, Transient)


async def test_rules_are_good_for_a_day(asker: Robots, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(robots, "monotonic", lambda: now)
    site = Site()
    async with serving(site) as address:
        for seconds, asked in [(0, 1), (86_399, 1), (86_401, 2)]:
            now = seconds
            await ask(asker, address)
            assert site.asked == {"/robots.txt": asked}


async def test_five_redirects_are_followed_and_no_more(asker: Robots) -> None:
    for redirects in (1, 5):
        site = Site(CLOSED)
        site.redirects = redirects
        assert await refuses(asker, site)
    site = Site(CLOSED)
    site.redirects = 6
    assert not await refuses(asker, site)
    assert sum(site.asked.values()) == 6


@pytest.mark.parametrize(
    ("to", "kind", "words"),
    [
        ("http://127.0.0.2:80/robots.txt", failures.Blocked, "Blocked: 127.0.0.2 is not"),
        ("http://[::1]/robots.txt", failures.Blocked, "Blocked"),
        ("http://inside.example/robots.txt", failures.Blocked, "Blocked"),
        ("http://gone.example/robots.txt", Transient, "at http://gone.example, which can't be"),
    ],
)
async def test_redirects_that_cannot_be_followed(
    asker: Robots, to: str, kind: type[Failure], words: str
) -> None:
    error = await failure(asker, Site(status=301, Location=to))
    assert isinstance(error, kind)
    assert words in str(error)


@pytest.mark.parametrize("to", ["file:///etc/passwd", "javascript:x", "http://u@127.0.0.1/", ""])
async def test_redirects_to_nowhere_are_no_rules(asker: Robots, to: str) -> None:
    assert not await refuses(asker, Site(CLOSED, 302, Location=to))


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        (CLOSED, "text/html", True),
        (CLOSED, "application/octet-stream", True),
        (f"<!doctype html><title>{CLOSED}</title>\n{CLOSED}", "text/plain", False),
        (f"\ufeff\n<html>\n{CLOSED}", "text/html", False),
        (CLOSED.encode("utf-16"), "text/plain", True),
        (CLOSED.encode("utf-8-sig"), "text/plain", True),
        (b"\x89PNG\r\n\x1a\n", "image/png", False),
    ],
)
async def test_what_counts_is_what_was_sent(
    asker: Robots, body: str | bytes, kind: str, expected: bool
) -> None:
    assert await refuses(asker, Site(body, Content_Type=kind)) is expected


@pytest.mark.parametrize("end", ["\n", "\r"])
@pytest.mark.parametrize(("room", "expected"), [(40, True), (12, False), (0, False)])
async def test_the_first_half_megabyte_counts_without_the_line_that_is_cut(
    asker: Robots, room: int, end: str, expected: bool
) -> None:
    start = f"User-agent: *{end}"
    filler = f"#{'x' * 98}{end}"
    filled = start + filler * ((MAX_BYTES - len(start) - room) // 100)
    filled += "#" * (MAX_BYTES - len(filled) - room - 1) + end
    body = filled + f"Disallow: /private{end}" + "x" * 1_000_000
    assert await refuses(asker, Site(body), "/private") is expected
    assert not await refuses(asker, Site(body), "/public")


async def test_many_rules_are_read_and_asked(asker: Robots) -> None:
    lines = "\n".join(f"Disallow: /*a*{number}z" for number in range(2 * robots._QUICK_PIECES))
    site = Site(f"User-agent: *\n{lines}")
    async with serving(site) as address:
        await ask(asker, address, "/a")
        with pytest.raises(Skip):
            await ask(asker, address, "/a77z")


async def test_a_site_says_how_long_to_wait_between_pages(asker: Robots) -> None:
    async with serving(Site("User-agent: *\nCrawl-delay: 400")) as address:
        url = ada_url.URL(f"{address}/page")
        assert asker.delay(url) is None
        await ask(asker, address)
        assert asker.delay(url) == 400


async def test_sitemaps_are_absolute(asker: Robots) -> None:
    async with serving(Site("Sitemap: /a.xml\nSitemap: https://b.example/b.xml")) as address:
        found = await asker.sitemaps(ada_url.URL(address), 5)
    assert found == [f"{address}/a.xml", "https://b.example/b.xml"]
