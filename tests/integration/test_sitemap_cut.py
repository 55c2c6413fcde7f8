"""Sitemaps that end before their end: a program dies in mid-answer, a line breaks, a site drips."""

import asyncio
import gzip
import time
from contextlib import AbstractContextManager, suppress
from ipaddress import ip_network

import pytest
from aiohttp import web

from batches.models import SitemapFile, SitemapUrl
from batches.operations.web import failures
from batches.operations.web.client import Reading
from batches.operations.web.fetch import Fetcher, Limits
from batches.operations.web.guard import Reach
from tests.integration.test_sitemap_scan import NS, index, pages, reachable, scanned
from tests.loopback import QUICK, serving
from tests.sites import answering

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]
__all__ = ["reachable"]

BROKEN = "The site closed the connection before its answer was complete."
SLOW = "The site did not answer in time."
# What is said of its length, the seconds between more bytes or None for the end, and what the file is called then.
CUTS: dict[str, tuple[dict[str, str], float | None, str]] = {
    "short of its length": ({"Content-Length": "10000000"}, None, BROKEN),
    "chunks without a last": ({"Transfer-Encoding": "chunked"}, None, BROKEN),
    "a drip": ({"Transfer-Encoding": "chunked"}, 0.1, SLOW),
    "silence": ({"Transfer-Encoding": "chunked"}, 60, SLOW),
}


def beginning(base: str, count: int) -> bytes:
    """With half of one more address."""
    urls = "".join(f"<url><loc>{base}/{n}</loc></url>" for n in range(count))
    return f'<?xml version="1.0"?><urlset {NS}>{urls}<url><loc>{base}/hal'.encode()


def cutting(
    cut: str, count: int, listed: bool, packed: bool = False
) -> AbstractContextManager[str]:
    """A site whose sitemap of `count` pages is cut; with `listed`, an index names it and a good one."""
    headers, pause, _ = CUTS[cut]

    async def cut_off(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        text = beginning(f"http://{request.host}", count)
        await response.write(gzip.compress(text) if packed else text)
        with suppress(ConnectionError):
            while pause is not None:
                await asyncio.sleep(pause)
                await response.write(b"f")
        if request.transport is not None:
            request.transport.close()
        return response

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        base = f"http://{request.host}"
        texts = {"/": "<title>Home</title>", "/good.xml": pages(f"{base}/good")}
        if listed:
            texts["/sitemap.xml"] = index(f"{base}/good.xml", f"{base}/cut.xml")
        if request.path == ("/cut.xml" if listed else "/sitemap.xml"):
            return await cut_off(request)
        text = texts.get(request.path)
        return web.Response(text=text or "", status=404 if text is None else 200)

    return answering(answer)


@pytest.mark.parametrize("listed", [False, True], ids=["alone", "in an index"])
@pytest.mark.parametrize("count", [10, 12_345])
@pytest.mark.parametrize("cut", CUTS)
def test_what_came_before_the_cut_counts(cut: str, count: int, listed: bool) -> None:
    with cutting(cut, count, listed) as base:
        result = scanned(base, timeout_seconds=2)
    assert result["urls"] == count + listed
    (file,) = [file for file in result["files"] if file.get("problem")]
    assert (file["kind"], file["urls"], file["cut_off"]) == ("urlset", count, True)
    assert file["problem"] == CUTS[cut][2]
    row = SitemapFile.objects.get(url=file["url"])
    assert (row.whole, row.urls, row.read_at) == (False, count, None)
    assert SitemapUrl.objects.filter(sitemap=row).count() == count
    assert not SitemapUrl.objects.filter(url__contains="/hal").exists()


def test_of_a_packed_one_too() -> None:
    with cutting("short of its length", 12_345, listed=False, packed=True) as base:
        assert scanned(base)["urls"] == 12_345
    assert SitemapFile.objects.get().packed


async def fetched(pieces: int, pause: float, work: float, seconds: float) -> int:
    """Bytes of a site that sends so many pieces, a pause before each, to one who works on each for so long."""
    taken = 0

    async def take(piece: bytes) -> None:
        nonlocal taken
        taken += len(piece)
        await asyncio.sleep(work)

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        with suppress(ConnectionError):
            for _ in range(pieces):
                await asyncio.sleep(pause)
                await response.write(b"x" * 1_000)
        return response

    fetcher = Fetcher(lambda: Reach([ip_network("127.0.0.1")]), courtesy=QUICK)
    try:
        async with serving(answer) as address:
            reading = Reading(1_000_000, take=take)
            await fetcher.get(address, Limits(seconds, robots=False), reading)
    finally:
        await fetcher.close()
    return taken


async def test_our_own_work_is_not_the_sites_time() -> None:
    """The site is waited for less than a second, but it takes more than two until all is read."""
    assert await fetched(pieces=6, pause=0.4, work=0.35, seconds=1.5) == 6_000


async def test_a_site_that_drips_has_its_time_and_no_more() -> None:
    began = time.monotonic()
    with pytest.raises(failures.TooSlow):
        await fetched(pieces=400, pause=0.05, work=0.01, seconds=1)
    assert time.monotonic() - began < 5


def test_of_one_that_takes_longer_than_there_is_time_for_the_site() -> None:
    """Three million more would take minutes, and an attempt that is cut off loses all of it."""
    text = gzip.compress(beginning("http://a.example", 200_000), 1)

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=text if request.path == "/sitemap.xml" else b"<title>Home</title>")

    with answering(answer) as base:
        began = time.monotonic()
        result = scanned(base, site_seconds=1)
    assert time.monotonic() - began < 10
    assert 0 < result["urls"] < 200_000
    assert result["urls"] == SitemapUrl.objects.count()
    (file,) = result["files"]
    assert file["cut_off"]
    assert file["problem"] == "was not read to its end: there was no time"
    assert result["left_out"] == "the rest of a sitemap: there was no time"
