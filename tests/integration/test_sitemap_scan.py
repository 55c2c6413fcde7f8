"""Sitemap scan as a batch, on sites on loopback that have their sitemaps in every way there is."""

import asyncio
import gzip
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from ipaddress import ip_network
from typing import Any

import pytest
from aiohttp import web
from django.conf import LazySettings

from batches.models import FailureGroup
from tests.integration.running import finished, started
from tests.sites import answering

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]

NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
Site = dict[str, bytes | str]


def pages(*urls: str, extra: str = "") -> str:
    body = "".join(f"<url><loc>{url}</loc>{extra}</url>" for url in urls)
    return f'<?xml version="1.0"?><urlset {NS}>{body}</urlset>'


def index(*urls: str) -> str:
    body = "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls)
    return f'<?xml version="1.0"?><sitemapindex {NS}>{body}</sitemapindex>'


class Asked(Counter[str]):
    """How often each path was asked for, of a `site` that may change between two scans."""

    site: Site
    untold = False  # Whether answers come without an ETag.


def seconds(path: str, body: str | bytes | None) -> float:
    """Until the answer comes."""
    if body == b"slow":
        return 60
    return 0.4 if path.startswith("/later") or body == b"late" else 0


@contextmanager
def serving(make: Callable[[str], Site]) -> Iterator[tuple[str, Asked]]:
    """`make` is told the address that the site will have."""
    asked = Asked()
    asked.site = site = Site()

    async def answer(request: web.BaseRequest) -> web.Response:
        asked[request.path] += 1
        if request.path == "/":
            home = str(site.get("/", "<title>Home</title>"))
            return web.Response(text=home, content_type="text/html")
        body = site.get(request.path, site.get("*"))
        await asyncio.sleep(seconds(request.path, body))
        if body == b"busy":
            return web.Response(status=503, headers={"Retry-After": "300"})
        if body is None:
            return web.Response(status=404, text="<!doctype html><html>Not found</html>")
        raw = body.encode() if isinstance(body, str) else body
        etag = f'"{sha256(raw).hexdigest()}"'
        if request.headers.get("If-None-Match") == etag:
            asked[f"{request.path} unchanged"] += 1
            return web.Response(status=304)
        untold = asked.untold or request.path.startswith("/untold")
        return web.Response(body=raw, headers={} if untold else {"ETag": etag})

    with answering(answer) as base:
        site.update(make(base))
        yield base, asked


@pytest.fixture(autouse=True)
def reachable(settings: LazySettings) -> None:
    settings.CONSOLE_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]


def scanned(base: str, **params: object) -> dict[str, Any]:
    item = finished(started("sitemap_scan", [base], params=params, max_attempts=1)).items.get()
    assert item.state == "succeeded", item.error
    return dict(item.result or {})


def test_what_robots_names_is_read_with_all_that_it_names() -> None:
    more = "<lastmod>2026-05-04</lastmod><priority>0.5</priority>"

    def site(base: str) -> Site:
        return {
            "/robots.txt": f"User-agent: *\nAllow: /\nSitemap: {base}/deep/index.xml\n",
            "/deep/index.xml": index(f"{base}/a.xml", f"{base}/b.xml.gz", f"{base}/none.xml"),
            "/a.xml": pages(f"{base}/1", f"{base}/2", extra=more),
            "/b.xml.gz": gzip.compress(pages(f"{base}/3", "https://elsewhere.example/4").encode()),
        }

    with serving(site) as (base, asked):
        result = scanned(base)
    assert (result["urls"], result["sitemaps"], result["in_robots"]) == (4, 4, 1)
    assert result["newest"] == "2026-05-04T00:00:00+00:00"
    assert result["foreign"] == 1
    assert result["broken_sitemaps"] == 1
    assert {file["url"].removeprefix(base): file.get("problem") for file in result["files"]} == {
        "/deep/index.xml": None, "/a.xml": None, "/b.xml.gz": None, "/none.xml": "answered 404",
    }  # fmt: skip
    assert asked["/sitemap.xml"] == 0


@pytest.mark.parametrize("path", ["/sitemap.xml", "/wp-sitemap.xml", "/sitemap.txt", "/feed/"])
def test_the_usual_places(path: str) -> None:
    feed = "<rss><channel><item><link>{}/1</link></item></channel></rss>"

    def site(base: str) -> Site:
        plain = {"/sitemap.txt": f"{base}/1\n", "/feed/": feed.format(base)}
        return {path: plain.get(path, pages(f"{base}/1"))}

    with serving(site) as (base, _):
        result = scanned(base)
    assert (result["urls"], result["sample"], result["in_robots"]) == (1, [f"{base}/1"], 0)


def test_circles_and_diamonds_cost_each_file_once() -> None:
    """Five levels of four that all name all of the next: a walk without a memory asks 1,366 times."""

    def site(base: str) -> Site:
        levels = [[f"/{level}-{n}.xml" for n in range(4)] for level in range(5)]
        found: Site = {
            "/sitemap.xml": index(*(base + path for path in levels[0]), f"{base}/sitemap.xml")
        }
        for level, names in enumerate(levels):
            below = levels[level + 1] if level < 4 else ["/pages.xml", "/sitemap.xml"]
            found |= {name: index(*(base + path for path in below)) for name in names}
        return {**found, "/pages.xml": pages(f"{base}/1")}

    with serving(site) as (base, asked):
        result = scanned(base, max_depth=10)
    assert (result["urls"], result["sitemaps"]) == (1, 22)
    assert {
        path: count for path, count in asked.items() if count > 1 and path.endswith(".xml")
    } == {}


def test_of_fifty_thousand_children_few_are_asked_for() -> None:
    def site(base: str) -> Site:
        return {
            "/sitemap.xml": index(*(f"{base}/{n}.xml" for n in range(50_000))),
            "/0.xml": pages(f"{base}/1"),
        }

    with serving(site) as (base, asked):
        result = scanned(base, max_files=5)
    assert (result["left_out"], result["sitemaps"]) == ("49996 sitemaps, after 5", 5)
    assert sum(count for path, count in asked.items() if path.endswith(".xml")) == 5


def test_names_of_files_mean_nothing() -> None:
    """Packed under a plain name, plain under a packed one; and none is asked for twice."""

    def site(base: str) -> Site:
        return {
            "/robots.txt": f"Sitemap: {base}/a.xml\nSitemap: {base}/b.xml.gz\nSitemap: {base}/all",
            "/a.xml": gzip.compress(pages(f"{base}/1").encode()),
            "/b.xml.gz": pages(f"{base}/2?a=1&amp;b=2"),
            "/all": index(f"{base}/c"),
            "/c": pages(f"{base}/3"),
        }

    with serving(site) as (base, asked):
        result = scanned(base)
    assert sorted(result["sample"]) == [f"{base}/1", f"{base}/2?a=1&b=2", f"{base}/3"]
    assert all(asked[path] == 1 for path in ("/a.xml", "/b.xml.gz", "/all", "/c"))


def test_limits_are_said() -> None:
    def site(base: str) -> Site:
        many = [f"{base}/{n}.xml" for n in range(30)]
        return {
            "/sitemap.xml": index(*many),
            **{f"/{n}.xml": pages(f"{base}/{n}") for n in range(30)},
        }

    with serving(site) as (base, _):
        assert scanned(base, max_files=10)["left_out"] == "21 sitemaps, after 10"
        assert scanned(base, max_urls=5)["left_out"] == "pages after the first 5"
        assert scanned(base, max_depth=0)["left_out"] == "sitemaps deeper than 0 levels"


def test_what_was_read_counts_when_the_time_is_up() -> None:
    def site(base: str) -> Site:
        later = {f"/later/{n}.xml": pages(f"{base}/{n}") for n in range(20)}
        return {"/sitemap.xml": index(*(base + path for path in later)), **later}

    with serving(site) as (base, _):
        result = scanned(base, site_seconds=1)
    left = int(result["left_out"].partition(" ")[0])
    assert result["left_out"].endswith(" left unread: there was no time")
    assert 0 < result["urls"] == 20 - left


def test_a_host_that_asks_for_a_break_ends_the_reading_and_not_the_result() -> None:
    def site(base: str) -> Site:
        names = [f"/{name}.xml" for name in ("good", "busy", "then", "last")]
        good = {name: pages(f"{base}{name}/1") for name in names if "busy" not in name}
        return {
            "/sitemap.xml": index(*(base + name for name in names)),
            **good,
            "/busy.xml": b"busy",
        }

    with serving(site) as (base, asked):
        result = scanned(base)
    assert result["left_out"].startswith("2 left unread: Waiting for its turn")
    assert result["urls"] == 1
    assert not asked["/then.xml"]
    assert not asked["/last.xml"]


def test_a_site_that_is_too_slow_for_all_guesses_says_so() -> None:
    with serving(lambda base: {"/": "<title>Home</title>", "*": b"late"}) as (base, _):
        params = {"site_seconds": 1}
        batch = finished(started("sitemap_scan", [base], params=params, max_attempts=1))
    assert batch.items.get().error == "There was no time to look into all usual places."


def test_what_is_wrong_with_a_file_is_said() -> None:
    entities = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y "z">]><urlset/>'

    def site(base: str) -> Site:
        packed = gzip.compress(pages(*(f"{base}/{n}" for n in range(2_000))).encode())
        wrong: Site = {"/cut.gz": packed[:-100], "/page.xml": "<!doctype html><html></html>",
                       "/entities.xml": entities, "/empty.xml": ""}  # fmt: skip
        away = ["https://elsewhere.example/s.xml", "http://169.254.169.254/s.xml", "ftp://x/s.xml"]
        return {"/sitemap.xml": index(*(base + path for path in wrong), *away), **wrong}

    with serving(site) as (base, _):
        result = scanned(base)
    files = {file["url"].removeprefix(base): file for file in result["files"]}
    # None of those elsewhere was even asked for.
    assert set(files) == {"/sitemap.xml", "/cut.gz", "/page.xml", "/entities.xml", "/empty.xml"}
    assert files["/sitemap.xml"]["children"] == 6
    assert files["/cut.gz"]["cut_off"]
    assert 0 < files["/cut.gz"]["urls"] < 2_000
    assert [files[path]["problem"] for path in ("/page.xml", "/entities.xml", "/empty.xml")] == [
        "is a web page", "declares entities of its own", "is empty",
    ]  # fmt: skip


def test_none_that_can_be_read_is_a_failure() -> None:
    def site(base: str) -> Site:
        return {"/robots.txt": f"Sitemap: {base}/one.xml\n", "/one.xml": "<html></html>"}

    with serving(site) as (base, _):
        batch = finished(started("sitemap_scan", [base], max_attempts=1))
    assert batch.items.get().error == (
        f"None of its sitemaps can be read: {base}/one.xml is a web page."
    )


def test_a_file_that_does_not_come_is_worth_another_attempt() -> None:
    def site(base: str) -> Site:
        return {"/robots.txt": f"Sitemap: {base}/slow.xml\n", "/slow.xml": b"slow"}

    with serving(site) as (base, asked):
        params = {"timeout_seconds": 1}
        batch = started("sitemap_scan", [base], params=params, max_attempts=2, backoff_seconds=0.1)
        assert finished(batch).items.get().attempts == 2
    assert asked["/slow.xml"] == 2


def test_a_site_without_any_fails_in_words() -> None:
    with serving(lambda base: {}) as (base, asked):
        batch = finished(started("sitemap_scan", [base], max_attempts=1))
    assert batch.items.get().state == "failed"
    assert FailureGroup.objects.get(batch=batch).message == (
        "The site has no sitemap in robots.txt or in any of the usual places."
    )
    assert asked["/sitemap.xml"] == 1


def test_a_large_one_is_read_as_it_comes() -> None:
    def site(base: str) -> Site:
        return {
            "/sitemap.xml": gzip.compress(pages(*(f"{base}/{n}" for n in range(50_000))).encode())
        }

    with serving(site) as (base, _):
        result = scanned(base)
    assert result["urls"] == 50_000
    assert len(result["sample"]) == 20
