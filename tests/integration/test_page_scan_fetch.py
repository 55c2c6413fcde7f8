"""What a fetch makes of every way a site can answer. Real servers, all on loopback."""

import asyncio
import struct
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_network
from itertools import pairwise

import pytest
from aiohttp import web
from aiohttp.resolver import AsyncResolver
from django.conf import LazySettings

from batches.operation import Context, Failure, Permanent, Result, Skip, Transient
from batches.operations.page_scan import PageScan, PageScanParams
from batches.operations.web import failures
from batches.operations.web.fetch import Fetcher, Limits
from batches.operations.web.guard import Reach
from tests.loopback import QUICK, Recorder, Table, serving, speaking

LOOPBACK = [ip_network("127.0.0.0/8")]
OPEN = Limits(seconds=5, robots=False)
PAGE = "<!doctype html><title>Found</title><p>Three plain words.</p>"


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


async def run(scan: PageScan, target: str, **params: object) -> Result:
    given = PageScanParams.model_validate({"respect_robots": False, **params})
    return await scan.run(scan.target(target).value, given, Context(1, 0, 1, "test"))


def answering(status: int = 200, text: str = PAGE, **headers: str) -> web.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    kind = named.pop("Content-Type", "text/html; charset=utf-8")
    return web.Response(status=status, body=text.encode(), headers={"Content-Type": kind, **named})


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
    fetcher: Fetcher, raw: bytes, path: str
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
        answer = await fetcher.get(f"http://127.0.0.1:{port}/", OPEN)
    assert answer.url.endswith(path)


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


@asynccontextmanager
async def name_server(code: int | None, *records: bytes) -> AsyncIterator[int]:
    """Answers every question with that response code and these records, else no address; None: never."""

    class Server(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.DatagramTransport)
            self.transport = transport

        def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
            if code is not None:
                end = data.index(b"\0", 12) + 5
                head = data[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(records), 0, 0)
                self.transport.sendto(head + data[12:end] + b"".join(records), address)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Server, ("127.0.0.1", 0))
    yield transport.get_extra_info("sockname")[1]
    transport.close()


@pytest.mark.parametrize(
    ("code", "kind", "cause"),
    [
        (0, Permanent, "The domain has no address"),
        (2, Transient, "The name could not be looked up"),
        (3, Permanent, "The domain does not exist"),
        (5, Transient, "The name could not be looked up"),
        (None, Transient, "The name could not be looked up"),
    ],
)
async def test_names_that_lead_nowhere(code: int | None, kind: type[Failure], cause: str) -> None:
    async with name_server(code) as port:
        problem, _ = await unreached("shop.nowhere.example", port)
    assert isinstance(problem, kind)
    assert problem.cause == cause
    assert "shop.nowhere.example" in str(problem)


async def unreached(host: str, port: int) -> tuple[Failure, Recorder]:
    """What becomes of a site whose name the server on that port is asked for."""
    resolver = AsyncResolver(
        nameservers=["127.0.0.1"], udp_port=port, tcp_port=port, timeout=0.2, tries=1, domains=[]
    )
    recorder = Recorder()
    fetcher = Fetcher(Reach, recorder, resolver, courtesy=QUICK)
    with pytest.raises(Failure) as raised:
        await fetcher.site(host, OPEN)
    await fetcher.close()
    await resolver.close()
    return raised.value, recorder


def named(name: str) -> bytes:
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def record(name: str, kind: int, value: bytes) -> bytes:
    """For a minute. https://www.rfc-editor.org/rfc/rfc1035#section-3.2"""
    return named(name) + struct.pack("!HHIH", kind, 1, 60, len(value)) + value


async def test_a_name_that_is_another_for_something_inside_is_blocked() -> None:
    """Two names in between, of which the one in the middle looks like any site of a provider."""
    hops = ["shop.nowhere.example", "shop.provider.example", "db.internal.example"]
    chain = [record(name, 5, named(target)) for name, target in pairwise(hops)]
    async with name_server(0, *chain, record(hops[-1], 1, bytes([10, 0, 0, 7]))) as port:
        problem, recorder = await unreached(hops[0], port)
    assert isinstance(problem, failures.Blocked)
    assert "10.0.0.7 port 443" in str(problem)
    assert recorder.dialled == []


class Rules:
    """A site with a robots.txt that answers as told, and a count of what was asked."""

    def __init__(self, robots: web.Response | str, status: int = 200) -> None:
        self.robots, self.status = robots, status
        self.asked: Counter[str] = Counter()

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        self.asked[request.path] += 1
        if request.path == "/robots.txt" and isinstance(self.robots, str):
            return answering(self.status, self.robots, Content_Type="text/plain")
        if request.path == "/robots.txt":
            raise web.HTTPFound("/rules")
        if request.path == "/rules":
            return answering(200, "User-agent: *\nDisallow: /", Content_Type="text/plain")
        return answering()


OBEYING = Limits(seconds=5)


@pytest.mark.parametrize(
    "robots",
    [
        "User-agent: *\nDisallow: /",
        "User-agent: BatchConsole\nDisallow: /\n\nUser-agent: *\nAllow: /",
        "\ufeffUser-agent: *\nDisallow: /*?q=",
        "User-agent: *\nDisallow: /\n" + "# long\n" * 20_000,
    ],
)
async def test_a_site_that_asks_robots_to_stay_away_is_skipped(
    fetcher: Fetcher, robots: str
) -> None:
    rules = Rules(robots)
    async with serving(rules) as address:
        for _ in range(2):
            with pytest.raises(Skip, match=r"The robots.txt of 127\.0\.0\.1:\d+ does not allow"):
                await fetcher.get(f"{address}/?q=1", OBEYING)
        assert rules.asked == {"/robots.txt": 1}
        await fetcher.get(f"{address}/?q=1", OPEN)
        assert rules.asked == {"/robots.txt": 1, "/": 1}


@pytest.mark.parametrize(
    ("robots", "status"),
    [
        ("User-agent: *\nDisallow: /private", 200),
        ("User-agent: Other\nDisallow: /", 200),
        ("User-agent: *\nDisallow: /", 404),
        ("User-agent: *\nDisallow: /", 403),
        ("\x00\x01\x02", 200),
        ("", 200),
    ],
)
async def test_sites_that_do_not_mind(fetcher: Fetcher, robots: str, status: int) -> None:
    async with serving(Rules(robots, status)) as address:
        assert (await fetcher.get(address, OBEYING)).status == 200


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_site_whose_rules_cannot_be_read_now_is_left_alone(
    fetcher: Fetcher, status: int
) -> None:
    rules = Rules("", status)
    async with serving(rules) as address:
        with pytest.raises(Transient, match=r"robots\.txt"):
            await fetcher.get(address, OBEYING)
        assert set(rules.asked) == {"/robots.txt"}


async def test_rules_are_followed_to_where_they_have_moved(fetcher: Fetcher) -> None:
    async with serving(Rules(web.Response())) as address:
        with pytest.raises(Skip):
            await fetcher.get(address, OBEYING)


async def test_each_hop_of_a_redirect_asks_the_rules_of_its_own_site(fetcher: Fetcher) -> None:
    refusing = Rules("User-agent: *\nDisallow: /")
    async with serving(refusing) as elsewhere:

        async def answer(request: web.Request) -> web.Response:
            if request.path == "/robots.txt":
                return answering(404)
            return answering(302, Location=f"{elsewhere}/")

        async with serving(answer) as address:
            with pytest.raises(Skip):
                await fetcher.get(address, OBEYING)
    assert refusing.asked == {"/robots.txt": 1}
