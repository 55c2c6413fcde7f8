"""What a site notices of us: how often it is asked, by whom, and that it is listened to."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from ipaddress import ip_network

import pytest
import trustme
from aiohttp import connector, web

from batches.operation import Postpone, Transient
from batches.operations.web import failures
from batches.operations.web.client import Answer
from batches.operations.web.fetch import Fetcher, Limits, check
from batches.operations.web.gate import Courtesy
from batches.operations.web.own_addresses import own_addresses
from tests.loopback import Answerer, Recorder, Table, serving

LOOPBACK = [ip_network("127.0.0.0/8")]
NAMES = Table({name: ["127.0.0.1"] for name in ("shop.example", "www.shop.example", "b.shop.example", "other.example", "www.only.example")})  # fmt: skip
OPEN = Limits(seconds=10, robots=False)


@asynccontextmanager
async def fetching(
    courtesy: Courtesy, answer: Answerer
) -> AsyncIterator[Callable[..., Awaitable[Answer]]]:
    """A way to ask for a path, of a name."""
    fetcher = Fetcher(lambda: LOOPBACK, Recorder(), NAMES, courtesy=courtesy)

    async with serving(answer) as address:

        async def get(path: str, name: str = "shop.example", limits: Limits = OPEN) -> Answer:
            return await fetcher.get(address.replace("127.0.0.1", name) + path, limits)

        try:
            yield get
        finally:
            await fetcher.close()


class Site:
    """Notes when each request came, and how many are being answered at once."""

    def __init__(self, *answers: web.Response, seconds: float = 0.0) -> None:
        self.answers, self.seconds = list(answers), seconds
        self.came: list[float] = []
        self.busy = self.most = 0

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/robots.txt":
            return web.Response(text="User-agent: *\nCrawl-delay: 0.3\n")
        self.came.append(time.monotonic())
        self.busy += 1
        self.most = max(self.most, self.busy)
        await asyncio.sleep(self.seconds)
        self.busy -= 1
        return self.answers.pop(0) if self.answers else page()

    @property
    def pauses(self) -> list[float]:
        return [after - before for before, after in zip(self.came, self.came[1:], strict=False)]


def too_often(**headers: str) -> web.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.Response(status=429, headers=named)


def page(text: str = "fine") -> web.Response:
    return web.Response(text=text, content_type="text/html")


async def test_no_more_than_two_at_once_by_whatever_name() -> None:
    site = Site(seconds=0.1)
    async with fetching(Courtesy(places=2, delay=0), site) as get:
        await asyncio.gather(*(get("/", name) for name in ["shop.example", "b.shop.example"] * 3))
    assert (site.most, len(site.came)) == (2, 6)


async def test_hosts_do_not_wait_for_each_other() -> None:
    site = Site(seconds=0.1)
    async with fetching(Courtesy(places=1, delay=30), site) as get:
        async with asyncio.timeout(5):
            await asyncio.gather(get("/"), get("/", "other.example"))
    assert site.most == 2


async def test_a_pause_between_two() -> None:
    site = Site()
    async with fetching(Courtesy(delay=0.4), site) as get:
        await asyncio.gather(*(get(f"/{n}") for n in range(4)))
    assert min(site.pauses) >= 0.19


async def test_who_asks_for_a_crawl_delay_is_visited_by_one_after_the_other() -> None:
    site = Site(seconds=0.1)
    polite = Limits(seconds=10)
    async with fetching(Courtesy(delay=0), site) as get:
        answers = await asyncio.gather(*(get(f"/{n}", limits=polite) for n in range(3)))
    assert site.most == 1
    assert min(site.pauses) >= 0.29
    assert {answer.crawl_delay for answer in answers} == {0.3}


async def test_what_a_host_redirects_to_on_itself_is_part_of_one_visit() -> None:
    site = Site(web.Response(status=302, headers={"Location": "/there"}))
    async with fetching(Courtesy(delay=30), site) as get:
        async with asyncio.timeout(5):
            assert (await get("/")).url.endswith("/there")


async def test_files_for_robots_need_no_pause_but_one_that_is_asked_for() -> None:
    site = Site()
    async with fetching(Courtesy(delay=30), site) as get:
        async with asyncio.timeout(5):
            for number in range(4):
                await get(f"/{number}", limits=Limits(robots=False, pauses=False))
        for number in range(2):
            await get(f"/{number}", limits=Limits(pauses=False))
    assert site.pauses[-1] >= 0.29


async def test_retry_after_holds_for_the_whole_host() -> None:
    site = Site(too_often(Retry_After="1"))
    async with fetching(Courtesy(delay=0), site) as get:
        with pytest.raises(Transient) as told:
            check(await get("/one"))
        assert told.value.retry_after == 1
        await get("/two")
    assert site.pauses[0] >= 0.99


async def test_a_long_break_sends_the_item_away_without_an_attempt() -> None:
    site = Site(web.Response(status=503, headers={"Retry-After": "3600"}))
    async with fetching(Courtesy(delay=0), site) as get:
        await get("/one")
        with pytest.raises(Postpone) as sent_away:
            await get("/two")
        assert 295 < sent_away.value.seconds <= 300
        assert (await get("/", "other.example")).status == 200
    assert len(site.came) == 2


async def test_of_a_burst_that_is_refused_one_counts() -> None:
    site = Site(*(too_often(Retry_After="0") for _ in range(6)), seconds=0.1)
    async with fetching(Courtesy(places=6, delay=0), site) as get:
        await asyncio.gather(*(get(f"/{n}") for n in range(6)))
        assert (await get("/")).status == 200


async def test_after_three_times_in_a_row_items_fail_with_a_reason() -> None:
    site = Site(*(too_often(Retry_After=wait) for wait in ("0", "0", "60")))
    async with fetching(Courtesy(delay=0), site) as get:
        for _ in range(3):
            assert (await get("/")).status == 429
        with pytest.raises(Transient, match="again and again") as told:
            await get("/")
    assert told.value.cause == "The site says that it is asked too often"
    assert told.value.retry_after is not None
    assert len(site.came) == 3


async def test_a_success_in_between_ends_the_count() -> None:
    fine, no = page(), [too_often(Retry_After="0") for _ in range(4)]
    site = Site(no[0], no[1], fine, no[2], no[3])
    async with fetching(Courtesy(delay=0), site) as get:
        statuses = [(await get("/")).status for _ in range(6)]
    assert statuses == [429, 429, 200, 429, 429, 200]


async def test_who_would_wait_too_long_comes_back_when_there_is_room() -> None:
    site = Site(web.Response(status=503, headers={"Retry-After": "200"}))
    async with fetching(Courtesy(delay=10), site) as get:
        await get("/first")
        away = []
        for _ in range(3):
            with pytest.raises(Postpone) as sent_away:
                await get("/x")
            away.append(sent_away.value.seconds)
    assert len(site.came) == 1
    assert away[0] < away[1] < away[2]


async def test_a_cookie_is_shown_again_where_it_was_set() -> None:
    async def door(request: web.Request) -> web.StreamResponse:
        if "seen=1" in request.headers.get("Cookie", "") and "b=2" in request.headers["Cookie"]:
            return page("inside")
        response = web.Response(status=302, headers={"Location": request.path})
        response.set_cookie("seen", "1", expires="Wed, 21 Oct 2065 07:28:00 GMT")
        response.set_cookie("b", "2")
        return response

    async with fetching(Courtesy(delay=0), door) as get:
        assert (await get("/")).body == b"inside"
        assert (await get("/", "127.0.0.1")).body == b"inside"


async def test_a_cookie_for_one_is_not_shown_to_another() -> None:
    shown = []

    async def answer(request: web.Request) -> web.StreamResponse:
        shown.append(request.headers.get("Cookie"))
        if request.host.startswith("shop."):
            port = request.url.port
            headers = {"Location": f"http://other.example:{port}/", "Set-Cookie": "id=1"}
            return web.Response(status=302, headers=headers)
        return page()

    async with fetching(Courtesy(delay=0), answer) as get:
        await get("/")
    assert shown == [None, None]


async def test_a_new_cookie_each_time_is_still_a_circle() -> None:
    count = iter(range(100))

    async def answer(request: web.Request) -> web.StreamResponse:
        headers = {"Location": request.path, "Set-Cookie": f"n={next(count)}"}
        return web.Response(status=302, headers=headers)

    async with fetching(Courtesy(delay=0), answer) as get:
        with pytest.raises(failures.BadRedirect, match="More than 5 redirects"):
            await get("/")


async def test_it_says_who_it_is_and_where_to_read_more() -> None:
    agents = []

    async def answer(request: web.Request) -> web.StreamResponse:
        agents.append(request.headers["User-Agent"])
        return page()

    about = "https://console.example/about-visits"
    for contact in ("", about):
        async with fetching(Courtesy(contact=contact), answer) as get:
            await get("/")
    assert agents[0] == "Mozilla/5.0 (compatible; BatchConsole/1.0)"
    assert agents[1] == f"Mozilla/5.0 (compatible; BatchConsole/1.0; +{about})"


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("shop.example", "shop.example"),
        ("www.shop.example", "www.shop.example"),
        ("only.example", "www.only.example"),
        ("www.other.example", "other.example"),
    ],
)
async def test_a_site_is_found_with_or_without_www(target: str, host: str) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(text=request.host)

    fetcher = Fetcher(lambda: LOOPBACK, Recorder(), NAMES, courtesy=Courtesy(delay=0))
    async with serving(answer) as address:
        port = address.rpartition(":")[2]
        found = await fetcher.site(f"{target}:{port}", OPEN)
    await fetcher.close()
    assert found.url == f"http://{host}:{port}/"
    assert "TLS" in found.insecure or "exist" in found.insecure


async def test_a_name_that_is_nowhere_is_told_as_it_was_given() -> None:
    recorder = Recorder()
    fetcher = Fetcher(list, recorder, NAMES, courtesy=Courtesy(delay=0))
    with pytest.raises(failures.NameNotFound, match=r"The domain no\.example does not exist"):
        await fetcher.site("no.example", OPEN)
    await fetcher.close()
    assert recorder.dialled == []


async def test_how_long_it_took_and_whose_certificate_it_is() -> None:
    authority = trustme.CA(organization_name="Some Authority")
    # Trust of this process: nobody else holds the key, and it is gone with the test.
    authority.configure_trust(connector._SSL_CONTEXT_VERIFIED)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("shop.example").configure_cert(server)

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(0.1)
        return web.Response(text="x" * 50_000, headers={"Content-Encoding": "identity"})

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server).start()
    fetcher = Fetcher(lambda: LOOPBACK, Recorder(), NAMES, courtesy=Courtesy(delay=0))
    answers = [
        await fetcher.get(f"https://shop.example:{runner.addresses[0][1]}/", OPEN) for _ in range(2)
    ]
    await fetcher.close()
    await runner.cleanup()
    for found in answers:
        assert found.certificate is not None
        assert found.certificate.issuer == "Some Authority"
        assert found.certificate.not_after.year > 2026
        assert found.timing is not None
        assert 95 <= found.timing.first_byte <= found.milliseconds
        assert found.transferred == 50_000
    first, again = (found.timing for found in answers)
    assert first is not None
    assert again is not None
    assert (again.dns, again.connect) == (0, 0)


async def test_headers_that_come_twice_are_one_list() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.Response(text="fine", content_type="text/html")
        for value in ("noindex", "nofollow"):
            response.headers.add("X-Robots-Tag", value)
        response.headers.add("Last-Modified", "one")
        response.headers.add("Last-Modified", "two")
        return response

    async with fetching(Courtesy(delay=0), answer) as get:
        headers = (await get("/")).headers
    assert headers["x-robots-tag"] == "noindex, nofollow"
    assert headers["last-modified"] == "two"


async def test_this_machine_is_nobodys_site_by_a_public_address_either() -> None:
    recorder = Recorder()
    mine = Table({"mine.example": ["8.8.4.4"], "theirs.example": ["8.8.8.8"]})
    closed = [ip_network("8.8.4.4/32")]
    quick = Courtesy(delay=0)
    fetcher = Fetcher(list, recorder, mine, closed=lambda: closed, courtesy=quick)
    with pytest.raises(failures.Blocked):
        await fetcher.get("http://mine.example/", OPEN)
    assert recorder.dialled == []
    with pytest.raises(failures.NoConnection):
        await fetcher.get("http://theirs.example/", OPEN)
    assert recorder.dialled == ["8.8.8.8"]
    await fetcher.close()


def test_the_addresses_of_this_machine_are_known() -> None:
    assert ip_network("127.0.0.1/32") in own_addresses()


async def test_the_ways_not_to_be_connected_are_told_apart() -> None:
    fetcher = Fetcher(lambda: LOOPBACK, Recorder(), NAMES, courtesy=Courtesy(delay=0))
    with pytest.raises(failures.NoConnection, match="refuses the connection"):
        await fetcher.get("http://127.0.0.1:1/", OPEN)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf, ExitStack() as stack:
        # As many as it takes until the kernel answers no more.
        for _ in range(4):
            caller = stack.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(deaf.getsockname())
        with pytest.raises((failures.NoConnection, failures.TooSlow)) as told:
            await fetcher.get(f"http://127.0.0.1:{deaf.getsockname()[1]}/", Limits(2, robots=False))
    await fetcher.close()
    assert "refuses" not in str(told.value)
