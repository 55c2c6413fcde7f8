"""What a fetch makes of every way a site can answer. Real servers, all on loopback."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web
from django.conf import LazySettings

from batches.operation import Context, Failure, Permanent, Result, Transient
from batches.operations.page_scan import PageScan, PageScanParams
from batches.operations.web import failures
from batches.operations.web.fetch import Fetcher
from batches.operations.web.guard import Reach
from tests.loopback import (
    LOOPBACK,
    OPEN,
    PAGE,
    QUICK,
    Recorder,
    Table,
    answering,
    serving,
    speaking,
)


@pytest.fixture
async def scan(settings: LazySettings) -> AsyncIterator[PageScan]:
    settings.CONSOLE_ALLOWED_NETWORKS = LOOPBACK
    operation = PageScan()
    await operation.open()
    yield operation
    await operation.close()


async def run(scan: PageScan, target: str, **params: object) -> Result:
    given = PageScanParams.model_validate({"respect_robots": False, **params})
    return await scan.run(scan.target(target).value, given, Context(1, 0, 1, "test"))


async def test_a_page_comes_with_how_it_was_found(scan: PageScan) -> None:
    async def answer(request: web.Request) -> web.Response:
        moves = {"/": "/a", "/a": "b?x=ä", "/b": "//" + request.host + "/end"}
        if to := moves.get(request.path):
            return answering(301, Location=to)
        return answering()

    async with serving(answer) as address:
        found = (await run(scan, address)).data
    assert found["url"] == f"{address}/end"
    assert [hop["url"] for hop in found["redirects"]] == [
        f"{address}/",
        f"{address}/a",
        f"{address}/b?x=%C3%A4",
    ]
    assert {hop["status"] for hop in found["redirects"]} == {301}
    assert (found["status"], found["content_type"], found["encoding"]) == (
        200,
        "text/html",
        "utf-8",
    )
    assert (found["title"], found["word_count"]) == ("Found", 3)
    assert found["bytes"] == len(PAGE)


async def test_a_bare_host_is_tried_by_https_first_and_then_by_http(scan: PageScan) -> None:
    async def answer(request: web.Request) -> web.Response:
        return answering()

    async with serving(answer) as address:
        found = (await run(scan, address.removeprefix("http://"))).data
    assert found["url"] == f"{address}/"
    assert "does not speak TLS" in found["https_problem"]


async def test_a_bad_certificate_is_named(scan: PageScan) -> None:
    async with speaking(b"HTTP/1.1 200 OK\r\n\r\n", tls=True) as port:
        for target in (f"https://127.0.0.1:{port}/", f"127.0.0.1:{port}"):
            with pytest.raises(failures.BadCertificate, match="signed by nobody but itself"):
                await run(scan, target)


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (400, Permanent, "The site answered 400 Bad Request."),
        (404, Permanent, "The site answered 404 Not Found."),
        (410, Permanent, "The site answered 410 Gone."),
        (429, Transient, "The site answered 429 Too Many Requests."),
        (500, Transient, "The site answered 500 Internal Server Error."),
        (501, Permanent, "The site answered 501 Not Implemented."),
        (503, Transient, "The site answered 503 Service Unavailable."),
        (522, Transient, "The site answered 522."),
        (999, Transient, "The site answered 999."),
    ],
)
async def test_statuses(scan: PageScan, status: int, kind: type[Failure], words: str) -> None:
    body = b"x" * 20_000
    head = f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    async with speaking(head + body) as port:
        with pytest.raises(kind) as raised:
            await run(scan, f"http://127.0.0.1:{port}/")
    assert (str(raised.value), raised.value.cause) == (words, words)


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("7", 7, 7),
        ("100000", 300, 300),
        ("9" * 400, 300, 300),
        ("in 100 s", 60, 100),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 0, 0),
        ("soon", None, None),
        ("-5", None, None),
    ],
)
async def test_how_long_a_site_asks_to_wait(
    scan: PageScan, header: str, least: float | None, most: float | None
) -> None:
    if header == "in 100 s":
        header = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)

    async def answer(request: web.Request) -> web.Response:
        return answering(503, Retry_After=header)

    async with serving(answer) as address:
        with pytest.raises(Transient) as raised:
            await run(scan, address)
    wait = raised.value.retry_after
    if least is None or most is None:
        assert wait is None
    else:
        assert wait is not None
        assert least <= wait <= most


@pytest.mark.parametrize(
    ("location", "cause"),
    [
        ("/", "The site redirects in a circle."),
        ("/#top", "The site redirects in a circle."),
        ("/longer", "More than 3 redirects, one after the other"),
        ("mailto:me@shop.example", "Redirected to an address that can't be followed"),
        ("/" + "x" * 3_000, "Redirected to an address that can't be followed"),
        ("http://me:secret@127.0.0.1/", "Redirected to an address that can't be followed"),
    ],
)
async def test_redirects_that_lead_nowhere(scan: PageScan, location: str, cause: str) -> None:
    async def answer(request: web.Request) -> web.Response:
        return answering(302, Location=f"{location}r" if "longer" in location else location)

    async def longer(request: web.Request) -> web.Response:
        return answering(302, Location=f"{request.path}r")

    async with serving(longer if location == "/longer" else answer) as address:
        with pytest.raises(failures.BadRedirect) as raised:
            await run(scan, f"{address}/", max_redirects=3)
    assert raised.value.cause == cause


@pytest.mark.parametrize("header", [b"", b"Location: \r\n", b"Content-Length: 0\r\n"])
async def test_a_redirect_to_nowhere_is_an_answer(scan: PageScan, header: bytes) -> None:
    async with speaking(b"HTTP/1.1 302 Found\r\n" + header + b"\r\n") as port:
        found = (await run(scan, f"http://127.0.0.1:{port}/")).data
    assert (found["status"], found["redirects"]) == (302, [])
    assert "title" not in found


@pytest.mark.parametrize(
    ("raw", "path"), [("ü".encode(), "/%C3%BC"), ("ü".encode("latin-1"), "/%FC")]
)
async def test_bytes_in_a_redirect_are_sent_back_as_they_came(
    scan: PageScan, raw: bytes, path: str
) -> None:
    asked = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(1)
        if len(asked) == 1:
            writer.write(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\n")
            writer.write(b"Location: /" + raw + b"\r\n\r\n")
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with speaking(speak) as port:
        result = await run(scan, f"http://127.0.0.1:{port}/")
    assert result.data["url"].endswith(path)


async def test_what_is_no_page_is_known_but_not_read(scan: PageScan) -> None:
    sent = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(headers={"Content-Type": "application/pdf"})
        response.content_length = 200_000_000
        await response.prepare(request)
        for _ in range(200_000_000 // 100_000):
            await response.write(b"x" * 100_000)
            sent += 100_000
        return response

    async with serving(answer) as address:
        found = (await run(scan, address)).data
    assert (found["content_type"], found["bytes"]) == ("application/pdf", 200_000_000)
    assert "title" not in found
    assert sent < 50_000_000


async def test_how_large_a_page_may_be_and_how_many_at_once_are_settings(
    settings: LazySettings,
) -> None:
    settings.CONSOLE_ALLOWED_NETWORKS = LOOPBACK
    settings.CONSOLE_PAGE_MEGABYTES, settings.CONSOLE_HOST_CONCURRENCY = 1, 3
    here = most = 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal here, most
        here += 1
        most = max(most, here)
        await asyncio.sleep(0.2)
        here -= 1
        return answering(text=PAGE + "x" * 1_100_000 * (request.path == "/large"))

    scan = PageScan()
    await scan.open()
    async with serving(answer) as address:
        await asyncio.gather(*(run(scan, f"{address}/{n}") for n in range(6)))
        with pytest.raises(failures.TooLarge, match="larger than 1 MB"):
            await run(scan, f"{address}/large")
    await scan.close()
    assert most == 3


async def test_cookies_are_not_kept() -> None:
    seen = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Cookie"))
        return answering(Set_Cookie="id=1")

    # By a name: for a mere address, no client keeps any.
    fetcher = Fetcher(
        lambda: Reach(LOOPBACK), Recorder(), Table({"shop.example": ["127.0.0.1"]}), courtesy=QUICK
    )
    async with serving(answer) as address:
        for _ in range(2):
            await fetcher.get(address.replace("127.0.0.1", "shop.example"), OPEN)
    await fetcher.close()
    assert seen == [None, None]


async def test_nobody_listens(scan: PageScan) -> None:
    with pytest.raises(failures.NoConnection):
        await run(scan, "http://127.0.0.1:1/")
    with pytest.raises(failures.NoConnection):
        await run(scan, "127.0.0.1:1")
