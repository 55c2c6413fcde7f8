"""Several pages of a site: which, in what order, what is kept of them, and what a later scan makes of it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import LazySettings

from batches.curation import suppress
from batches.models import Domain, Item, Page, Scan
from batches.operation import key_of
from batches.operations.web.targets import domain_of
from tests.integration.running import finished, started
from tests.sites import Pages, Said, Site, site

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]

HOME = """<title>Home</title><a href="/far">Far</a> <a href="/news?page=1#top">News</a>
<a href="/contact-us">Contact</a> <a href="/impressum">Impressum</a> <a href="/about">About us</a>
<a href="/logo.png">Logo</a> <a href="/wp-login.php">Log in</a> <a href="/#top">Top</a> <a href="/index.html">Home</a>
<a href="https://elsewhere.test/contact">Partner</a> <a href="http://127.0.0.1.evil.test/contact">Evil</a>"""


def page(title: str, *hrefs: str) -> str:
    return f"<title>{title}</title>" + "".join(f'<a href="{href}">more</a>' for href in hrefs)


@pytest.fixture
def serving(settings: LazySettings) -> Iterator[Callable[..., Site]]:
    open_: list[Any] = []

    def serve(pages: Any) -> Site:
        opened = site(settings, pages)
        open_.append(opened)
        made: Site = opened.__enter__()
        return made

    yield serve
    for opened in open_:
        opened.__exit__(None, None, None)


def scanned(site: Site, pages: int = 1, **params: Any) -> Item:
    params = {"max_pages": pages, **params}
    batch = finished(started("page_scan", [site.base], params=params, max_attempts=1))
    return batch.items.get()


def said(item: Item) -> dict[str, Any]:
    assert isinstance(item.result, dict), item.error
    return item.result


PAGES: Pages = {
    "/": HOME,
    "/contact-us": page("Contact", "mailto:hello@baeckerei-vogt.de", "/far"),
    "/impressum": page("Impressum", "tel:+493012345678"),
    "/about": page("About", "/team"),
    "/far": page("Far"),
    "/news?page=1": page("News", "/news?page=2"),
    "/news?page=2": page("News 2"),
    "/team": page("Team"),
}


def test_one_page_is_the_home_page_and_nothing_else(serving: Callable[..., Site]) -> None:
    shop = serving(PAGES)
    item = scanned(shop)
    assert shop.asked == ["/"]
    assert said(item)["title"] == "Home"
    assert "pages" not in said(item)


def test_who_made_it_comes_first_then_what_is_near(serving: Callable[..., Site]) -> None:
    shop = serving(PAGES)
    item = scanned(shop, 20)
    assert shop.asked[:4] == ["/", "/contact-us", "/impressum", "/about"]
    assert shop.asked[4] == "/team"
    assert set(shop.asked[5:]) == {"/far", "/news?page=1", "/news?page=2"}
    assert len(shop.asked) == len(set(shop.asked)) == 8
    assert [line["title"] for line in said(item)["pages"]][:2] == ["Home", "Contact"]
    assert said(item)["emails"] == ["hello@baeckerei-vogt.de"]
    assert said(item)["phones"] == ["+493012345678"]


def test_no_more_pages_than_asked_for(serving: Callable[..., Site]) -> None:
    shop = serving(PAGES)
    scanned(shop, 3)
    assert shop.asked == ["/", "/contact-us", "/impressum"]


def test_a_page_that_can_not_be_had_is_noted(serving: Callable[..., Site]) -> None:
    shop = serving(
        {**PAGES, "/contact-us": Said("no", 500), "/about": Said("", 302, {"Location": "ftp://x"})}
    )
    item = scanned(shop, 20)
    assert item.state == "succeeded"
    problems = said(item)["page_problems"]
    assert problems[f"{shop.base}/contact-us"] == "answered 500"
    assert "can't be followed" in problems[f"{shop.base}/about"]


def test_a_page_that_does_not_come_does_not_cost_those_that_came(
    serving: Callable[..., Site],
) -> None:
    """Its own limit ends after that of the site, and would end after that of the attempt."""
    shop = serving({**PAGES, "/contact-us": Said("late", seconds=20)})
    item = scanned(shop, 20, site_seconds=5, timeout_seconds=30)
    assert item.state == "succeeded"
    assert said(item)["title"] == "Home"
    assert said(item)["left_out"] == "pages not read within 5 seconds"


def test_a_redirect_to_another_spelling_of_the_same_page_is_followed(
    serving: Callable[..., Site],
) -> None:
    shop = serving(
        {
            "/": page("Home", "/contact", "/kontakt"),
            "/contact": Said("", 301, {"Location": "/contact/"}),
            "/contact/": page("Contact"),
            "/kontakt": Said("", 302, {"Location": "/contact/"}),
        }
    )
    item = scanned(shop, 20)
    assert [line["title"] for line in said(item)["pages"]] == ["Home", "Contact"]


def test_a_calendar_without_end_costs_only_so_many_pages(serving: Callable[..., Site]) -> None:
    days = {f"/day/{n}": page(f"Day {n}", f"/day/{n + 1}") for n in range(60)}
    shop = serving({"/": page("Home", "/day/0"), **days})
    scanned(shop, 30)
    # The home page and five levels below it.
    assert len(shop.asked) == 6


def test_rows_of_the_site_and_its_pages(serving: Callable[..., Site]) -> None:
    shop = serving(PAGES)
    item = scanned(shop, 3)
    domain = Domain.objects.get()
    assert domain.name == domain_of(shop.base)
    assert (domain.title, domain.pages, domain.emails) == ("Home", 3, ["hello@baeckerei-vogt.de"])
    contact = Page.objects.get(pk=key_of(domain.name, f"{shop.base}/contact-us"))
    assert (contact.title, contact.depth, contact.status) == ("Contact", 1, 200)
    assert Page.objects.count() == 3
    scan = Scan.objects.get()
    assert (scan.domain_id, scan.batch_id, scan.seq) == (domain.name, item.batch_id, 0)


def test_a_later_scan_that_finds_less_takes_nothing_away(serving: Callable[..., Site]) -> None:
    full = '<html lang="de"><title>Shop</title><meta name="description" content="Bread"><a href="mailto:a@baeckerei-vogt.de">'
    shop = serving({"/": full})
    scanned(shop)
    Domain.objects.update(verdict="selected")
    Page.objects.update(verdict="maybe")
    shop.pages["/"] = "<p>We are moving."
    scanned(shop)
    domain, found = Domain.objects.get(), Page.objects.get()
    assert (domain.title, domain.description, domain.language) == ("Shop", "Bread", "de")
    assert domain.emails == ["a@baeckerei-vogt.de"]
    assert (domain.verdict, found.verdict) == ("selected", "maybe")
    assert found.title == "Shop"


def test_who_asked_not_to_be_listed_is_nowhere(serving: Callable[..., Site]) -> None:
    stated = (
        '<script type="application/ld+json">{"@type":"Organization","email":"a@vogt.de"}</script>'
    )
    shop = serving({"/": f'{stated}<a href="mailto:a@vogt.de">a</a> b@vogt.de'})
    suppress("a@vogt.de", "", None)
    item = scanned(shop)
    assert said(item)["emails"] == ["b@vogt.de"]
    for kept in (item.result, Domain.objects.get().emails, Page.objects.get().data):
        assert "a@vogt.de" not in str(kept)


def test_a_site_that_fails_is_listed_with_the_reason(serving: Callable[..., Site]) -> None:
    shop = serving({"/": Said("gone", 410)})
    scanned(shop)
    domain = Domain.objects.get()
    assert domain.problem == "The site answered 410 Gone."
    assert Scan.objects.get().problem == domain.problem
    shop.pages["/"] = page("Back")
    scanned(shop)
    assert Domain.objects.get().problem == ""


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("example.com", "example.com"),
        ("www.example.com", "example.com"),
        ("https://www.example.com/a?b", "example.com"),
        ("http://example.com:8080/", "example.com:8080"),
        ("https://example.com:443/", "example.com"),
        ("example.com:8080", "example.com:8080"),
        ("shop.example.com", "shop.example.com"),
        ("www.com", "www.com"),
        ("xn--mnchen-3ya.de", "xn--mnchen-3ya.de"),
        ("https://münchen.de/", "xn--mnchen-3ya.de"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("http://[2606:4700::1]/", "[2606:4700::1]"),
    ],
)
def test_a_domain_is_its_host(target: str, name: str) -> None:
    assert domain_of(target) == name


def test_a_break_that_the_site_asks_for_ends_the_crawl_with_what_was_read(
    serving: Callable[..., Site],
) -> None:
    busy = Said(status=503, headers={"Retry-After": "300"})
    web = serving({**PAGES, "/contact-us": busy})
    result = said(scanned(web, 10))
    assert result["title"] == "Home"
    assert result["page_problems"] == {f"{web.base}/contact-us": "answered 503"}
    assert result["left_out"].startswith("pages for another time: Waiting for its turn")
    assert web.asked == ["/", "/contact-us"]
