"""The pages of what was found: lists, one domain, one sitemap, decisions, downloads."""

import csv
import io
import json
import re
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest
from asgiref.sync import sync_to_async
from django.apps import apps
from django.db import connections
from django.test import AsyncClient, Client
from django.utils import timezone

from adminapp.console import deciding
from batches.findings import Filter
from batches.models import (
    Batch,
    Contact,
    Domain,
    Page,
    Scan,
    SitemapFile,
    SitemapUrl,
    Suppression,
)
from batches.operation import key_of
from tests.people import signed_in, user

pytestmark = pytest.mark.django_db

KINDS = ("domains", "pages", "sitemaps", "contacts")


@pytest.fixture(autouse=True)
def found() -> None:
    """Two sites with a page, a sitemap and an address each, and one that fails."""
    for name in ("a.de", "b.de"):
        Domain.objects.create(
            name=name, url=f"https://{name}/", title=f"Title <{name}>", technologies=["WordPress"],
            emails=[f"info@{name}"], social={"x": "https://x.com/a"}, pages=1, contacts=1,
        )  # fmt: skip
        url = f"https://{name}/"
        Page.objects.create(id=key_of(name, url), domain_id=name, url=url, title="Home", status=200)
        key = key_of(name, f"{url}sitemap.xml")
        now = timezone.now()
        SitemapFile.objects.create(
            id=key, domain_id=name, url=f"{url}sitemap.xml", kind="urlset", urls=1, read_at=now
        )
        SitemapUrl.objects.create(
            sitemap_id=key, digest=key_of(name, "1"), url=f"{url}1", lastmod=now
        )
        address = f"info@{name}"
        Contact.objects.create(
            id=key_of(name, address), domain_id=name, address=address, kind="role", source_url=url
        )
    Domain.objects.create(name="dead.de", problem="Nobody answers at that address.")


def get(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, response
    return response.content.decode()


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


def test_filters_stay_in_the_form_and_in_the_links() -> None:
    for number in range(60):
        Domain.objects.create(name=f"{number}.shop.de", technologies=["WordPress"])
    html = get(signed_in("viewer"), "/domains/?technology=WordPress&q=shop")
    assert 'value="WordPress"' in html
    assert "a.de" not in html
    assert "q=shop&amp;technology=WordPress&amp;cursor=" in html


def test_odd_queries_are_no_error() -> None:
    client = signed_in("viewer")
    for query in (
        "batch=x&verdict=y&cursor=%00", "cursor=nonsense&sort=changed", "q=%25&batch=" + "9" * 30,
        "sort=bogus&status=bogus&changed=bogus&contact_kind=bogus", "language=%00&domain=%00",
    ):  # fmt: skip
        for kind in KINDS:
            get(client, f"/{kind}/?{query}")


# A value of each field of a filter, and where it is asked for.
FILTERS = {
    "q": "a.de", "verdict": "new", "domain": "a.de", "batch": "7", "changed": "week", "technology": "WordPress",
    "with_contacts": "1", "failing": "1", "status": "ok", "language": "de", "contact_form": "1", "contact_kind": "role",
}  # fmt: skip
OF_KIND = {
    "domains": ("technology", "with_contacts", "failing"),
    "pages": ("status", "language", "contact_form"),
    "sitemaps": ("failing",),
    "contacts": ("contact_kind",),
}
FOR_ALL = ("q", "verdict", "domain", "batch", "changed")
# A NUL, a lone surrogate, and bytes that are no text.
ODD = ("%00", "a%00.de", "%C3%BC%00", "%ED%A0%80", "%FF")


@pytest.mark.parametrize("odd", ODD)
def test_what_no_name_can_be_is_not_found(odd: str) -> None:
    client = signed_in("operator")
    assert client.get(f"/domains/of/{odd}/").status_code == 404
    assert client.get(f"/domains/of/{odd}/icon/").status_code == 200
    for path in ("pages/of/{}/", "sitemaps/of/{}/", "sitemaps/of/{}/export/", "{}/decide/"):
        assert client.get(f"/{path.format(odd)}").status_code == 404


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_stands_in_an_address_a_list_is_shown(kind: str, odd: str) -> None:
    client = signed_in("operator")
    for name in (*FOR_ALL, *OF_KIND[kind], "cursor", "sort"):
        get(client, f"/{kind}/?{name}={odd}")
        get(client, f"/batches/new/?of={kind}&{name}={odd}")
    for name in (*FOR_ALL, *OF_KIND[kind], "back"):
        assert client.get(f"/{kind}/decide/?{name}={odd}").status_code == 302
    get(client, f"/contacts/not-listed/?cursor={odd}")


@pytest.mark.parametrize("name", ["a.straße.de", "A.Straße.DE", "a.xn--strae-oqa.de"])
def test_a_site_is_found_by_either_form_of_its_name(name: str) -> None:
    Domain.objects.create(name="a.xn--strae-oqa.de")
    Page.objects.create(id=key_of("m", "1"), domain_id="a.xn--strae-oqa.de", url="https://m/1")
    html = get(signed_in("viewer"), f"/domains/of/{name}/")
    assert "<h1>" in html
    assert "https://m/1" in html


def match_everything() -> None:
    """Whatever is asked for, a.de has it."""
    long_ago = timezone.now() - timedelta(days=99)
    for model in (Domain, Page, SitemapFile, Contact):
        model.objects.update(first_seen_at=long_ago, changed_at=timezone.now())
    Page.objects.update(language="de", contact_form=True)
    Scan.objects.create(batch_id=7, seq=0, domain_id="a.de", operation="page_scan")
    for model in (Domain, SitemapFile):
        model.objects.update(problem="Something.")


def form_fields(html: str, form: str) -> dict[str, str]:
    """Names and values of the inputs and selects in the form that begins like this."""
    inside = html.split(form, 1)[1].split("</form>", 1)[0]
    tags = re.findall(r"<(?:input|select)\b[^>]*\bname=\"[^>]*>", inside)
    return {
        re.findall(r'name="(\w+)"', tag)[0]: (re.findall(r'value="([^"]*)"', tag) or [""])[0]
        for tag in tags
    }


@pytest.mark.parametrize("kind", KINDS)
def test_every_filter_of_a_list_is_one_that_it_knows(kind: str) -> None:
    names = form_fields(get(signed_in("viewer"), f"/{kind}/"), '<form class="filters"').keys()
    asked = {name: FILTERS[name] for name in names - {"sort"}}
    assert Filter.read(kind, asked).query() == asked
    assert names >= {*OF_KIND[kind], "q", "verdict", "changed"}


def test_every_field_of_a_filter_is_tried() -> None:
    assert {*FILTERS} == {field.name for field in fields(Filter)} - {"kind"}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in KINDS for name in (*FOR_ALL, *OF_KIND[kind])]
)
def test_every_filter_goes_along_with_a_decision(kind: str, name: str) -> None:
    match_everything()
    html = get(signed_in("operator"), f"/{kind}/?{name}={FILTERS[name]}")
    sent = "of" if name == "verdict" else name
    assert form_fields(html, '<form method="post" action="/' + kind)[sent] == FILTERS[name]
    asked = signed_in("operator").post(
        f"/{kind}/decide/", {sent: FILTERS[name], "scope": "all", "verdict": "maybe"}
    )
    assert form_fields(asked.content.decode(), "<h1>")[sent] == FILTERS[name]
    assert "No filter applies" not in asked.content.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_lists_can_be_had_newest_first(kind: str) -> None:
    now = timezone.now()
    for model in (Page, SitemapFile, Contact):
        model.objects.filter(domain="b.de").update(scanned_at=now + timedelta(days=1))
        model.objects.filter(domain="a.de").update(changed_at=now + timedelta(days=1))
    Domain.objects.filter(name="b.de").update(scanned_at=now + timedelta(days=1))
    Domain.objects.filter(name="a.de").update(changed_at=now + timedelta(days=1))
    for sort, first, last in (("scanned", "b.de", "a.de"), ("changed", "a.de", "b.de")):
        html = get(signed_in("viewer"), f"/{kind}/?sort={sort}").split("<tbody")[1]
        assert html.index(f"/domains/of/{first}/") < html.index(f"/domains/of/{last}/")


def test_the_order_stays_from_page_to_page() -> None:
    for number in range(120):
        Domain.objects.create(name=f"{number}.shop.de")
    client, path, seen = signed_in("operator"), "/domains/?sort=scanned&q=shop", []
    while path:
        html = get(client, path)
        seen += re.findall(r'name="keys" value="([^"]+)"', html)
        following = re.findall(r'href="([^"]+)">Next page', html)
        path = following[0].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == 120


def test_what_has_changed_is_marked_with_the_day() -> None:
    day = datetime(2026, 5, 24, tzinfo=UTC)
    Domain.objects.filter(name="a.de").update(first_seen_at=day - timedelta(days=9), changed_at=day)
    html = get(signed_in("viewer"), "/domains/")
    assert html.count("changed <time") == 1
    assert "24 May 2026" in html


def test_of_what_is_gone_no_link_is_made() -> None:
    client = signed_in("viewer")
    html = get(client, "/domains/?batch=999999")
    assert "#999999, which is gone" in html
    assert "/batches/999999/" not in html
    assert "/domains/of/nobody.de/" not in get(client, "/pages/?domain=nobody.de")


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_leads_to_a_batch_with_options(kind: str) -> None:
    client = signed_in("operator")
    html = get(client, f"/{kind}/?q=a.de&verdict=new")
    (path,) = re.findall(r'href="(/batches/new/\?of=[^"]+)"', html)
    assert path == f"/batches/new/?of={kind}&amp;q=a.de&amp;verdict=new"
    assert "The sites of" in get(client, path.replace("&amp;", "&"))
    assert "?of=" not in get(signed_in("viewer"), f"/{kind}/")


def test_a_filter_that_is_none_hides_nothing() -> None:
    html = get(signed_in("viewer"), "/contacts/?contact_kind=bogus")
    assert "info@a.de" in html
    assert "Clear" not in html


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


DETAILS = {
    "images": [{"url": "https://a.de/i.png", "title": "<One>"}],
    "videos": [{"title": "Film", "player": "https://a.de/play", "seconds": 1200}],
    "news": [{"name": "Post", "language": "en", "title": "Today"}],
    "alternates": [{"language": "fr", "url": "https://a.de/fr"}],
    "mobile": True,
}


def sitemap_of(details: object = None, page_type: str = "page") -> str:
    """The address of a sitemap that names two pages."""
    key = key_of("a.de", "https://a.de/sitemap.xml")
    SitemapUrl.objects.create(
        sitemap_id=key, digest=key_of("a.de", "2"), url="https://a.de/2", page_type=page_type,
        details=details, images=1, alternates=2, news=True,
    )  # fmt: skip
    return f"/sitemaps/of/{key}/"


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


class TestDecisions:
    def test_the_chosen_get_the_verdict(self) -> None:
        post = {"keys": ["a.de"], "verdict": "selected", "scope": "chosen"}
        response = signed_in("operator").post("/domains/decide/", post, follow=True)
        assert "1 domain changed to “selected”." in response.content.decode()
        assert dict(Domain.objects.values_list("name", "verdict"))["b.de"] == "new"

    def test_all_that_match_are_asked_about_first(self) -> None:
        client, post = (
            signed_in("operator"),
            {"verdict": "maybe", "scope": "all", "technology": "WordPress"},
        )
        asked = client.post("/domains/decide/", post).content.decode()
        assert "Apply to 2 domains?" in asked
        assert 'name="technology" value="WordPress"' in asked
        assert not Domain.objects.filter(verdict="maybe").exists()
        client.post("/domains/decide/", {**post, "sure": "1"})
        assert set(Domain.objects.filter(verdict="maybe").values_list("name", flat=True)) == {
            "a.de",
            "b.de",
        }

    def test_one_comes_back_to_the_same_page_of_the_list(self) -> None:
        place = "q=a.de&sort=scanned&cursor=x"
        post = {"q": "a.de", "keys": ["a.de"], "verdict": "maybe", "scope": "chosen"}
        client = signed_in("operator")
        assert client.post(f"/domains/decide/?{place}", post).url == f"/domains/?{place}"  # type: ignore[attr-defined]
        assert client.post("/domains/decide/", {**post, "q": ""}).url == "/domains/"  # type: ignore[attr-defined]
        for elsewhere in ("//evil.test/", "https://evil.test/", "javascript:alert(1)", "home", "x"):
            response = client.post(f"/domains/decide/?back={elsewhere}", {**post, "q": ""})
            assert response.url == "/domains/"  # type: ignore[attr-defined]

    def test_a_question_remembers_the_place_and_says_what_applies(self) -> None:
        post = {
            "q": "a.de",
            "of": "new",
            "technology": "WordPress",
            "verdict": "maybe",
            "scope": "all",
        }
        client = signed_in("operator")
        html = client.post("/domains/decide/?q=a.de&cursor=A", post).content.decode()
        said = "all domains with “a.de” in name, title or address, with the verdict “new”, built with WordPress."
        assert said in html
        assert 'action="/domains/decide/?q=a.de&amp;cursor=A"' in html
        html = client.post(
            "/domains/decide/", {"verdict": "maybe", "scope": "all"}
        ).content.decode()
        assert "No filter applies" in html

    def test_what_was_ticked_is_still_ticked_after_an_error(self) -> None:
        post = {"keys": ["a.de", "dead.de"], "operation": "", "scope": "chosen"}
        response = signed_in("operator").post("/domains/decide/?sort=scanned", post)
        html = response.content.decode()
        assert response.status_code == 422
        assert "Choose a verdict" in html
        for name, ticked in (("a.de", True), ("b.de", False), ("dead.de", True)):
            assert (f'value="{name}" checked' in html) == ticked
        assert 'action="/domains/decide/?sort=scanned"' in html
        bad = {**post, "verdict": "maybe", "operation": "checksum"}
        html = signed_in("operator").post("/domains/decide/", bad).content.decode()
        assert '<option value="maybe" selected>' in html

    def test_those_of_other_pages_are_decided_about_with_them(self) -> None:
        post = {"keys": ["a.de"], "others": "b.de  a.de", "verdict": "maybe", "scope": "chosen"}
        html = signed_in("operator").post("/domains/decide/", post, follow=True).content.decode()
        assert "2 domains changed" in html

    def test_nobody_can_choose_more_than_can_be_done(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(deciding, "MAX_CHOSEN_ITEMS", 1)
        post = {"keys": ["a.de", "b.de"], "verdict": "maybe", "scope": "chosen"}
        html = signed_in("operator").post("/domains/decide/", post).content.decode()
        assert "No more than 1 rows can be chosen" in html

    @pytest.mark.parametrize("kind", KINDS)
    def test_after_a_sign_in_one_is_where_one_was_and_nothing_is_changed(self, kind: str) -> None:
        place = f"/{kind}/decide/?q=a.de&cursor=x"
        post = {"keys": ["a.de"], "verdict": "maybe", "scope": "chosen"}
        sent = Client().post(place, post)
        assert sent.url == f"/sign-in/?next={quote(place)}"  # type: ignore[attr-defined]
        response = signed_in("operator").get(place, follow=True)
        assert response.redirect_chain == [(f"/{kind}/?q=a.de&cursor=x", 302)]
        assert "Nothing was changed: the session had ended." in response.content.decode()
        assert not Domain.objects.exclude(verdict="new").exists()

    def test_the_verdict_of_the_filter_is_not_the_new_one(self) -> None:
        Domain.objects.filter(name="a.de").update(verdict="maybe")
        post = {"of": "maybe", "verdict": "archived", "scope": "all", "sure": "1"}
        signed_in("operator").post("/domains/decide/", post)
        assert list(Domain.objects.filter(verdict="archived").values_list("name", flat=True)) == [
            "a.de"
        ]

    def test_selected_starts_the_next_operation(self) -> None:
        keys = [str(c.pk) for c in Contact.objects.all()]
        post = {"keys": keys, "verdict": "selected", "operation": "page_scan", "scope": "chosen"}
        response = signed_in("operator").post("/contacts/decide/", post, follow=True)
        assert (
            "2 contacts changed to “selected”. 2 sites queued in this batch."
            in response.content.decode()
        )
        batch = Batch.objects.get()
        assert batch.state == "queued"
        assert {item.target for item in batch.items.all()} == {"a.de", "b.de"}

    @pytest.mark.parametrize(
        ("post", "said"),
        [
            ({"scope": "chosen", "verdict": "maybe"}, "Nothing was chosen"),
            ({"scope": "chosen", "keys": ["a.de"]}, "Choose a verdict"),
            ({"scope": "chosen", "keys": ["a.de"], "verdict": "great"}, "is no verdict"),
            ({"scope": "chosen", "keys": ["a.de"], "operation": "bogus"}, "no operation"),
            ({"scope": "all", "verdict": "great"}, "is no verdict"),
            ({"scope": "all"}, "Choose a verdict"),
            ({"scope": "all", "operation": "checksum"}, "no operation that takes sites"),
        ],
    )
    def test_what_makes_no_sense_changes_nothing(self, post: dict[str, Any], said: str) -> None:
        response = signed_in("operator").post("/domains/decide/", post, follow=True)
        assert said in response.content.decode()
        assert not Domain.objects.exclude(verdict="new").exists()
        assert not Batch.objects.exists()

    def test_viewers_look_only(self) -> None:
        post = {"keys": ["a.de"], "verdict": "selected", "scope": "chosen"}
        assert signed_in("viewer").post("/domains/decide/", post).status_code == 403
        assert 'name="keys"' not in get(signed_in("viewer"), "/domains/")
        assert Client().get("/domains/").status_code == 302


def test_all_domains_of_a_batch_go_on_to_the_next_operation() -> None:
    batch = Batch.objects.create(name="B", operation="page_scan", state="completed", total=1)
    Scan.objects.create(batch_id=batch.pk, seq=0, domain_id="b.de", operation="page_scan")
    client = signed_in("operator")
    html = get(client, f"/batches/{batch.pk}/")
    assert f'<input type="hidden" name="batch" value="{batch.pk}">' in html
    assert f"/batches/new/?of=domains&amp;batch={batch.pk}" in html
    post = {"batch": batch.pk, "operation": "sitemap_scan", "scope": "all"}
    assert "Apply to 1 domain?" in client.post("/domains/decide/", post).content.decode()
    client.post("/domains/decide/", {**post, "sure": "1"})
    following = Batch.objects.exclude(pk=batch.pk).get()
    assert [item.target for item in following.items.all()] == ["b.de"]


@pytest.mark.parametrize(
    ("operation", "kinds"),
    [
        ("page_scan", {"domain", "page"}),
        ("sitemap_scan", {"domain", "sitemap"}),
        ("email_scan", {"domain", "contact"}),
        ("checksum", set()),
    ],
)
def test_a_batch_leads_to_what_it_has_found(operation: str, kinds: set[str]) -> None:
    batch = Batch.objects.create(name="B", operation=operation, state="completed", total=1)
    html = get(signed_in("viewer"), f"/batches/{batch.pk}/")
    assert set(re.findall(rf'href="/(\w+)s/\?batch={batch.pk}"', html)) == kinds


def test_an_item_leads_to_its_domain() -> None:
    batch = Batch.objects.create(name="B", operation="page_scan", state="completed", total=2)
    for seq in (0, 1):
        batch.items.create(seq=seq, line=seq, target="www.a.de", state="succeeded")
    Scan.objects.create(batch_id=batch.pk, seq=0, domain_id="a.de", operation="page_scan")
    client = signed_in("viewer")
    assert '<a href="/domains/of/a.de/">' in get(client, f"/batches/{batch.pk}/items/0/")
    assert "/domains/of/" not in get(client, f"/batches/{batch.pk}/items/1/")


async def downloaded(path: str) -> bytes:
    """In whole, as a viewer's browser gets it."""
    cookies = await sync_to_async(lambda: signed_in("viewer").cookies)()
    client = AsyncClient()
    client.cookies = cookies
    response: Any = await client.get(path)
    body = b"".join([part async for part in response])
    # Those of the thread in which Django's synchronous code has run.
    await sync_to_async(connections.close_all)()
    return body


class TestSuppression:
    def test_an_address_goes_and_may_come_back(self) -> None:
        client = signed_in("operator")
        post = {"entry": "Info@A.de ", "reason": "asked by phone"}
        html = client.post("/contacts/not-listed/", post, follow=True).content.decode()
        assert "1 contact removed" in html
        assert "asked by phone" in html
        assert "Still being removed" not in html
        Suppression.objects.update(erased_at=None)
        assert "Still being removed" in get(client, "/contacts/not-listed/")
        assert [contact.domain_id for contact in Contact.objects.all()] == ["b.de"]
        client.post("/contacts/not-listed/", {"entry": "info@a.de", "remove": "1"})
        assert "Nobody has asked yet" in get(client, "/contacts/not-listed/")
        again = client.post(
            "/contacts/not-listed/", {"entry": "info@a.de", "remove": "1"}, follow=True
        )
        assert "info@a.de is not on the list" in again.content.decode()

    def test_a_host_is_shown_in_unicode_and_goes_by_either_form(self) -> None:
        client, page = signed_in("operator"), "/contacts/not-listed/"
        for entry in ("Jo@XN--MLLER-KVA.de", "jo@müller.de"):
            html = client.post(page, {"entry": entry}, follow=True).content.decode()
            assert "jo@müller.de is not kept any more" in html
            assert html.count('aria-label="Allow jo@müller.de again"') == 1
        client.post(page, {"entry": "jo@xn--mller-kva.de", "remove": "1"})
        assert "Nobody has asked yet" in get(client, page)

    @pytest.mark.parametrize("entry", ["jo@müller.de", "@xn--mller-kva.de"])
    def test_it_goes_however_it_was_kept(self, entry: str) -> None:
        kept = ["Jo@MÜLLER.de", "mailto:jo@xn--mller-kva.de", "ann@mueller.de"]
        for number, address in enumerate(kept):
            Domain.objects.create(name=f"{number}.de", emails=[address.removeprefix("mailto:")])
            key = key_of(f"{number}.de", "1")
            Page.objects.create(id=key, domain_id=f"{number}.de", url="x", data={"seen": kept})
        signed_in("operator").post("/contacts/not-listed/", {"entry": entry})
        emails = dict(Domain.objects.values_list("name", "emails"))
        assert [emails[f"{number}.de"] for number in range(3)] == [[], [], ["ann@mueller.de"]]
        pages = Page.objects.filter(url="x", domain__in=["0.de", "1.de"])
        assert [page.data for page in pages] == [{"seen": ["ann@mueller.de"]}] * 2

    def test_entries_of_before_are_brought_into_the_same_form(self) -> None:
        operator = user("operator")
        for entry in ("@xn--mller-kva.de", "jo@xn--mller-kva.de", "jo@müller.de", "jo@a.de"):
            Suppression.objects.create(entry=entry, reason=entry, created_by=operator)
        import_module("batches.migrations.0009_entries_in_unicode").rewrite(apps, None)
        rows = Suppression.objects.values_list("entry", "reason", "created_by")
        assert set(rows) == {
            ("@müller.de", "@xn--mller-kva.de", operator.pk),
            ("jo@müller.de", "jo@müller.de", operator.pk),
            ("jo@a.de", "jo@a.de", operator.pk),
        }

    def test_what_is_no_address_is_said(self) -> None:
        client = signed_in("operator")
        response = client.post("/contacts/not-listed/", {"entry": "jo", "reason": "by letter"})
        html = response.content.decode()
        assert response.status_code == 422
        assert "Give an address" in html
        assert 'value="jo"' in html
        assert 'value="by letter"' in html

    def test_viewers_neither_see_nor_change_it(self) -> None:
        client = signed_in("viewer")
        assert client.get("/contacts/not-listed/").status_code == 403
        assert client.post("/contacts/not-listed/", {"entry": "a@b.de"}).status_code == 403
        assert "/contacts/not-listed/" not in get(client, "/contacts/")


@pytest.mark.django_db(transaction=True)
class TestExports:
    async def test_csv_and_ndjson_hold_what_matches(self) -> None:
        await Domain.objects.filter(name="a.de").aupdate(
            verdict_by=await sync_to_async(user)("operator")
        )
        body = await downloaded("/domains/export/?technology=WordPress&sort=scanned")
        rows = list(csv.DictReader(io.StringIO(body.decode())))
        assert [row["name"] for row in rows] == ["a.de", "b.de"]
        assert rows[0]["emails"] == '["info@a.de"]'
        assert [row["verdict_by"] for row in rows] == ["operator", ""]
        lines = (await downloaded("/contacts/export/?format=ndjson")).splitlines()
        assert {json.loads(line)["address"] for line in lines} == {"info@a.de", "info@b.de"}

    async def test_a_formula_is_text_in_a_spreadsheet(self) -> None:
        await Domain.objects.filter(name="a.de").aupdate(title="=cmd|'/c calc'!A1")
        assert b"'=cmd|" in await downloaded("/domains/export/?q=a.de")

    @pytest.mark.parametrize("kind", KINDS)
    async def test_parquet_has_types(self, kind: str) -> None:
        body = await downloaded(f"/{kind}/export/?format=parquet")
        table = pq.read_table(io.BytesIO(body))
        assert table.num_rows == (3 if kind == "domains" else 2)
        assert str(table.schema.field("first_seen_at").type) == "timestamp[us, tz=UTC]"

    async def test_parquet_of_nothing_still_names_its_columns(self) -> None:
        body = await downloaded("/domains/export/?format=parquet&q=zzz")
        table = pq.read_table(io.BytesIO(body))
        assert table.num_rows == 0
        assert "name" in table.column_names

    async def test_a_batch_is_had_as_parquet(self) -> None:
        batch = await Batch.objects.acreate(name="B", operation="page_scan", total=1)
        values = {"line": 1, "target": "a.de", "state": "succeeded", "result": {"title": "T"}}
        await batch.items.acreate(seq=0, **values)
        body = await downloaded(f"/batches/{batch.pk}/export/?format=parquet")
        (row,) = pq.read_table(io.BytesIO(body)).to_pylist()
        assert (row["seq"], row["target"], row["result"]) == (0, "a.de", '{"title": "T"}')

    async def test_the_pages_of_a_sitemap(self) -> None:
        path = f"{await sync_to_async(sitemap_of)(DETAILS, 'product')}export/"
        lines = [
            json.loads(line) for line in (await downloaded(f"{path}?format=ndjson")).splitlines()
        ]
        assert {line["url"]: line["details"] for line in lines} == {
            "https://a.de/1": None,
            "https://a.de/2": DETAILS,
        }
        rows = list(
            csv.DictReader(io.StringIO((await downloaded(f"{path}?type=product")).decode()))
        )
        assert [(row["url"], json.loads(row["details"])) for row in rows] == [
            ("https://a.de/2", DETAILS)
        ]
        table = pq.read_table(io.BytesIO(await downloaded(f"{path}?format=parquet")))
        assert table.num_rows == 2
        assert {"url", "page_type", "details", "lastmod"} <= set(table.column_names)
        assert not {"digest", "sitemap_id", "pk"} & set(table.column_names)
