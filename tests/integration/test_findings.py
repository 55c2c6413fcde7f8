"""Lists of what was found, verdicts on it, and the batches that follow from them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from batches import curation, findings
from batches.curation import BadVerdict, chain, judge, judge_and_chain, list_again, suppress
from batches.export import exported, names
from batches.findings import KINDS, SORTS, Filter, listed, order_of, read_keys
from batches.history import history
from batches.intake import BadInput
from batches.models import Batch, Contact, Domain, Item, Page, Scan, SitemapFile, Suppression
from batches.operation import key_of
from tests.integration.running import create

pytestmark = pytest.mark.django_db


def domains(*found: str, **values: object) -> None:
    Domain.objects.bulk_create([Domain(name=name, **values) for name in found])


def contacts(domain: str, *addresses: str, **values: object) -> None:
    values = {"kind": "role", **values}
    Contact.objects.bulk_create(
        Contact(id=key_of(domain, a), domain_id=domain, address=a, **values) for a in addresses
    )


def keys(chosen: Filter, limit: int = 2, sort: str = "site") -> Iterator[str]:
    page = listed(chosen, limit=limit, sort=sort)
    while True:
        yield from (str(row.pk) for row in page.rows)
        if page.next is None:
            return
        page = listed(chosen, page.next, limit, sort)


def test_a_list_is_read_page_by_page_and_whole() -> None:
    domains("c.test", "a.test", "b.test", "e.test", "d.test")
    assert list(keys(Filter())) == ["a.test", "b.test", "c.test", "d.test", "e.test"]
    contacts("a.test", *(f"{n}@a.test" for n in range(7)))
    assert len(set(keys(Filter("contacts"), 3))) == 7


def test_what_is_found_on_a_site_stands_together() -> None:
    for site in ("c.test", "a.test", "b.test"):
        contacts(site, *(f"{n}@{site}" for n in range(5)))
    sites = [Contact.objects.get(pk=key).domain_id for key in keys(Filter("contacts"))]
    assert sites == ["a.test"] * 5 + ["b.test"] * 5 + ["c.test"] * 5


@pytest.mark.parametrize("sort", ["scanned", "changed"])
def test_newest_first_and_what_is_alike_by_key(sort: str) -> None:
    then = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)
    for day, name in enumerate(["b.test", "c.test", "a.test"]):
        domains(name, **{f"{sort}_at": then + timedelta(days=day)})
    domains("d.test", "e.test", "f.test", **{f"{sort}_at": then})
    found = list(keys(Filter(), 2, sort))
    assert found == ["a.test", "c.test", "f.test", "e.test", "d.test", "b.test"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sort", SORTS)
def test_each_order_has_an_index(kind: str, sort: str) -> None:
    order = order_of(kind, sort)
    for chosen in (Filter(kind), Filter(kind, verdict="maybe")):
        if chosen.verdict and sort != "site":
            continue
        with connection.cursor() as cursor:
            # So few rows are sorted faster than an index is read.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        plan = order.sorted(chosen.rows()).explain()
        assert "Index Scan" in plan
        assert "Sort" not in plan
        # Nor are those read that have another verdict.
        assert "Filter" not in plan


def test_a_page_costs_one_query_and_loads_nothing_heavy() -> None:
    domains(*(f"{n}.test" for n in range(60)), social={"much": "x" * 10_000})
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = listed(Filter())
    asked = [q["sql"] for q in queries if "batches_domain" in q["sql"]]
    assert len(page.rows) == 50
    assert len(asked) == 1
    assert '"social"' not in asked[0]
    assert "COUNT" not in asked[0]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "SHOP"}, {"shop.test"}),
        ({"q": "%"}, set()),
        ({"q": "a\0"}, {"a.test"}),
        ({"verdict": "selected"}, {"a.test"}),
        ({"verdict": "bogus"}, {"a.test", "shop.test", "b.test"}),
        ({"technology": "WordPress"}, {"shop.test"}),
        ({"with_contacts": "1"}, {"a.test"}),
        ({"failing": "1"}, {"b.test"}),
        ({"batch": "7"}, {"b.test"}),
        ({"batch": "9" * 40}, {"a.test", "shop.test", "b.test"}),
        ({"domain": "a.test"}, {"a.test"}),
    ],
)
def test_filters(query: dict[str, str], found: set[str]) -> None:
    domains("a.test", contacts=2, verdict="selected")
    domains("shop.test", technologies=["WordPress", "PHP"])
    domains("b.test", problem="Nobody answers.")
    Scan.objects.create(batch_id=7, seq=0, domain_id="b.test", operation="page_scan")
    chosen = Filter.read("domains", query)
    assert set(keys(chosen)) == found
    assert Filter.read("domains", chosen.query()) == chosen


def test_contacts_are_filtered_by_what_they_are() -> None:
    contacts("a.test", "info@a.test")
    contacts("a.test", "jo@free.test", kind="free", name="Jo Doe")
    assert [c.address for c in listed(Filter("contacts", contact_kind="free")).rows] == [
        "jo@free.test"
    ]
    assert [c.address for c in listed(Filter("contacts", q="doe")).rows] == ["jo@free.test"]


def test_pages_are_filtered_by_what_they_are() -> None:
    page("a.test", status=200, language="de-AT", contact_form=True)
    page("b.test", status=404, language="en")
    page("c.test", language="den")

    def found(**chosen: Any) -> set[str]:
        return {row.domain_id for row in listed(Filter("pages", **chosen)).rows}

    assert found(status="ok") == found(language="DE") == found(contact_form=True) == {"a.test"}
    assert found(status="not_ok") == {"b.test"}


def page(domain: str, **values: object) -> None:
    Page.objects.create(id=key_of(domain, "/"), domain_id=domain, url=domain, **values)


@pytest.mark.parametrize("kind", KINDS)
def test_of_a_batch_is_what_is_on_the_sites_it_scanned(kind: str) -> None:
    for site in ("a.test", "b.test"):
        domains(site, batch_id=9)
        contacts(site, f"info@{site}", batch_id=9)
        page(site, batch_id=9)
        SitemapFile.objects.create(id=key_of(site, "s"), domain_id=site, url=site, batch_id=9)
    Scan.objects.create(batch_id=7, seq=0, domain_id="b.test", operation="page_scan")
    Scan.objects.create(batch_id=9, seq=0, domain_id="b.test", operation="page_scan")
    for batch in (7, 9):
        rows = listed(Filter(kind, batch=batch)).rows
        assert [getattr(row, "domain_id", row.pk) for row in rows] == ["b.test"]


def test_a_change_is_found_whatever_was_scanned_after_it() -> None:
    now = timezone.now()
    for days in (0, 3, 20, 90):
        changed = {"changed_at": now - timedelta(days=days, minutes=5), "scanned_at": now}
        domains(f"{days}.test", first_seen_at=now - timedelta(days=99), **changed)
    domains("found.test")
    found = {period: set(keys(Filter(changed=period))) for period in ("day", "week", "month")}
    assert found["day"] == {"0.test"}
    assert found["week"] == {"0.test", "3.test"}
    assert found["month"] == {"0.test", "3.test", "20.test"}
    # What an address said when there were no periods, and what none ever said.
    assert Filter.read("domains", {"changed": "1"}).changed == "month"
    assert Filter.read("domains", {"changed": "0"}).changed == ""


def test_what_a_list_does_not_know_it_ignores() -> None:
    given = {"contact_kind": "bogus", "verdict": "bogus", "status": "bogus", "technology": "PHP"}
    for kind in ("pages", "sitemaps", "contacts"):
        assert Filter.read(kind, given) == Filter(kind)


def test_a_cursor_that_is_none_begins_at_the_beginning() -> None:
    contacts("a.test", "info@a.test")
    key = key_of("a", "b")
    for cursor in (
        "nonsense",
        "~",
        f"~{key}x",
        "2026-05-01~",
        f"2026-05-01T00:00:00~{key}",
        "a\0~b",
    ):
        for sort in SORTS:
            assert len(listed(Filter("contacts"), cursor, sort=sort).rows) == 1
    assert read_keys("contacts", ["nonsense", str(key_of("a", "b"))]) == [key_of("a", "b")]


def test_counting_stops_where_nobody_reads_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "MOST_COUNTED", 3)
    domains(*(f"{n}.test" for n in range(9)))
    assert findings.counted(Filter()) == 4
    assert findings.counted(Filter(q="5")) == 1


def test_an_export_holds_every_row_once() -> None:
    domains(*(f"{n:04}.test" for n in range(2_345)))
    pages = list(exported(Filter(), ("name", "verdict")))
    assert [len(page) for page in pages] == [1_000, 1_000, 345]
    assert len({row for page in pages for row in page}) == 2_345


class TestVerdicts:
    def test_on_some_on_all_that_match_and_never_on_others(self) -> None:
        domains("a.test", "b.test", title="Shop")
        domains("c.test")
        assert judge(Filter(), "maybe", None, ["a.test"]) == 1
        assert judge(Filter(q="shop"), "selected", None) == 2
        found = dict(Domain.objects.values_list("name", "verdict"))
        assert found == {"a.test": "selected", "b.test": "selected", "c.test": "new"}

    def test_what_has_it_already_has_not_changed(self) -> None:
        domains("a.test", "b.test", verdict="archived")
        assert judge(Filter(), "archived", None) == 0
        assert Domain.objects.filter(verdict_at=None).count() == 2

    def test_it_is_known_who_judged(self) -> None:
        user = User.objects.create_user("ada")
        domains("a.test")
        judge(Filter(), "not_a_fit", user)
        assert Domain.objects.get().verdict_by == user

    def test_an_unknown_verdict_changes_nothing(self) -> None:
        domains("a.test")
        with pytest.raises(BadVerdict, match="Choose one of: new, selected"):
            judge(Filter(), "great", None)
        assert Domain.objects.get().verdict == "new"


class TestChains:
    def test_the_sites_of_a_batch_become_the_next(self) -> None:
        domains("a.test", "b.test", "c.test")
        for seq, name in enumerate(["b.test", "a.test"]):
            Scan.objects.create(batch_id=7, seq=seq, domain_id=name, operation="page_scan")
        batch = chain(Filter(batch=7), "page_scan", None, start=False)
        assert [item.target for item in batch.items.order_by("seq")] == ["a.test", "b.test"]
        assert batch.name == "Page scan: from batch 7"

    def test_contacts_lead_back_to_their_sites_once_each(self) -> None:
        contacts("b.test", "a@b.test", "b@b.test")
        contacts("a.test", "a@a.test")
        contacts("c.test", "x@c.test", kind="free")
        batch = chain(Filter("contacts", contact_kind="role"), "page_scan", None, start=False)
        assert [item.target for item in batch.items.order_by("seq")] == ["a.test", "b.test"]

    def test_a_verdict_and_what_follows_from_it_are_one(self) -> None:
        domains("a.test", "b.test", "c.test")
        done = judge_and_chain(
            Filter(verdict="new"), "selected", "page_scan", None, ["a.test", "c.test"]
        )
        assert (done.changed, done.queued) == (2, 2)
        assert done.batch is not None
        assert done.batch.state == "queued"

    def test_of_the_chosen_those_are_run_that_are_judged(self) -> None:
        domains("a.test")
        domains("b.test", verdict="archived")
        both = ["a.test", "b.test"]
        done = judge_and_chain(Filter(verdict="new"), "selected", "page_scan", None, both)
        assert (done.changed, done.queued) == (1, 1)

    def test_with_nothing_to_run_nothing_is_judged(self) -> None:
        domains("a.test")
        with pytest.raises(BadInput, match="No domain matches"):
            judge_and_chain(Filter(), "selected", "page_scan", None, ["gone.test"])
        assert Domain.objects.get().verdict == "new"
        assert not Batch.objects.exists()

    def test_more_than_one_page_of_names(self) -> None:
        domains(*(f"{n:04}.test" for n in range(2_345)))
        assert len(set(names(Filter()))) == 2_345


class TestSuppression:
    def test_of_an_address_and_of_a_whole_domain(self) -> None:
        contacts("a.test", "jo@a.test", "info@a.test", "x@other.test")
        assert suppress(" Jo@A.test ", "asked by phone", None) == 1
        assert suppress("@other.test", "", None) == 1
        assert [c.address for c in Contact.objects.all()] == ["info@a.test"]
        assert set(Suppression.objects.values_list("entry", flat=True)) == {
            "jo@a.test",
            "@other.test",
        }

    @pytest.mark.parametrize(
        "entry", ["", "jo", "@", "jo@", "jo@localhost", "a b@c.test", "a\0@c.test"]
    )
    def test_what_is_no_address_is_refused(self, entry: str) -> None:
        with pytest.raises(BadVerdict, match="Give an address"):
            suppress(entry, "", None)

    def test_what_the_table_can_not_hold_is_refused_or_marked(self) -> None:
        with pytest.raises(BadVerdict, match="no more than 260"):
            suppress("x" * 260 + "@c.test", "", None)
        suppress("jo@c.test", "a\0b", None)
        assert Suppression.objects.get().reason == "a�b"

    def test_it_ends_when_it_is_taken_back(self) -> None:
        suppress("jo@c.test", "", None)
        assert list_again(" Jo@C.test")
        assert not list_again("jo@c.test")


class TestHistory:
    def test_each_scan_with_what_was_different(self) -> None:
        domains("a.test")
        for result in ({"title": "One", "bytes": 1}, {"title": "Two", "bytes": 2}, None):
            batch = create("page_scan", ["a.test"])
            Item.objects.filter(batch=batch).update(result=result)
            problem = "" if result else "Nobody answers."
            Scan.objects.create(
                batch_id=batch.pk, seq=0, domain_id="a.test", operation="page_scan", problem=problem
            )
        last, second, first = history(Domain.objects.get()).visits
        assert first.changes is None
        assert second.changes is not None
        assert [(c.field, c.before, c.after) for c in second.changes] == [("Title", "One", "Two")]
        assert (last.problem, last.changes) == ("Nobody answers.", None)

    def test_of_a_batch_that_is_gone_only_the_day_is_left(self) -> None:
        domains("a.test")
        Scan.objects.create(batch_id=99, seq=0, domain_id="a.test", operation="page_scan")
        (visit,) = history(Domain.objects.get()).visits
        assert visit.batch is None


def test_a_verdict_is_given_in_one_statement() -> None:
    domains(*(f"{n}.test" for n in range(500)))
    with CaptureQueriesContext(connection) as queries:
        curation.judge(Filter(), "maybe", None)
    assert sum("UPDATE" in q["sql"] for q in queries) == 1
    assert not Page.objects.exists()
