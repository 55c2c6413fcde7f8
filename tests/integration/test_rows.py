"""Typed rows of operations: written with the outcome, merged, and never the reason that others are lost."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.db import connection

from batches.curation import judge
from batches.engine.rows import COPY_FROM, RowStorage
from batches.findings import Filter
from batches.models import Domain, Item, Page, Scan
from batches.operation import (
    Context,
    NoParams,
    Operation,
    Permanent,
    Result,
    Row,
    key_of,
    operations,
)
from batches.recount import verify
from dbcompat import loop
from tests.integration.running import counts, finished, started

pytestmark = pytest.mark.django_db(transaction=True)

type Values = Mapping[str, Any]


class Finding(Operation[NoParams]):
    """Leaves what its target says: "site title", or fails for good."""

    slug = "finding"
    title = "Finding"
    description = "Stores rows."
    params = NoParams

    async def run(self, target: str, params: NoParams, context: Context) -> Result:
        name, _, title = target.partition(" ")
        scan = {"batch_id": context.batch_id, "seq": context.seq, "domain": name}
        match title:
            case "dead":
                raise Permanent("Nobody is there.")
            case "nowhere":
                return Result(rows=[Row("batches.Nothing", {"name": name})])
            case "unknown":
                return Result(rows=[domain(name, colour="red")])
            case "naive":
                naive = datetime(2026, 1, 1)  # noqa: DTZ001 -- that it is refused is the test
                return Result(rows=[domain(name, certificate_expires_at=naive)])
            case "kind":
                return Result(rows=[contact(name)])
            case "early":
                await context.storage.store([domain(name, title="early")])
                raise Permanent("Found something, and then nothing.")
        rows = [domain(name, title=title), Row("batches.Scan", {**scan, "operation": self.slug})]
        return Result({"title": title}, rows)

    def failure_rows(self, target: str, problem: str, context: Context) -> Sequence[Row]:
        return [domain(target.partition(" ")[0], problem=problem)]


def domain(name: str, **values: Any) -> Row:
    return Row("batches.Domain", {"name": name, **values})


def contact(name: str) -> Row:
    values = {"id": key_of(name, "a@b.test"), "domain": name, "address": "a@b.test"}
    return Row("batches.Contact", {**values, "kind": "never heard of"})


@pytest.fixture
def finding(settings: LazySettings, engine: None) -> Iterator[None]:
    settings.OPERATIONS = [*settings.OPERATIONS, f"{__name__}.Finding"]
    operations.cache_clear()
    yield
    operations.cache_clear()


def stored(*rows: Row) -> None:
    loop.run(RowStorage().store, rows, timeout=20)


def the(name: str) -> Domain:
    return Domain.objects.get(pk=name)


@pytest.mark.usefixtures("finding")
def test_rows_come_with_the_outcome_and_what_a_later_scan_finds_replaces_them() -> None:
    first = finished(started("finding", ["a.test One", "b.test Two"]))
    second = finished(started("finding", ["a.test Another"]))
    assert the("a.test").title == "Another"
    assert the("b.test").title == "Two"
    history = Scan.objects.filter(domain="a.test").order_by("at").values_list("batch_id", "seq")
    assert list(history) == [(first.pk, 0), (second.pk, 0)]


@pytest.mark.usefixtures("finding")
def test_a_failure_is_told_with_the_domain_until_a_scan_succeeds() -> None:
    finished(started("finding", ["a.test One"]))
    finished(started("finding", ["a.test dead"]))
    assert (the("a.test").title, the("a.test").problem) == ("One", "Nobody is there.")
    stored(domain("a.test", title="Back", problem=""))
    assert (the("a.test").title, the("a.test").problem) == ("Back", "")


@pytest.mark.usefixtures("finding")
def test_one_row_that_can_not_be_stored_costs_its_own_item_only() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE batches_contact ADD CHECK (kind <> 'never hear')")
    lines = [f"{n}.test ok" for n in range(40)]
    odd = ["x.test nowhere", "x.test unknown", "y.test naive", "z.test kind"]
    try:
        batch = finished(started("finding", lines + odd))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE batches_contact DROP CONSTRAINT batches_contact_kind_check")
    assert counts(batch) == {"succeeded": 40, "failed": 4}
    assert verify(batch) == []
    said = list(Item.objects.filter(state="failed").order_by("seq").values_list("error", flat=True))
    assert "which is no table" in said[0]
    assert said[1] == "The operation stores “colour”, which batches.Domain has no column for."
    assert "a moment needs a time zone" in said[2]
    assert "the database refuses it" in said[3]
    assert Domain.objects.filter(title="ok").count() == 40


@pytest.mark.usefixtures("finding")
def test_what_is_stored_early_stays_though_the_attempt_fails() -> None:
    finished(started("finding", ["a.test early"]))
    assert the("a.test").title == "early"


@pytest.mark.usefixtures("engine")
class TestMerging:
    def test_nothing_empty_takes_the_place_of_something(self) -> None:
        stored(domain("a.test", title="T", emails=["i@a.test"], status=200, social={"x": "1"}))
        stored(domain("a.test", title="", emails=[], status=None, social={}))
        found = the("a.test")
        assert (found.title, found.emails, found.status) == ("T", ["i@a.test"], 200)
        assert found.social == {"x": "1"}

    def test_objects_are_merged_and_lists_replaced(self) -> None:
        stored(domain("a.test", social={"x": "1", "github": "2"}, emails=["i@a.test"]))
        stored(domain("a.test", social={"x": "3", "vk": "", "tiktok": None}, emails=["j@a.test"]))
        assert the("a.test").social == {"x": "3", "github": "2"}
        assert the("a.test").emails == ["j@a.test"]

    def test_a_verdict_and_its_first_day_survive_every_scan(self) -> None:
        stored(domain("a.test", title="One"))
        before = the("a.test")
        judge(Filter(), "selected", User.objects.create_user("ada"))
        judged = the("a.test")
        stored(domain("a.test", title="Two"))
        after = the("a.test")
        assert (after.verdict, after.verdict_by) == ("selected", User.objects.get())
        assert after.verdict_at == judged.verdict_at is not None
        assert the("a.test").first_seen_at == before.first_seen_at

    def test_what_is_found_for_the_first_time_is_no_change(self) -> None:
        stored(domain("a.test", batch_id=1))
        stored(domain("a.test", batch_id=1, title="One", emails=["i@a.test"], pages=3, problem=""))
        assert the("a.test").pages == 3
        assert not the("a.test").has_changed
        stored(domain("a.test", batch_id=2, pages=4))
        assert the("a.test").has_changed

    def test_a_row_has_changed_when_a_scan_finds_something_else(self) -> None:
        stored(domain("a.test", title="One", batch_id=1))
        assert not the("a.test").has_changed
        stored(domain("a.test", title="Two", batch_id=1))
        assert the("a.test").has_changed
        before = the("a.test")
        stored(domain("a.test", title="Two", batch_id=2))
        after = the("a.test")
        assert after.changed_at == before.changed_at
        assert after.scanned_at > before.scanned_at

    @pytest.mark.parametrize("many", [3, COPY_FROM + 3])
    def test_few_and_many_are_written_alike(self, many: int) -> None:
        def rows(title: str) -> list[Row]:
            return [
                domain(f"{n}.test", title=title, social={"x": f"{n}"}, emails=[])
                for n in range(many)
            ]

        stored(*rows("One"), *rows("Two"))
        stored(*rows(""))
        found = Domain.objects.values_list("title", "social", "emails").order_by("name")
        assert sorted(found, key=str) == sorted(
            (("Two", {"x": f"{n}"}, []) for n in range(many)), key=str
        )

    def test_texts_and_numbers_are_made_to_fit(self) -> None:
        odd = {"a\0": ["\ud800", float("nan")], "b": (1, 2)}
        stored(domain("a.test", title="x\0y\ud800", language="l" * 500, status=10**9, social=odd))
        found = the("a.test")
        assert (found.title, found.language, found.status) == ("xy?", "l" * 100, 32767)
        assert found.social == {"a": ["?", None], "b": [1, 2]}

    def test_rows_are_loaded_by_their_keys(self) -> None:
        ids = [key_of("a.test", f"https://a.test/{n}") for n in range(3)]
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        for number, key in enumerate(ids):
            values = {"id": key, "domain": "a.test", "url": f"https://a.test/{number}"}
            stored(Row("batches.Page", {**values, "body_sha256": b"\0\1", "published_at": moment}))
        found = loop.run(RowStorage().load, "batches.Page", ids[:2], timeout=20)
        assert {key: row["url"] for key, row in found.items()} == {
            ids[0]: "https://a.test/0",
            ids[1]: "https://a.test/1",
        }
        assert found[ids[0]]["body_sha256"] == b"\0\1"
        assert found[ids[0]]["published_at"] == moment
        assert found[ids[0]]["domain_id"] == "a.test"
        assert Page.objects.count() == 3


def test_two_writers_of_the_same_rows_do_not_wait_for_each_other_for_ever(engine: None) -> None:
    names = [f"{n}.test" for n in range(400)]
    there = [domain(name, title="there") for name in names]
    back = [domain(name, title="back") for name in reversed(names)]

    futures = [loop.submit(RowStorage().store, rows) for rows in [there, back] * 6]
    for future in futures:
        future.result(timeout=60)
    assert Domain.objects.count() == 400
