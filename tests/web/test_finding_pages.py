"""The pages of what was found: lists, one domain, one sitemap, decisions, downloads."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pyarrow.parquet as pq
import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient, Client
from django.utils import timezone

from batches.models import Batch, Contact, Domain, Page, Scan, SitemapFile, SitemapUrl
from batches.operation import key_of
from tests.people import signed_in

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


def test_filters_stay_in_the_form_and_in_the_links() -> None:
    for number in range(60):
        Domain.objects.create(name=f"{number}.shop.de", technologies=["WordPress"])
    html = get(signed_in("viewer"), "/domains/?technology=WordPress&q=shop")
    assert 'value="WordPress"' in html
    assert "a.de" not in html
    assert "q=shop&amp;technology=WordPress&amp;cursor=" in html


def test_odd_queries_are_no_error() -> None:
    client = signed_in("viewer")
    for query in ("batch=x&verdict=y&cursor=%00", "cursor=nonsense", "q=%25&batch=" + "9" * 30):
        for kind in KINDS:
            get(client, f"/{kind}/?{query}")


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
    assert client.get("/domains/export/?format=xml").status_code == 404
    assert client.get(f"/sitemaps/of/{key_of('a', 'b')}/export/").status_code == 404
    sitemap = key_of("a.de", "https://a.de/sitemap.xml")
    assert client.get(f"/sitemaps/of/{sitemap}/export/?format=xml").status_code == 404


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
    post = {"batch": batch.pk, "operation": "sitemap_scan", "scope": "all"}
    assert "Apply to 1 domain?" in client.post("/domains/decide/", post).content.decode()
    client.post("/domains/decide/", {**post, "sure": "1"})
    following = Batch.objects.exclude(pk=batch.pk).get()
    assert [item.target for item in following.items.all()] == ["b.de"]


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
        assert [contact.domain_id for contact in Contact.objects.all()] == ["b.de"]
        client.post("/contacts/not-listed/", {"entry": "info@a.de", "remove": "1"})
        assert "Nobody has asked yet" in get(client, "/contacts/not-listed/")

    def test_what_is_no_address_is_said(self) -> None:
        client = signed_in("operator")
        response = client.post("/contacts/not-listed/", {"entry": "jo"}, follow=True)
        assert "Give an address" in response.content.decode()

    def test_viewers_neither_see_nor_change_it(self) -> None:
        client = signed_in("viewer")
        assert client.get("/contacts/not-listed/").status_code == 403
        assert client.post("/contacts/not-listed/", {"entry": "a@b.de"}).status_code == 403
        assert "not to be listed" not in get(client, "/contacts/")


@pytest.mark.django_db(transaction=True)
class TestExports:
    async def test_csv_and_ndjson_hold_what_matches(self) -> None:
        body = await downloaded("/domains/export/?technology=WordPress")
        rows = list(csv.DictReader(io.StringIO(body.decode())))
        assert [row["name"] for row in rows] == ["a.de", "b.de"]
        assert rows[0]["emails"] == '["info@a.de"]'
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
