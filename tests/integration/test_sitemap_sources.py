"""Where sitemaps are found if robots.txt names none, and what looks like one."""

import gzip
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from batches.models import Domain, SitemapFile
from batches.operations.sitemaps.places import FEEDS, LIKELY, USUAL
from tests.integration.running import finished, started
from tests.integration.test_sitemap_scan import Site, index, pages, reachable, scanned, serving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]
__all__ = ["reachable"]

FEED = "<rss><channel><item><link>{}/1</link></item></channel></rss>"


@pytest.mark.parametrize(
    ("home", "path", "found_in"),
    [
        ('<link rel="sitemap" href="/own/map.xml">', "/own/map.xml", "link"),
        ('<a href="/files/sitemap-all.xml">Map</a>', "/files/sitemap-all.xml", "link"),
        ('<link rel="alternate" type="application/rss+xml" href="/n?f=rss">', "/n", "feed"),
        ('<link rel="alternate" type="application/atom+xml" href="/n?f=rss">', "/n", "feed"),
        ("nothing", "/wp-sitemap.xml", "usual place"),
        ("nothing", "/feed/", "feed"),
    ],
    ids=["link", "anchor", "rss", "atom", "usual place", "usual feed"],
)
def test_each_source(home: str, path: str, found_in: str) -> None:
    def site(base: str) -> Site:
        text = FEED.format(base) if found_in == "feed" else pages(f"{base}/1")
        return {"/": home, path: text}

    with serving(site) as (base, _):
        assert scanned(base)["urls"] == 1
    (file,) = SitemapFile.objects.all()
    assert file.found_in == found_in
    assert file.url.partition("?")[0] == base + path


def test_a_page_of_links_is_no_sitemap() -> None:
    """Called sitemap, and made for people: what the usual places have counts."""

    def site(base: str) -> Site:
        home = '<a href="/sitemap.html">Map</a><a href="/sitemap/">Map</a>'
        return {"/": home, "/sitemap.xml": pages(f"{base}/1")}

    with serving(site) as (base, asked):
        assert scanned(base)["sample"] == [f"{base}/1"]
    assert asked["/sitemap.html"] == asked["/sitemap/"] == 0


def test_few_links_are_followed() -> None:
    def site(base: str) -> Site:
        return {"/": "".join(f'<a href="/sitemap-{n}.xml">x</a>' for n in range(50))}

    with serving(site) as (base, asked):
        finished(started("sitemap_scan", [base], max_attempts=1))
    assert sum(asked[f"/sitemap-{n}.xml"] for n in range(50)) == 5


def test_a_site_that_answers_everything_with_a_page_costs_few_requests() -> None:
    with serving(lambda base: {"*": "<!doctype html><html>Welcome</html>"}) as (base, asked):
        batch = finished(started("sitemap_scan", [base], max_attempts=1))
    assert batch.items.get().state == "failed"
    assert SitemapFile.objects.count() == 0
    # Itself, robots.txt, the page once more for its links, a place that nobody has.
    assert asked.total() <= len(LIKELY) + 4


def test_on_such_a_site_a_sitemap_is_found_all_the_same() -> None:
    def site(base: str) -> Site:
        everything = "<!doctype html><html>Welcome</html>"
        return {"*": everything, "/wp-sitemap.xml": pages(f"{base}/1")}

    with serving(site) as (base, _):
        assert scanned(base)["urls"] == 1


def test_spellings_of_one_address_are_one_file() -> None:
    """With another scheme or "www." in front, it would be read and stored a second time."""

    def site(base: str) -> Site:
        secure = base.replace("http:", "https:")
        again = index(f"{base}/a.xml", f"{secure}/a.xml", f"{base}/a.xml#x", f"{base}/b/../a.xml")
        return {"/sitemap.xml": again, "/a.xml": pages(f"{base}/1")}

    with serving(site) as (base, asked):
        assert scanned(base)["sitemaps"] == 2
    assert asked["/a.xml"] == 1


def test_a_file_with_the_same_etag_is_not_read_again() -> None:
    """No index says anything of it: asked by its ETag, answered with a line."""

    def site(base: str) -> Site:
        return {
            "/robots.txt": f"Sitemap: {base}/s.gz\n",
            "/s.gz": gzip.compress(pages(f"{base}/1").encode(), mtime=0),
        }

    with serving(site) as (base, asked):
        scanned(base)
        second = scanned(base)
    assert asked["/s.gz unchanged"] == 1
    assert (second["urls"], second["unchanged"]) == (1, 1)


def test_a_file_of_the_same_bytes_is_unchanged_whatever_the_server_says() -> None:
    def site(base: str) -> Site:
        return {"/robots.txt": f"Sitemap: {base}/untold.xml", "/untold.xml": pages(f"{base}/1")}

    with serving(site) as (base, asked):
        assert "unchanged" not in scanned(base)
        assert scanned(base)["unchanged"] == 1
        asked.site["/untold.xml"] = pages(f"{base}/2")
        assert "unchanged" not in scanned(base)


def test_the_address_of_a_sitemap_has_that_one_read() -> None:
    def site(base: str) -> Site:
        return {
            "/robots.txt": f"Sitemap: {base}/other.xml",
            "/other.xml": pages(f"{base}/1"),
            "/maps/own.xml": pages(f"{base}/2", f"{base}/3"),
        }

    with serving(site) as (base, asked):
        result = scanned(f"{base}/maps/own.xml")
        assert asked["/other.xml"] == 0
        assert (result["urls"], result["files"][0]["found_in"]) == (2, "given")
        # One that is none is a page of a site like any other.
        assert scanned(f"{base}/gone/sitemap.html")["urls"] == 1


# Whole sites first, then parts of one; what else there is of the same kind is asked for, too.
WHOLE = (
    "sitemap.xml", "sitemap_index.xml", "sitemap-index.xml", "sitemapindex.xml", "sitemap.php", "sitemap.txt",
    "sitemap/sitemap.xml", "sitemap/index.xml", "wp-sitemap.xml", "wp-sitemap-index.xml",
)  # fmt: skip
PARTS = (
    "post-sitemap.xml", "page-sitemap.xml", "product-sitemap.xml", "category-sitemap.xml", "news-sitemap.xml",
    "wp-sitemap-posts-post-1.xml", "sitemap-posts-post-1.xml", "sitemap-pages-post-1.xml", "sitemap-categories-1.xml",
)  # fmt: skip


def test_each_usual_place_is_looked_into() -> None:
    paths = [*WHOLE, *PARTS]

    def only(path: str) -> Callable[[str], Site]:
        return lambda base: {f"/{path}": pages(f"{base}/1")}

    with ExitStack() as stack:
        sites = [stack.enter_context(serving(only(path))) for path in paths]
        bases = [base for base, _ in sites]
        batch = finished(started("sitemap_scan", bases, max_attempts=1, concurrency=len(bases)))
        assert {item.state for item in batch.items.all()} == {"succeeded"}
    places = {f"{base}/{path}" for base, path in zip(bases, paths, strict=True)}
    assert set(SitemapFile.objects.values_list("url", flat=True)) == places


def test_one_that_names_all_ends_the_search() -> None:
    def site(base: str) -> Site:
        return {f"/{path}": pages(f"{base}/{path}") for path in ("sitemapindex.xml", *PARTS)}

    with serving(site) as (base, asked):
        assert scanned(base)["sample"] == [f"{base}/sitemapindex.xml"]
    assert not any(asked[f"/{path}"] for path in PARTS)


def test_one_that_names_a_part_does_not_hide_the_others() -> None:
    def site(base: str) -> Site:
        return {f"/{path}": pages(f"{base}/{path}") for path in (*PARTS, "feed/")}

    with serving(site) as (base, asked):
        result = scanned(base)
    assert sorted(result["sample"]) == sorted(f"{base}/{path}" for path in PARTS)
    assert (result["sitemaps"], asked["/feed/"]) == (len(PARTS), 0)


def test_a_site_without_any_is_asked_for_each_place_once() -> None:
    with serving(lambda base: {}) as (base, asked):
        finished(started("sitemap_scan", [base], max_attempts=1))
    # Itself twice, for its address and for its links, and robots.txt.
    assert asked.total() == len(USUAL) + len(FEEDS) + 3
    assert len(USUAL) + len(FEEDS) <= 30
    assert max(asked[f"/{path}"] for path in (*USUAL, *FEEDS)) == 1


CLOSED = "User-agent: *\nDisallow: /\n"


@pytest.mark.parametrize(
    ("rest", "path"),
    [
        ("Allow: /sitemap.xml", "/sitemap.xml"),
        ("Allow: /maps/\nSitemap: /maps/1.xml", "/maps/1.xml"),
    ],
    ids=["usual place", "named"],
)
def test_what_a_closed_site_leaves_open_is_read_and_nothing_else(rest: str, path: str) -> None:
    def site(base: str) -> Site:
        other = {"/sitemap_index.xml": pages(f"{base}/2"), "/secret.xml": pages(f"{base}/3")}
        named = index(f"{base}/secret.xml")
        return {"/robots.txt": CLOSED + rest, path: named, **other}

    with serving(site) as (base, asked):
        result = scanned(base)
    assert set(asked) == {"/robots.txt", path}
    files = [(file["url"], file.get("problem", "")[:14]) for file in result["files"]]
    assert files == [(base + path, ""), (f"{base}/secret.xml", "The robots.txt")]
    assert Domain.objects.get().url == f"{base}/"


@pytest.mark.parametrize("rest", ["", "Sitemap: /sitemap.xml"], ids=["none named", "one named"])
def test_a_site_that_leaves_nothing_open_is_left_out(rest: str) -> None:
    def site(base: str) -> Site:
        return {"/robots.txt": CLOSED + rest, "/sitemap.xml": pages(f"{base}/1")}

    with serving(site) as (base, asked):
        item = finished(started("sitemap_scan", [base], max_attempts=1)).items.get()
    assert (item.state, set(asked)) == ("skipped", {"/robots.txt"})
    assert "does not allow to fetch this page" in (item.error or "")


def test_a_closed_site_that_is_read_all_the_same_when_told_so() -> None:
    def site(base: str) -> Site:
        return {"/robots.txt": CLOSED, "/sitemap.xml": pages(f"{base}/1")}

    with serving(site) as (base, _):
        assert scanned(base, respect_robots=False)["urls"] == 1
