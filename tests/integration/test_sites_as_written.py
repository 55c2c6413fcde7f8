"""What a line of input leads to, and where a site ends: one server that is several sites, by their names."""

from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest
from aiohttp import web

from batches.operation import Context
from batches.operations.crawl import Crawl, Extent, crawl
from batches.operations.email_scan import EmailScan, EmailScanParams
from batches.operations.web import targets
from batches.operations.web.fetch import Fetcher, Limits
from batches.operations.web.guard import Reach
from tests.loopback import QUICK, Recorder, Table, serving

# Nothing but loopback has an address here.
OPEN = [ip_network("127.0.0.1/32")]
HOSTS = [
    "shop.example", "www.shop.example", "blog.shop.example", "shop.example.evil.test", "notshop.example",
    "shop.example.test", "xn--bcher-kva.example", "example", "old-bakery.de",
]  # fmt: skip


class Web:
    def __init__(self) -> None:
        self.fetcher = Fetcher(
            lambda: Reach(OPEN),
            Recorder(),
            Table({host: ["127.0.0.1"] for host in HOSTS}),
            courtesy=QUICK,
        )
        self.pages: dict[str, str] = {}
        self.asked: list[str] = []
        self.port = 0

    async def answer(self, request: web.Request) -> web.Response:
        host = request.host.partition(":")[0]
        if request.path != "/robots.txt":
            self.asked.append(host + request.path_qs)
        text = self.pages.get(host + request.path_qs)
        if text is None:
            return web.Response(status=404)
        if text.startswith("http://"):
            raise web.HTTPFound(text.replace(":P", f":{self.port}"))
        kind = "text/plain" if request.path == "/robots.txt" else "text/html"
        return web.Response(text=text.replace(":P", f":{self.port}"), content_type=kind)

    async def scanned(self, line: str, pages: int = 20, *, robots: bool = False) -> Crawl[None]:
        target = targets.site(line.replace(":P", f":{self.port}")).value
        limits = Limits(seconds=5, robots=robots)
        return await crawl(self.fetcher, target, limits, Extent(pages, 20), lambda read: None)


@pytest.fixture
async def net() -> AsyncIterator[Web]:
    made = Web()
    async with serving(made.answer) as address:
        made.port = int(address.rpartition(":")[2])
        yield made
        await made.fetcher.close()


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("shop.example:P", "shop.example/"),
        ("www.shop.example:P", "www.shop.example/"),
        ("http://WWW.Shop.Example:P/a?b=1#c", "www.shop.example/a?b=1"),
        ("shop.example:P?x=1", "shop.example/?x=1"),
        ("shop.example.:P", "shop.example/"),
        ("bücher.example:P", "xn--bcher-kva.example/"),
        ("<http://xn--bcher-kva.example:P/ä>,", "xn--bcher-kva.example/%C3%A4"),
        ("127.0.0.1:P/x", "127.0.0.1/x"),
    ],
)
async def test_a_line_leads_to_the_page_that_it_names(net: Web, line: str, asked: str) -> None:
    """Without https none of them is lost, and none is asked for at another name."""
    net.pages = {asked: "<title>Found</title>"}
    assert len((await net.scanned(line, 1)).pages) == 1
    assert net.asked == [asked]


async def test_a_site_ends_where_its_name_does(net: Web) -> None:
    links = "".join(f'<a href="http://{host}:P/contact">Contact</a>' for host in HOSTS)
    net.pages = {"shop.example/": links}
    await net.scanned("http://shop.example:P")
    asked = {address.partition("/")[0].removeprefix("www.") for address in net.asked}
    assert asked == {"shop.example", "blog.shop.example"}


async def test_a_site_that_moved_has_addresses_by_either_name(net: Web) -> None:
    net.pages = {
        "old-bakery.de/": "http://shop.example:P/",
        "shop.example/": "jo@shop.example jo@old-bakery.de jo@other.de",
    }
    operation = EmailScan()
    operation.fetcher = net.fetcher
    result = await operation.run(
        f"http://old-bakery.de:{net.port}/", EmailScanParams(), Context(1, 0, 1, "test")
    )
    kinds = {line["address"]: line["kind"] for line in result.data["contacts"]}
    assert kinds == {
        "jo@shop.example": "corporate",
        "jo@old-bakery.de": "corporate",
        "jo@other.de": "other",
    }


async def test_places_in_a_page_are_one_page(net: Web) -> None:
    links = "".join(f'<a href="/about#{number}">About</a>' for number in range(50))
    net.pages = {"shop.example/": f'{links}<a href="/#top">Top</a><a href="/last">Last</a>'}
    net.pages |= {"shop.example/about": "About", "shop.example/last": "Last"}
    assert len((await net.scanned("http://shop.example:P", 3)).pages) == 3
    assert sorted(net.asked) == ["shop.example/", "shop.example/about", "shop.example/last"]


async def test_pages_that_robots_shall_not_fetch_are_not_fetched(net: Web) -> None:
    net.pages = {
        "shop.example/": '<a href="/contact">Contact</a> <a href="/private/contact">Private</a>',
        "shop.example/contact": "Contact",
        "shop.example/private/contact": "Private",
        "shop.example/robots.txt": "User-agent: *\nDisallow: /private/",
    }
    seen = await net.scanned("http://shop.example:P", robots=True)
    assert sorted(net.asked) == ["shop.example/", "shop.example/contact"]
    (problem,) = seen.problems.values()
    assert (
        problem == f"The robots.txt of shop.example:{net.port} does not allow to fetch this page."
    )
