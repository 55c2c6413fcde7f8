"""A site that names its sitemaps with and without "www.", by http and by https: each file is asked for once."""

from aiohttp import web

from batches.operation import NoStorage
from batches.operations.sitemaps.files import Shelf
from batches.operations.sitemaps.walk import Caps, Keeping, Walk
from batches.operations.web.fetch import Fetcher, Limits
from batches.operations.web.guard import Reach
from tests.loopback import LOOPBACK, NAMES, QUICK, Recorder, serving


async def test_a_file_of_apex_and_www_http_and_https_is_fetched_once() -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        place = f"http://{request.host}"
        if request.path == "/index.xml":
            both = (f"<sitemap><loc>{place}/{n}.xml</loc></sitemap>" for n in "ab")
            return web.Response(text=f"<sitemapindex>{''.join(both)}</sitemapindex>")
        return web.Response(text=f"<urlset><url><loc>{place}/1</loc></url></urlset>")

    fetcher = Fetcher(lambda: Reach(LOOPBACK), Recorder(), NAMES, courtesy=QUICK)
    async with serving(answer) as address:
        port = address.rpartition(":")[2]
        hosts = [f"shop.example:{port}", f"www.shop.example:{port}"]
        keeping = Keeping(NoStorage(), Shelf("shop.example", 1))
        walk = Walk(fetcher, Limits(5, robots=False), Caps(50, 5, 1_000), "shop.example", keeping)
        schemes = ("http", "https")
        named = [f"{scheme}://{host}" for scheme in schemes for host in hosts]
        await walk.named(f"{place}/{name}.xml" for place in named for name in ("index", "a"))
    await fetcher.close()
    assert sorted(asked) == ["/a.xml", "/b.xml", "/index.xml"]
    assert (len(walk.found.files), walk.found.urls) == (3, 2)
