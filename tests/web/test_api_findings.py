"""What scans have found, over HTTP: lists, filters, one domain, one sitemap, downloads."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from adminapp import exports
from batches.models import Batch, Contact, Domain, Page, Scan, SitemapFile, SitemapUrl
from batches.operation import key_of
from tests.callers import Api

pytestmark = pytest.mark.django_db

KINDS = ("domains", "pages", "sitemaps", "contacts")
MODELS: dict[str, Any] = {
    "domains": Domain,
    "pages": Page,
    "sitemaps": SitemapFile,
    "contacts": Contact,
}
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def found() -> None:
    """Two sites with a page, a sitemap and an address each, and one that fails."""
    for name in ("a.de", "b.de"):
        Domain.objects.create(
            name=name, title=f"Title {name}", technologies=["WordPress"], phones=["+49 30 1"],
            social={"x": "https://x.com/a"}, contacts=1,
        )  # fmt: skip
        url = f"https://{name}/"
        Page.objects.create(id=key_of(name, url), domain_id=name, url=url, title="Home")
        key = key_of(name, "sitemap")
        SitemapFile.objects.create(id=key, domain_id=name, url=f"{url}s.xml", read_at=LONG_AGO)
        address = f"info@{name}"
        Contact.objects.create(
            id=key_of(name, address), domain_id=name, address=address, kind="role"
        )
    Domain.objects.create(name="dead.de", problem="Nobody answers.", technologies=["Joomla"])


def items(path: str) -> list[dict[str, Any]]:
    status, page = Api("viewer")("GET", path)
    assert status == 200, page
    return list(page["items"])


@pytest.mark.parametrize("kind", KINDS)
def test_each_list_has_its_rows(kind: str) -> None:
    named = "name" if kind == "domains" else "domain"
    rows = items(f"/{kind}")
    assert {row[named] for row in rows} >= {"a.de", "b.de"}
    assert rows[0]["verdict"] == "new"


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_has_what_the_table_has(kind: str) -> None:
    # Not shown: what is for the machine, and what would weigh too much in a list.
    hidden = {
        "verdict_by", "phones", "social", "data", "schema_types", "body_sha256", "etag",
        "last_modified_header", "last_modified", "batch_id", "emails_at", "schema_at",
    }  # fmt: skip
    fields = {field.name for field in MODELS[kind]._meta.concrete_fields}
    assert items(f"/{kind}")[0].keys() == fields - hidden | {"batch", "changed"}


@pytest.mark.parametrize("kind", KINDS)
def test_pages_lead_to_the_end_and_cost_one_query_each(kind: str) -> None:
    model, key = MODELS[kind], ("name",) if kind == "domains" else ("domain", "id")
    for number in range(205):
        values = {"name": f"{number}.de"} if kind == "domains" else {
            "id": key_of("c.de", str(number)), "domain_id": "c.de",
            **({"address": f"{number}@c.de", "kind": "role"} if kind == "contacts" else {"url": f"https://c.de/{number}"}),
        }  # fmt: skip
        model.objects.create(**values)
    api, path, keys, pages = Api("viewer"), f"/{kind}", [], 0
    while path:
        with CaptureQueriesContext(connection) as queries:
            page = api("GET", path)[1]
        asked = [q["sql"] for q in queries if model._meta.db_table in q["sql"]]
        assert len(asked) == 1
        assert "COUNT" not in asked[0]
        keys += [[row[name] for name in key] for row in page["items"]]
        pages += 1
        path = f"/{kind}?cursor={page['next']}" if page["next"] else ""
    assert pages == 3
    assert keys == sorted(keys)
    assert len({str(one) for one in keys}) == len(keys) == model.objects.count()


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/domains?q=TITLE", {"a.de", "b.de"}),
        ("/domains?q=b%C3%BCcher", {"xn--bcher-kva.de"}),
        ("/domains?q=%25", set()),
        ("/domains?verdict=maybe", {"b.de"}),
        ("/domains?domain=a.de", {"a.de"}),
        ("/domains?domain=b%C3%BCcher.de", {"xn--bcher-kva.de"}),
        ("/domains?batch=7", {"b.de"}),
        ("/domains?technology=WordPress", {"a.de", "b.de"}),
        ("/domains?with_contacts=true&q=b.", {"b.de"}),
        ("/domains?with_contacts=false", {"a.de", "b.de", "dead.de", "xn--bcher-kva.de"}),
        ("/domains?failing=1", {"dead.de"}),
        ("/domains?changed=month", {"a.de"}),
        ("/pages?q=b.de", {"b.de"}),
        ("/pages?domain=a.de", {"a.de"}),
        ("/pages?status=not_ok", {"b.de"}),
        ("/pages?language=de", {"b.de"}),
        ("/pages?contact_form=true", {"b.de"}),
        ("/pages?batch=7", {"b.de"}),
        ("/sitemaps?failing=1", {"b.de"}),
        ("/sitemaps?q=a.de", {"a.de"}),
        ("/contacts?q=INFO%40a", {"a.de"}),
        ("/contacts?contact_kind=free", {"b.de"}),
        ("/contacts?verdict=archived", set()),
    ],
)
def test_filters(path: str, names: set[str]) -> None:
    Domain.objects.create(name="xn--bcher-kva.de")
    b = {"domain_id": "b.de"}
    Domain.objects.filter(name="b.de").update(verdict="maybe")
    Domain.objects.filter(name="a.de").update(first_seen_at=LONG_AGO)
    Scan.objects.create(batch_id=7, seq=0, operation="page_scan", **b)
    Page.objects.filter(**b).update(status=404, language="de-AT", contact_form=True)
    SitemapFile.objects.filter(**b).update(problem="Not XML.")
    Contact.objects.filter(**b).update(kind="free")
    assert {row.get("domain") or row["name"] for row in items(path)} == names


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/domains?bogus=1", "bogus: There is no such parameter. Use q, verdict, domain"),
        ("/pages?technology=PHP", "technology: There is no such parameter"),
        ("/domains?format=csv", "format: There is no such parameter"),
        ("/domains/export?cursor=a", "cursor: There is no such parameter"),
        ("/domains/count?cursor=a", "cursor: There is no such parameter"),
        ("/domains/export?format=xml", "format: Input should be 'csv', 'ndjson' or 'parquet'"),
        ("/domains?verdict=great", "verdict: Input should be 'new', 'selected', 'maybe'"),
        ("/contacts?contact_kind=human", "contact_kind: Input should be 'role'"),
        ("/domains?failing=perhaps", "failing: Input should be a valid boolean"),
        ("/domains?batch=x", "batch: Input should be a valid integer"),
        ("/domains?batch=0", "batch: Input should be greater than or equal to 1"),
        ("/domains?batch=" + "9" * 5000, "batch: "),
        ("/domains?q=" + "x" * 301, "q: String should have at most 300 characters"),
        ("/domains?q=a%00b", "q: Nothing that is stored holds a NUL"),
        ("/domains?cursor=%00", "cursor: Nothing that is stored holds a NUL"),
        ("/pages?cursor=nonsense", "cursor: This is not `next` of a page in the same order"),
        ("/domains?cursor=a.de&sort=scanned", "cursor: This is not `next`"),
        ("/domains?sort=bogus", "sort: Input should be 'site', 'scanned' or 'changed'"),
        ("/domains?changed=1", "changed: Input should be"),
        ("/sitemaps/" + str(key_of("a.de", "sitemap")) + "/urls?cursor=x", "cursor: Input should"),
    ],
)
def test_a_question_that_makes_no_sense_is_told_what_would(path: str, words: str) -> None:
    status, problem = Api("viewer")("GET", path)
    assert status == 422
    assert problem["detail"].startswith(words)


@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("/domains?cursor=%F0%9F%92%A5", None),
        ("/domains?cursor=" + "0" * 300, "a.de"),
        ("/pages?cursor=z.de~ffffffff-ffff-ffff-ffff-ffffffffffff", None),
        ("/domains?cursor=9999-12-31T00:00:00.000000Z~a.de&sort=scanned", "dead.de"),
        ("/domains?q=%ff", None),
    ],
)
def test_an_odd_question_gets_an_answer(path: str, first: str | None) -> None:
    assert next((row["name"] for row in items(path)), None) == first


@pytest.mark.parametrize(
    "path",
    [
        "/domains/nobody.de", "/domains/a%00.de", "/domains/%ed%a0%80", "/domains/A%2FB",
        f"/sitemaps/{key_of('x', 'y')}/urls", "/sitemaps/nonsense/urls", "/sitemaps/1/urls",
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_found(path: str) -> None:
    assert Api("viewer")("GET", path)[0] == 404


def test_counting_ends_where_nobody_reads_on(monkeypatch: pytest.MonkeyPatch) -> None:
    api = Api("viewer")
    assert api("GET", "/domains/count?failing=1")[1] == {"count": 1, "more": False}
    for module in ("batches.findings", "adminapp.api.findings"):
        monkeypatch.setattr(f"{module}.MOST_COUNTED", 2)
    assert api("GET", "/contacts/count")[1] == {"count": 2, "more": False}
    assert api("GET", "/domains/count")[1] == {"count": 2, "more": True}


def test_a_domain_has_its_history_and_what_each_scan_found_different() -> None:
    batches = [Batch.objects.create(name=name, operation="page_scan") for name in ("Old", "New")]
    for batch in batches:
        title = batch.name
        batch.items.create(seq=0, line=1, target="a.de", state="succeeded", result={"title": title})
        Scan.objects.create(batch_id=batch.pk, seq=0, domain_id="a.de", operation="page_scan")
    gone = timezone.now() - timedelta(days=9)
    Scan.objects.create(
        batch_id=999, seq=0, domain_id="a.de", operation="page_scan", at=gone, problem="Gone."
    )
    status, domain = Api("viewer")("GET", "/domains/a.de")
    assert status == 200
    assert domain["phones"] == ["+49 30 1"]
    assert domain["social"] == {"x": "https://x.com/a"}
    assert domain["verdict_by"] is None
    last, first, before = domain["history"]
    assert (last["batch"], last["seq"], last["operation"]) == (batches[1].pk, 0, "page_scan")
    assert last["changes"] == [{"field": "Title", "before": "Old", "after": "New"}]
    assert first["changes"] is None
    assert (before["batch"], before["problem"]) == (None, "Gone.")


def test_a_domain_is_found_by_either_form_of_its_name() -> None:
    Domain.objects.create(name="xn--bcher-kva.de:8080")
    for name in ("xn--bcher-kva.de:8080", "b%C3%BCcher.de:8080"):
        assert Api("viewer")("GET", f"/domains/{name}")[1]["name"] == "xn--bcher-kva.de:8080"


def test_a_sitemap_has_its_urls_and_says_which_are_gone() -> None:
    key = key_of("a.de", "sitemap")
    for number in range(150):
        digest = key_of("a.de", str(number))
        seen_at = LONG_AGO - timedelta(days=1) if number == 5 else LONG_AGO
        url = f"https://a.de/{number}"
        SitemapUrl.objects.create(
            sitemap_id=key,
            digest=digest,
            url=url,
            seen_at=seen_at,
            page_type="post" if number == 7 else "",
        )
    status, page = Api("viewer")("GET", f"/sitemaps/{key}/urls")
    assert (status, len(page["items"])) == (200, 100)
    more = items(f"/sitemaps/{key}/urls?cursor={page['next']}")
    rows = page["items"] + more
    assert {row["url"] for row in rows} == {f"https://a.de/{n}" for n in range(150)}
    assert [row["url"] for row in rows if row["gone"]] == ["https://a.de/5"]
    assert items(f"/sitemaps/{key_of('b.de', 'sitemap')}/urls") == []
    assert [row["url"] for row in items(f"/sitemaps/{key}/urls?page_type=post")] == [
        "https://a.de/7"
    ]
    assert Api("viewer")("GET", f"/sitemaps/{key}/urls?page_type=bogus")[0] == 422


def test_a_list_that_takes_too_long_is_asked_again_later() -> None:
    api = Api("viewer")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE batches_page RENAME TO elsewhere")
        cursor.execute("CREATE VIEW batches_page AS SELECT elsewhere.* FROM elsewhere, pg_sleep(9)")
    assert api("GET", "/pages")[0] == 503


async def downloaded(path: str) -> bytes:
    headers = await sync_to_async(lambda: Api("viewer").headers)()
    response: Any = await AsyncClient().get(f"/api/v1{path}", headers=headers)
    assert response.status_code == 200
    body = b"".join([part async for part in response])
    # Those of the thread in which Django's synchronous code has run.
    await sync_to_async(connections.close_all)()
    return body


@pytest.mark.django_db(transaction=True)
class TestExports:
    async def test_what_matches_in_each_format(self) -> None:
        body = await downloaded("/contacts/export?q=info%40b")
        (row,) = csv.DictReader(io.StringIO(body.decode()))
        assert (row["domain"], row["address"]) == ("b.de", "info@b.de")
        lines = (await downloaded("/domains/export?format=ndjson&technology=Joomla")).splitlines()
        assert [json.loads(line)["problem"] for line in lines] == ["Nobody answers."]
        table = pq.read_table(io.BytesIO(await downloaded("/pages/export?format=parquet")))
        assert set(table.column("url").to_pylist()) == {"https://a.de/", "https://b.de/"}

    @pytest.mark.parametrize("kind", KINDS)
    async def test_columns_are_called_as_in_the_list(self, kind: str) -> None:
        (line, *_) = (await downloaded(f"/{kind}/export?format=ndjson")).splitlines()
        row = await sync_to_async(lambda: items(f"/{kind}")[0])()
        await sync_to_async(connections.close_all)()
        assert row.keys() - json.loads(line).keys() <= {"id", "changed"}


def test_parquet_is_refused_where_nothing_writes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "has_parquet", lambda: False)
    status, problem = Api("viewer")("GET", "/domains/export?format=parquet")
    assert status == 501
    assert "pyarrow" in problem["detail"]
