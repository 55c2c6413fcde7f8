"""A site that tries to send us into our own network, in every way that a site can name an address.

One address of loopback is open and serves the site, as if it were public; nothing else may be dialled.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest
from aiohttp import web

from batches.operation import Context, Failure
from batches.operations.crawl import Extent, crawl
from batches.operations.page_scan import PageScan, PageScanParams
from batches.operations.sitemap_scan import SitemapScan, SitemapScanParams
from batches.operations.web import failures
from batches.operations.web.fetch import Fetcher, Limits
from batches.operations.web.guard import Reach
from tests.loopback import QUICK, Recorder, Table, serving

NAMES = {
    "shop.example": ["127.0.0.1"],
    "intranet.shop.example": ["10.0.0.1"],
    "local.shop.example": ["127.0.0.2", "::1"],
    "half.shop.example": ["10.0.0.1", "127.0.0.1"],
    "halves.shop.example": ["::1", "127.0.0.1", "169.254.169.254"],
    "metadata.google.internal": ["169.254.169.254"],
}
# P is the port of the site, at all the addresses where it must not be looked for.
INSIDE = [
    "http://127.0.0.2:P/", "http://2130706435:P/", "http://[::1]:P/", "http://[::ffff:127.0.0.2]:P/",
    "http://[64:ff9b::127.0.0.2]/", "http://local.shop.example:P/", "http://intranet.shop.example/",
    "https://intranet.shop.example/", "http://metadata.google.internal/", "http://169.254.169.254/latest/",
    "http://8.8.8.8:22/",
]  # fmt: skip
OPEN = Limits(seconds=5, robots=False)


class Setup:
    """A site whose pages may hold the ports and addresses of this test; `moved` are its redirects."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        self.table = Table(NAMES)
        self.fetcher = Fetcher(
            lambda: Reach([ip_network("127.0.0.1/32")]), self.recorder, self.table, courtesy=QUICK
        )
        self.pages: dict[str, str] = {}
        self.moved: dict[str, tuple[int, str]] = {}
        self.headers: dict[str, str] = {}
        self.asked: Counter[str] = Counter()
        self.port = 0

    @property
    def base(self) -> str:
        return f"http://shop.example:{self.port}"

    def at(self, vector: str) -> str:
        return vector.replace(":P", f":{self.port}")

    async def answer(self, request: web.Request) -> web.Response:
        self.asked[request.path] += 1
        if request.path in self.moved:
            status, location = self.moved[request.path]
            return web.Response(status=status, headers={"Location": self.at(location)})
        if request.path not in self.pages:
            return web.Response(status=404)
        kind = "text/html" if request.path == "/" else "text/plain"
        headers = {"Content-Type": kind, **self.headers}
        return web.Response(body=self.at(self.pages[request.path]).encode(), headers=headers)

    async def failure(self, address: str, limits: Limits = OPEN) -> Failure:
        with pytest.raises(Failure) as raised:
            await self.fetcher.get(address, limits)
        return raised.value


@pytest.fixture
async def setup() -> AsyncIterator[Setup]:
    made = Setup()
    async with serving(made.answer) as address:
        made.port = int(address.rpartition(":")[2])
        yield made
        await made.fetcher.close()
    assert set(made.recorder.dialled) <= {"127.0.0.1"}


@pytest.mark.parametrize(
    ("status", "vector"),
    [(302, vector) for vector in INSIDE] + [(status, INSIDE[0]) for status in (301, 303, 307, 308)],
)
async def test_a_redirect(setup: Setup, status: int, vector: str) -> None:
    setup.moved = {"/": (status, "/b"), "/b": (status, vector)}
    assert isinstance(await setup.failure(f"{setup.base}/"), failures.Blocked)
    assert setup.asked == {"/": 1, "/b": 1}


@pytest.mark.parametrize("status", [300, 304, 305, 306])
async def test_a_status_that_is_no_redirect(setup: Setup, status: int) -> None:
    setup.moved = {"/": (status, INSIDE[0])}
    assert (await setup.fetcher.get(setup.base, OPEN)).status == status


@pytest.mark.parametrize("vector", INSIDE)
async def test_a_redirect_of_its_robots_txt(setup: Setup, vector: str) -> None:
    setup.pages = {"/": "Home"}
    setup.moved = {"/robots.txt": (301, vector)}
    error = await setup.failure(f"{setup.base}/", Limits(seconds=5))
    assert isinstance(error, failures.Blocked)
    assert setup.asked == {"/robots.txt": 1}


async def test_a_sitemap_that_it_names(setup: Setup) -> None:
    inside = "\n".join(f"Sitemap: {vector}" for vector in INSIDE)
    setup.pages = {
        "/": "Home",
        "/good.txt": f"{setup.base}/\n",
        "/robots.txt": f"{inside}\nSitemap: /good.txt",
    }
    found = await _sitemaps(setup)
    assert found["urls"] == 1
    # By http and by https, it is the same file.
    assert json.dumps(found).count("Blocked: ") == len({one.partition(":")[2] for one in INSIDE})


async def test_a_sitemap_in_an_index(setup: Setup) -> None:
    children = [*INSIDE, "/good.txt"]
    index = "".join(
        f"<sitemap><loc>{setup.base if c[0] == '/' else ''}{c}</loc></sitemap>" for c in children
    )
    setup.pages = {
        "/": "Home",
        "/robots.txt": "Sitemap: /index.xml",
        "/index.xml": f'<?xml version="1.0"?><sitemapindex>{index}</sitemapindex>',
        "/good.txt": f"{setup.base}/\n",
    }
    found = await _sitemaps(setup)
    assert found["urls"] == 1
    # Children on other sites are not even tried; those that claim to be of this one are.
    own = {one.partition(":")[2] for one in INSIDE if "shop.example" in one}
    assert json.dumps(found).count("Blocked: ") == len(own)


async def _sitemaps(setup: Setup) -> dict[str, object]:
    operation = SitemapScan()
    operation.fetcher = setup.fetcher
    result = await operation.run(setup.base, SitemapScanParams(), Context(1, 0, 1, "test"))
    return dict(result.data)


async def test_a_link(setup: Setup) -> None:
    setup.pages = {
        "/": "".join(f'<a href="{vector}">Contact</a>' for vector in [*INSIDE, "/good"]),
        "/good": "Good",
    }
    seen = await crawl(
        setup.fetcher, setup.base, OPEN, Extent(50, 20), lambda read: read.answer.url
    )
    assert sorted(one.answer.url for one in seen.pages) == [f"{setup.base}/", f"{setup.base}/good"]
    assert {problem.partition(" is not")[0] for problem in seen.problems.values()} == {
        "Blocked: local.shop.example",
        "Blocked: intranet.shop.example",
    }


async def test_everything_else_in_a_page_and_its_headers(setup: Setup) -> None:
    """What is only noted is not asked for."""
    tags = (
        '<base href="{0}"><meta http-equiv="refresh" content="0;url={0}"><link rel="canonical" href="{0}">'
        '<link rel="icon" href="{0}"><link rel="preload" href="{0}"><link rel="sitemap" href="{0}">'
        '<meta property="og:image" content="{0}"><iframe src="{0}"></iframe><img src="{0}"><script src="{0}"></script>'
        '<form action="{0}"></form><script type="application/ld+json">{{"@context": "{0}", "url": "{0}"}}</script>'
    )
    setup.pages = {"/": "<title>Shop</title>" + "".join(tags.format(vector) for vector in INSIDE)}
    setup.headers = {"Refresh": "0;url=http://[::1]/", "Content-Location": "http://[::1]/"}
    setup.headers |= {
        "Link": "<http://[::1]/>; rel=preload",
        "Alt-Svc": 'h2="[::1]:80"',
        "Location": "http://[::1]/",
    }
    operation = PageScan()
    operation.fetcher = setup.fetcher
    params = PageScanParams.model_validate({"respect_robots": False})
    found = (await operation.run(setup.base, params, Context(1, 0, 1, "test"))).data
    assert found["title"] == "Shop"
    assert setup.asked == {"/": 1}


@pytest.mark.parametrize("name", ["half.shop.example", "halves.shop.example"])
async def test_a_name_with_addresses_on_both_sides(setup: Setup, name: str) -> None:
    """The bad ones are not dialled; if a good one answers, that is the site."""
    setup.pages = {"/": "Home"}
    answer = await setup.fetcher.get(f"http://{name}:{setup.port}/", OPEN)
    assert answer.body == b"Home"
    assert setup.recorder.dialled == ["127.0.0.1"]


async def test_a_name_that_changes_between_its_robots_txt_and_its_page(setup: Setup) -> None:
    setup.pages = {"/": "Home", "/robots.txt": ""}
    setup.table.names["turn.example"] = [["127.0.0.1"], ["10.0.0.1"]]
    setup.headers = {"Connection": "close"}
    # Addresses are remembered for minutes; as if those had passed.
    setup.fetcher._client._session.connector._use_dns_cache = False  # type: ignore[union-attr]
    error = await setup.failure(f"http://turn.example:{setup.port}/", Limits(seconds=5))
    assert isinstance(error, failures.Blocked)
    assert setup.asked == {"/robots.txt": 1}
