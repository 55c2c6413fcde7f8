"""What belongs to one visit: how a site is found, cookies, headers, how long it took, where it must not lead."""

import asyncio
import socket
import ssl
from contextlib import ExitStack
from ipaddress import ip_network

import pytest
import trustme
from aiohttp import connector, web

from batches.operations.web import failures
from batches.operations.web.fetch import Fetcher, Limits
from batches.operations.web.gate import Courtesy
from batches.operations.web.guard import Reach
from batches.operations.web.own_addresses import own_addresses
from tests.loopback import LOOPBACK, NAMES, OPEN, QUICK, Recorder, Table, fetching, page, serving


async def test_a_cookie_is_shown_again_where_it_was_set() -> None:
    async def door(request: web.Request) -> web.StreamResponse:
        if "seen=1" in request.headers.get("Cookie", "") and "b=2" in request.headers["Cookie"]:
            return page("inside")
        response = web.Response(status=302, headers={"Location": request.path})
        response.set_cookie("seen", "1", expires="Wed, 21 Oct 2065 07:28:00 GMT")
        response.set_cookie("b", "2")
        return response

    async with fetching(door) as get:
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

    async with fetching(answer) as get:
        await get("/")
    assert shown == [None, None]


async def test_a_new_cookie_each_time_is_still_a_circle() -> None:
    count = iter(range(100))

    async def answer(request: web.Request) -> web.StreamResponse:
        headers = {"Location": request.path, "Set-Cookie": f"n={next(count)}"}
        return web.Response(status=302, headers=headers)

    async with fetching(answer) as get:
        with pytest.raises(failures.BadRedirect, match="More than 5 redirects"):
            await get("/")


async def test_it_says_who_it_is_and_where_to_read_more() -> None:
    agents = []

    async def answer(request: web.Request) -> web.StreamResponse:
        agents.append(request.headers["User-Agent"])
        return page()

    about = "https://console.example/about-visits"
    for contact in ("", about):
        async with fetching(answer, Courtesy(contact=contact)) as get:
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

    fetcher = Fetcher(lambda: Reach(LOOPBACK), Recorder(), NAMES, courtesy=QUICK)
    async with serving(answer) as address:
        port = address.rpartition(":")[2]
        found = await fetcher.site(f"{target}:{port}", OPEN)
    await fetcher.close()
    assert found.url == f"http://{host}:{port}/"
    assert "TLS" in found.insecure or "exist" in found.insecure


async def test_that_nobody_listens_says_more_than_that_the_other_name_does_not_exist() -> None:
    fetcher = Fetcher(lambda: Reach(LOOPBACK), Recorder(), NAMES, courtesy=QUICK)
    for target in ("only.example:1", "www.other.example:1", "b.shop.example:1"):
        with pytest.raises(failures.NoConnection, match="refuses"):
            await fetcher.site(target, OPEN)
    await fetcher.close()


async def test_a_name_that_is_nowhere_is_told_as_it_was_given() -> None:
    recorder = Recorder()
    fetcher = Fetcher(Reach, recorder, NAMES, courtesy=QUICK)
    with pytest.raises(failures.NameNotFound, match=r"The domain no\.example does not exist"):
        await fetcher.site("no.example", OPEN)
    with pytest.raises(failures.NameNotFound, match=r"The domain bücher\.example does not exist"):
        await fetcher.site("xn--bcher-kva.example", OPEN)
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
    fetcher = Fetcher(lambda: Reach(LOOPBACK), Recorder(), NAMES, courtesy=QUICK)
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
    assert first.connect > 0
    parts = first.dns + first.connect + first.first_byte + first.download
    assert abs(parts - answers[0].milliseconds) <= 5
    assert (again.dns, again.connect) == (0, 0)


async def test_headers_that_come_twice_are_one_list() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.Response(text="fine", content_type="text/html")
        for value in ("noindex", "nofollow"):
            response.headers.add("X-Robots-Tag", value)
        response.headers.add("Last-Modified", "one")
        response.headers.add("Last-Modified", "two")
        return response

    async with fetching(answer) as get:
        headers = (await get("/")).headers
    assert headers["x-robots-tag"] == "noindex, nofollow"
    assert headers["last-modified"] == "two"


async def test_this_machine_is_nobodys_site_by_a_public_address_either() -> None:
    recorder = Recorder()
    mine = Table({"mine.example": ["8.8.4.4"], "theirs.example": ["8.8.8.8"]})
    closed = [ip_network("8.8.4.4/32")]
    fetcher = Fetcher(lambda: Reach(closed=closed), recorder, mine, courtesy=QUICK)
    with pytest.raises(failures.Blocked):
        await fetcher.get("http://mine.example/", OPEN)
    assert recorder.dialled == []
    with pytest.raises(failures.NoConnection):
        await fetcher.get("http://theirs.example/", OPEN)
    assert recorder.dialled == ["8.8.8.8"]
    await fetcher.close()


async def test_a_connection_that_is_there_is_not_used_once_its_network_is_closed() -> None:
    asked = []

    async def answer(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return page()

    opened = list(LOOPBACK)
    recorder = Recorder()
    fetcher = Fetcher(lambda: Reach(opened), recorder, courtesy=QUICK)
    async with serving(answer) as address:
        for path in ("/1", "/2"):
            await fetcher.get(address + path, OPEN)
        assert len(recorder.dialled) == 1
        opened.clear()
        with pytest.raises(failures.Blocked, match="not on the public web"):
            await fetcher.get(f"{address}/3", OPEN)
        await fetcher.close()
    assert asked == ["/1", "/2"]


def test_the_addresses_of_this_machine_are_known() -> None:
    assert ip_network("127.0.0.1/32") in own_addresses()


async def test_the_ways_not_to_be_connected_are_told_apart() -> None:
    fetcher = Fetcher(lambda: Reach(LOOPBACK), Recorder(), NAMES, courtesy=QUICK)
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
