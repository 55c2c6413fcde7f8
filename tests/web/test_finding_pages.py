"""The pages of what was found: lists, one domain, one page, one sitemap."""

from datetime import UTC, datetime
from typing import Any

import pytest

from batches.models import (
    Batch,
    Contact,
    Domain,
    Page,
    Scan,
    SitemapFile,
    SitemapUrl,
)
from batches.operation import key_of
from tests.finds import DETAILS, KINDS, get, sitemap_of, two_sites
from tests.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def found() -> None:
    two_sites()


@pytest.mark.parametrize("kind", KINDS)
def test_each_list_shows_its_rows_and_says_when_nothing_matches(kind: str) -> None:
    client = signed_in("viewer")
    html = get(client, f"/{kind}/")
    assert "a.de" in html
    assert "b.de" in html
    assert "<a.de>" not in html
    assert "Nothing matches" in get(client, f"/{kind}/?q=zzz")


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_list_says_what_comes_here(kind: str) -> None:
    for model in (Domain, Page, SitemapFile, Contact):
        model.objects.all().delete()
    assert "is listed here" in get(signed_in("viewer"), f"/{kind}/")


def test_the_way_to_the_domains_is_marked_on_all_that_was_found() -> None:
    client, key = signed_in("operator"), key_of("a.de", "https://a.de/")
    places = [f"/{kind}/" for kind in KINDS] + [f"/pages/of/{key}/", "/domains/of/a.de/"]
    places += [f"/sitemaps/of/{key_of('a.de', 'https://a.de/sitemap.xml')}/"]
    shown = [client.get(place) for place in [*places, "/contacts/not-listed/"]]
    posts: list[dict[str, Any]] = [{"keys": ["a.de"]}, {"scope": "all", "verdict": "maybe"}]
    shown += [client.post("/domains/decide/", post) for post in posts]
    assert [page.status_code for page in shown[-2:]] == [422, 200]
    marked = '<a href="/domains/" aria-current="page">Domains</a>'
    assert [marked in page.content.decode().split("</header>")[0] for page in shown] == [True] * 10
    assert marked not in get(client, "/batches/")


def test_contacts_show_where_they_stood_and_how_long_they_are_known() -> None:
    first = datetime(2026, 5, 24, tzinfo=UTC)
    Contact.objects.update(context="Write to <us> at", first_seen_at=first)
    html = get(signed_in("viewer"), "/contacts/")
    assert "“Write to &lt;us&gt; at”" in html
    assert "24 May 2026" in html


def test_a_page_shows_all_that_is_known() -> None:
    key = key_of("a.de", "https://a.de/")
    data = {"emails": ["jo@a.de"], "feeds": ["https://a.de/feed"], "leads": ["secret"], "empty": {}}
    Page.objects.filter(pk=key).update(
        data=data, canonical="https://a.de/c", word_count=321, author="Jo <b>", language="de"
    )
    client = signed_in("operator")
    assert f"/pages/of/{key}/" in get(client, "/pages/")
    assert f"/pages/of/{key}/" in get(client, "/domains/of/a.de/")
    html = get(client, f"/pages/of/{key}/")
    for said in (
        "Home",
        "HTTP 200",
        "jo@a.de",
        "https://a.de/c",
        "321",
        "Jo &lt;b&gt;",
        "a.de/feed",
    ):
        assert said in html
    assert "secret" not in html
    post = {"keys": [str(key)], "verdict": "maybe", "scope": "chosen"}
    response = client.post(f"/pages/decide/?back=/pages/of/{key}/", post, follow=True)
    assert response.redirect_chain == [(f"/pages/of/{key}/", 302)]
    assert "by operator" in response.content.decode()


def test_a_domain_shows_what_is_known_and_what_has_changed() -> None:
    for number, title in enumerate(["Old", "New"]):
        batch = Batch.objects.create(name=f"B{number}", operation="page_scan")
        batch.items.create(seq=0, line=1, target="a.de", state="succeeded", result={"title": title})
        Scan.objects.create(batch_id=batch.pk, seq=0, domain_id="a.de", operation="page_scan")
    html = get(signed_in("viewer"), "/domains/of/a.de/")
    assert "Title &lt;a.de&gt;" in html
    assert "<del>Old</del> <ins>New</ins>" in html
    assert "https://a.de/sitemap.xml" in html
    assert "info@a.de" in html
    assert "Nobody answers" in get(signed_in("viewer"), "/domains/of/dead.de/")


def test_a_sitemap_shows_its_urls_and_which_are_gone() -> None:
    key = key_of("a.de", "https://a.de/sitemap.xml")
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    SitemapUrl.objects.create(
        sitemap_id=key, digest=key_of("a.de", "2"), url="https://a.de/2", seen_at=long_ago
    )
    html = get(signed_in("viewer"), f"/sitemaps/of/{key}/")
    assert "https://a.de/1" in html
    assert html.count("gone") == 1


def test_a_sitemap_shows_what_it_says_of_a_page() -> None:
    html = get(signed_in("viewer"), sitemap_of(DETAILS))
    assert html.count("<details>") == 1
    assert "1 image news 2 languages for mobile" in " ".join(html.split())
    for shown in (
        "https://a.de/i.png",
        "&lt;One&gt;",
        "Film",
        "1,200 seconds",
        "Post",
        "https://a.de/fr",
    ):
        assert shown in html
    assert "<One>" not in html


def test_the_pages_of_a_sitemap_are_filtered_by_type() -> None:
    client, path = signed_in("viewer"), sitemap_of(page_type="product")
    html = get(client, f"{path}?type=product")
    assert "https://a.de/2" in html
    assert "https://a.de/1<" not in html
    assert f"{path}export/?format=csv&amp;type=product" in html
    assert "It names no page of this type." in get(client, f"{path}?type=pdf")
    # What is no type filters nothing.
    assert "https://a.de/1<" in get(client, f"{path}?type=zzz")


def test_the_filter_stays_from_page_to_page() -> None:
    client, path = signed_in("viewer"), sitemap_of(page_type="product")
    SitemapUrl.objects.bulk_create(
        SitemapUrl(
            sitemap_id=key_of("a.de", "https://a.de/sitemap.xml"), digest=key_of("a.de", f"x{n}"),
            url=f"https://a.de/x{n}", page_type="product",
        )
        for n in range(120)
    )  # fmt: skip
    html = get(client, f"{path}?type=product")
    following = html.partition('<a href="?type=product&amp;cursor=')[2].partition('"')[0]
    second = get(client, f"{path}?type=product&cursor={following}")
    assert html.count("https://a.de/x") + second.count("https://a.de/x") >= 240
    assert "https://a.de/1<" not in html + second


def test_names_are_shown_in_unicode_and_found_so() -> None:
    Domain.objects.create(name="xn--bcher-kva.de", title="")
    Domain.objects.create(name="xn--pple-43d.com", title="")
    for path in ("/domains/?q=B%C3%BCcher", "/domains/?q=xn--bcher"):
        html = get(signed_in("viewer"), path)
        assert ">bücher.de</a>" in html
        assert 'title="xn--bcher-kva.de"' in html
    assert "<h1>bücher.de</h1>" in get(signed_in("viewer"), "/domains/of/xn--bcher-kva.de/")
    # With a Cyrillic letter that looks like another: nobody is to take it for the other.
    assert ">xn--pple-43d.com</a>" in get(signed_in("viewer"), "/domains/?q=pple")


def test_what_is_not_there_is_not_found() -> None:
    client = signed_in("viewer")
    assert client.get("/domains/of/nobody.de/").status_code == 404
    assert client.get(f"/sitemaps/of/{key_of('a', 'b')}/").status_code == 404
    assert client.get(f"/sitemaps/of/{key_of('a', 'b')}/export/").status_code == 404
    assert client.get(f"/pages/of/{key_of('a', 'b')}/").status_code == 404


def test_a_format_that_there_is_not_is_told_which_there_are() -> None:
    batch = Batch.objects.create(name="B", operation="page_scan")
    sitemap = key_of("a.de", "https://a.de/sitemap.xml")
    for path in ("/domains", f"/batches/{batch.pk}", f"/sitemaps/of/{sitemap}"):
        response = signed_in("viewer").get(f"{path}/export/?format=xml")
        assert response.status_code == 400
        assert "Formats are csv, ndjson, parquet." in response.content.decode()
