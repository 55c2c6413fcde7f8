"""What programs decide about findings: verdicts, batches of what was found, who is not to be listed."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from batches.models import Batch, Contact, Domain, Page, Scan, SitemapFile, Suppression
from batches.operation import key_of
from tests.callers import Api
from tests.people import user

pytestmark = pytest.mark.django_db

NOBODY = str(key_of("x", "y"))


@pytest.fixture(autouse=True)
def found() -> None:
    for name in ("a.de", "b.de", "c.de"):
        Domain.objects.create(name=name, title="Shop" if name != "c.de" else "Club")
        Contact.objects.create(
            id=key_of(name, "1"), domain_id=name, address=f"jo@{name}", kind="role"
        )
        Page.objects.create(id=key_of(name, "2"), domain_id=name, url=f"https://{name}/")
        SitemapFile.objects.create(id=key_of(name, "3"), domain_id=name, url=f"https://{name}/s")


def judge(body: dict[str, Any], kind: str = "domains") -> tuple[int, Any]:
    return Api("operator")("POST", f"/{kind}/verdicts", {"verdict": "maybe", **body})


def chain(body: dict[str, Any], kind: str = "domains") -> tuple[int, Any]:
    return Api("operator")("POST", f"/{kind}/batches", {"operation": "page_scan", **body})


def judged(verdict: str = "maybe") -> set[str]:
    return set(Domain.objects.filter(verdict=verdict).values_list("name", flat=True))


def targets(batch_id: int) -> list[str]:
    return list(
        Batch.objects.get(pk=batch_id).items.order_by("seq").values_list("target", flat=True)
    )


class TestVerdicts:
    def test_on_some_by_their_ids(self) -> None:
        status, done = judge({"ids": ["a.de", "c.de", "gone.de"]})
        assert status == 200
        assert done == {"changed": 2, "queued": 0, "batch": None, "unknown": ["gone.de"]}
        assert judged() == {"a.de", "c.de"}
        assert Domain.objects.get(name="a.de").verdict_by == user("operator")
        assert judge({"ids": ["a.de", "b.de"]})[1]["changed"] == 1
        assert Api("viewer")("GET", "/domains/a.de")[1]["verdict_by"] == "operator"

    @pytest.mark.parametrize(
        ("kind", "what"), [("contacts", "1"), ("pages", "2"), ("sitemaps", "3")]
    )
    def test_on_what_is_no_domain(self, kind: str, what: str) -> None:
        key = str(key_of("b.de", what))
        status, done = judge({"ids": [key, NOBODY]}, kind)
        assert (status, done["changed"], done["unknown"]) == (200, 1, [NOBODY])
        (row,) = Api("viewer")("GET", f"/{kind}?verdict=maybe")[1]["items"]
        assert (row["id"], row["domain"]) == (key, "b.de")

    def test_on_all_that_match(self) -> None:
        status, done = judge({"filter": {"q": "shop"}})
        assert (status, done["changed"]) == (200, 2)
        assert judged() == {"a.de", "b.de"}

    def test_the_verdict_of_the_filter_is_not_the_new_one(self) -> None:
        judge({"ids": ["a.de"]})
        judge({"filter": {"verdict": "maybe"}, "verdict": "archived"})
        assert judged("archived") == {"a.de"}

    @pytest.mark.parametrize(
        "nothing",
        [{}, {"q": ""}, {"q": "  "}, {"failing": False}, {"changed": ""}, {"verdict": None}],
    )
    def test_everything_there_is_must_be_meant(self, nothing: dict[str, Any]) -> None:
        status, problem = judge({"filter": nothing})
        assert (status, problem["matches"]) == (422, 3)
        assert "that is everything, now 3 domains" in problem["detail"]
        assert "“all”" in problem["detail"]
        assert judged() == set()
        assert judge({"filter": nothing, "all": True})[1]["changed"] == 3

    def test_what_was_counted_is_what_is_judged(self) -> None:
        status, problem = judge({"filter": {"q": "shop"}, "expected": 3})
        assert (status, problem["matches"]) == (409, 2)
        assert problem["detail"].startswith("3 expected, and the filter matches 2 domains.")
        assert judge({"filter": {}, "expected": 2})[0] == 409
        assert judged() == set()
        assert judge({"filter": {"q": "shop"}, "expected": 2})[1]["changed"] == 2
        assert judge({"filter": {}, "expected": 3})[1]["changed"] == 1
        assert judge({"filter": {"q": "zzz"}, "expected": 0})[1]["changed"] == 0

    def test_beyond_what_is_counted_it_is_only_said_that_there_are_more(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in ("batches.findings", "adminapp.api.decisions"):
            monkeypatch.setattr(f"{module}.MOST_COUNTED", 2)
        problem = judge({"filter": {}})[1]
        assert "more than 2 domains" in problem["detail"]
        assert problem["matches"] is None

    def test_selected_starts_the_next_operation(self) -> None:
        body = {"filter": {"q": "shop"}, "verdict": "selected", "then": "sitemap_scan"}
        status, done = judge(body)
        assert (status, done["changed"], done["queued"]) == (200, 2, 2)
        batch = Batch.objects.get()
        assert (done["batch"], batch.operation, batch.state) == (batch.pk, "sitemap_scan", "queued")
        assert targets(batch.pk) == ["a.de", "b.de"]

    def test_many_cost_as_many_queries_as_few(self) -> None:
        Domain.objects.bulk_create(Domain(name=f"{n}.de") for n in range(2_000))
        asked = []
        for ids in (["a.de"], [f"{n}.de" for n in range(2_000)]):
            with CaptureQueriesContext(connection) as queries:
                assert judge({"ids": ids})[1]["changed"] == len(ids)
            asked.append(sum("batches_domain" in query["sql"] for query in queries))
        assert asked == [2, 2]


SENSELESS: list[tuple[dict[str, Any], str]] = [
    ({}, "Say which: either “ids”, or a “filter”"),
    ({"ids": ["a.de"], "filter": {"q": "a"}}, "Say which"),
    ({"all": True}, "Say which"),
    ({"ids": ["a.de"], "all": True}, "“all” and “expected” are about a filter"),
    ({"ids": ["a.de"], "expected": 1}, "“all” and “expected” are about a filter"),
    ({"ids": []}, "ids: List should have at least 1 item"),
    ({"ids": ["a"] * 10_001}, "ids: List should have at most 10000 items"),
    ({"ids": "a.de"}, "ids: Input should be a valid list"),
    ({"ids": [1]}, "ids.0: Input should be a valid string"),
    ({"ids": ["a\0"]}, "ids.0: Nothing that is stored holds a NUL"),
    ({"ids": ["a\ud800"]}, "ids.0: "),
    ({"filter": {"q": "\ud800"}}, "filter.q: "),
    ({"filter": {"q": "a\0b"}}, "filter.q: Nothing that is stored holds a NUL"),
    ({"filter": {"bogus": 1}}, "filter.bogus: Extra inputs are not permitted"),
    ({"filter": {"contact_kind": "role"}}, "filter.contact_kind: Extra inputs"),
    ({"filter": {"verdict": "great"}}, "filter.verdict: Input should be 'new'"),
    ({"filter": {"batch": 2**63}}, "filter.batch: "),
    ({"filter": []}, "filter: "),
    ({"filter": {"q": "a"}, "expected": -1}, "expected: Input should be greater"),
    ({"filter": {"q": "a"}, "expected": 10_001}, "expected: Input should be less"),
    ({"filter": {"q": "a"}, "bogus": 1}, "bogus: Extra inputs are not permitted"),
]


@pytest.mark.parametrize(("body", "words"), SENSELESS)
def test_what_makes_no_sense_does_nothing(body: dict[str, Any], words: str) -> None:
    for status, problem in (judge(body), chain(body)):
        assert status == 422
        assert problem["detail"].startswith(words)
    assert judged() == set()
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"verdict": "great"}, "verdict: Input should be 'new', 'selected'"),
        ({"verdict": ""}, "verdict: "),
        ({"verdict": None}, "verdict: "),
        ({"then": "gone"}, "There is no operation “gone”. Choose one of: "),
        ({"ids": ["nobody.de"], "then": "page_scan"}, "No domain matches: there is nothing"),
    ],
)
def test_a_verdict_that_can_not_be_given_changes_nothing(body: dict[str, Any], words: str) -> None:
    status, problem = judge({"ids": ["a.de"], **body})
    assert status == 422
    assert problem["detail"].startswith(words)
    assert judged() == set()
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"), [(b"{", 400), (b"[" * 100_000, 400), (b"[]", 422), (b"", 422), (b"1", 422)]
)
def test_a_body_that_is_none(body: bytes, status: int) -> None:
    for path in ("/domains/verdicts", "/contacts/batches", "/suppressions"):
        assert Api("operator")("POST", path, body)[0] == status


class TestChains:
    def test_the_sites_of_a_batch_become_the_next(self) -> None:
        for seq, name in enumerate(["c.de", "a.de"]):
            Scan.objects.create(batch_id=7, seq=seq, domain_id=name, operation="page_scan")
        status, made = chain({"filter": {"batch": 7}, "operation": "sitemap_scan"})
        assert status == 201
        assert (made["state"], made["counts"]["total"]) == ("draft", 2)
        assert made["name"] == "Sitemap scan: from batch 7"
        assert made["preflight"]["accepted"] == 2
        assert targets(made["id"]) == ["a.de", "c.de"]

    def test_contacts_lead_to_their_sites_once_each(self) -> None:
        Contact.objects.create(id=NOBODY, domain_id="a.de", address="x@a.de", kind="free")
        ids = [NOBODY, str(key_of("a.de", "1")), str(key_of("b.de", "1"))]
        assert targets(chain({"ids": ids}, "contacts")[1]["id"]) == ["a.de", "b.de"]
        made = chain({"filter": {"contact_kind": "free"}}, "contacts")[1]
        assert targets(made["id"]) == ["a.de"]

    def test_how_it_runs_is_said_as_for_any_batch(self) -> None:
        options = {
            "name": "Again", "start": True, "params": {"max_pages": 3}, "concurrency": 5,
            "idempotency_key": "k",
        }  # fmt: skip
        body = {"filter": {"q": "shop"}, "expected": 2, **options}
        status, made = chain(body)
        assert (status, made["name"], made["state"]) == (201, "Again", "queued")
        assert made["params"]["max_pages"] == 3
        assert Batch.objects.get().concurrency == 5
        status, again = chain(body)
        assert (status, again["id"]) == (200, made["id"])
        assert Batch.objects.get().events.filter(kind="start").count() == 1

    @pytest.mark.parametrize(
        ("body", "status", "words"),
        [
            ({"filter": {}}, 422, "The filter is empty"),
            ({"filter": {"q": "shop"}, "expected": 1}, 409, "1 expected"),
            ({"filter": {"batch": 99}}, 422, "No domain matches: there is nothing to start."),
            ({"ids": ["gone.de"]}, 422, "No domain matches"),
            ({"ids": ["a.de"], "operation": "gone"}, 422, "There is no operation “gone”"),
            ({"ids": ["a.de"], "operation": "\ud800"}, 422, "There is no operation"),
            ({"ids": ["a.de"], "params": {"bogus": 1}}, 422, "bogus: Extra inputs"),
            ({"ids": ["a.de"], "concurrency": 0}, 422, "concurrency: "),
            ({"ids": ["a.de"], "targets": ["b.de"]}, 422, "targets: Extra inputs"),
        ],
    )
    def test_what_can_not_be_done_leaves_no_batch(
        self, body: dict[str, Any], status: int, words: str
    ) -> None:
        found, problem = chain(body)
        assert found == status
        assert problem["detail"].startswith(words)
        assert not Batch.objects.exists()


class TestSuppressions:
    def test_an_address_goes_and_may_come_back(self) -> None:
        api = Api("operator")
        status, made = api("POST", "/suppressions", {"entry": " Jo@A.de ", "reason": "by phone"})
        assert status == 201
        assert (made["entry"], made["reason"], made["removed"]) == ("jo@a.de", "by phone", 1)
        assert made["created_by"] == "operator"
        assert not Contact.objects.filter(address="jo@a.de").exists()
        assert api("POST", "/suppressions", {"entry": "@b.de"})[1]["removed"] == 1
        rows = api("GET", "/suppressions")[1]["items"]
        assert [row["entry"] for row in rows] == ["@b.de", "jo@a.de"]
        status, gone = api("DELETE", "/suppressions/JO@a.de")
        assert (status, gone["entry"]) == (200, "jo@a.de")
        assert api("DELETE", "/suppressions/jo@a.de")[0] == 404
        assert list(Suppression.objects.values_list("entry", flat=True)) == ["@b.de"]

    def test_the_list_is_read_to_its_end(self) -> None:
        Suppression.objects.bulk_create(Suppression(entry=f"{n:03}@x.de") for n in range(201))
        api, path, entries = Api("operator"), "/suppressions", []
        while path:
            page = api("GET", path)[1]
            entries += [row["entry"] for row in page["items"]]
            path = f"/suppressions?cursor={page['next']}" if page["next"] else ""
        assert entries == [f"{n:03}@x.de" for n in range(201)]

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ({}, "entry: Field required"),
            ({"entry": "jo"}, "Give an address, or a whole domain as “@example.com”."),
            ({"entry": "j\0o@a.de"}, "Give an address"),
            ({"entry": "j\ud800o@a.de"}, "Give an address"),
            ({"entry": "x" * 260 + "@a.de"}, "An address has no more than 260 characters."),
            ({"entry": "jo@a.de", "reason": "x" * 501}, "reason: String should have at most 500"),
            ({"entry": "jo@a.de", "bogus": 1}, "bogus: Extra inputs are not permitted"),
        ],
    )
    def test_what_is_no_address_is_told(self, body: dict[str, Any], words: str) -> None:
        status, problem = Api("operator")("POST", "/suppressions", body)
        assert status == 422
        assert problem["detail"].startswith(words)
        assert not Suppression.objects.exists()

    @pytest.mark.parametrize("entry", ["%00", "a%00@b.de", "%ED%A0%80", "a/b@c.de", "x" * 3000])
    def test_an_odd_entry_is_not_there(self, entry: str) -> None:
        assert Api("operator")("DELETE", f"/suppressions/{entry}")[0] == 404

    def test_an_odd_cursor_is_no_error(self) -> None:
        api = Api("operator")
        assert api("GET", "/suppressions?cursor=%00")[0] == 422
        assert api("GET", "/suppressions?cursor=" + "z" * 300)[1] == {"items": [], "next": None}
