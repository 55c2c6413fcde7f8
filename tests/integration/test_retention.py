"""Addresses that nobody has seen for long are forgotten, everywhere they were written."""

from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module

import pytest
from django.conf import LazySettings
from django.db import connection

from batches.engine import retention
from batches.models import Batch, Contact, Domain, Event, Item, Page
from batches.operation import key_of
from batches.recount import verify
from dbcompat import loop
from tests.integration.running import create, finished, started
from tests.sites import Said, Site, site

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]

RESULT = {"title": "T", "emails": ["a@b.de"], "contacts": [{"address": "a@b.de"}]}

PAGE = {"title": "T", "emails": ["a@b.de"], "schema": {"Person": [{"email": "a@b.de"}]}}


def found(domain: str, days: int) -> Batch:
    """A site with an address, as a batch found it so many days ago."""
    then = datetime.now(UTC) - timedelta(days=days)
    Domain.objects.create(
        name=domain, title="T", emails=["a@b.de"], scanned_at=then, emails_at=then
    )
    key = key_of(domain, "a@b.de")
    Contact.objects.create(id=key, domain_id=domain, address="a@b.de", kind="role", scanned_at=then)
    Page.objects.create(
        id=key,
        domain_id=domain,
        url="u",
        data=PAGE,
        scanned_at=then,
        emails_at=then,
        schema_at=then,
    )
    batch = create("checksum", [domain])
    Batch.objects.filter(pk=batch.pk).update(state="completed", finished_at=then)
    Item.objects.filter(batch=batch).update(result=RESULT)
    return batch


def test_the_old_go_and_the_rest_stays(settings: LazySettings) -> None:
    old, new = found("old.de", 40), found("new.de", 20)
    settings.CONSOLE_RETENTION_DAYS = 30
    for _ in range(2):
        loop.run(retention.forget, timeout=20)
    assert [contact.domain_id for contact in Contact.objects.all()] == ["new.de"]
    assert dict(Domain.objects.values_list("name", "emails")) == {
        "old.de": [],
        "new.de": ["a@b.de"],
    }
    assert old.items.get().result == {"title": "T"}
    assert new.items.get().result == RESULT
    assert Page.objects.get(domain="old.de").data == {"title": "T"}
    assert Page.objects.get(domain="new.de").data == PAGE
    assert Event.objects.filter(batch=old, kind="forget").count() == 1
    assert Domain.objects.get(name="old.de").title == "T"
    assert verify(old) == verify(new)


SHOWING = """<title>V</title><script type="application/ld+json">{"@type":"Person","name":"Jo","email":"jo@vogt.de"}
</script>info@vogt.de jo@vogt.de"""


def scanned(web: Site) -> None:
    for operation in ("page_scan", "email_scan"):
        finished(started(operation, [web.base]))


def seen_days_ago(days: int) -> None:
    then = datetime.now(UTC) - timedelta(days=days)
    Contact.objects.update(scanned_at=then)
    Domain.objects.update(scanned_at=then, emails_at=then)
    Page.objects.update(scanned_at=then, emails_at=then, schema_at=then)
    Batch.objects.update(finished_at=then)


def kept() -> set[str]:
    """Where the address still stands."""
    rows = {
        "contacts": Contact.objects.values_list("address", "context"),
        "site": Domain.objects.values_list("emails"),
        "page": Page.objects.values_list("data"),
        "results": Item.objects.values_list("result"),
    }
    return {where for where, found in rows.items() if "jo@vogt.de" in str(list(found))}


def test_what_a_site_no_longer_shows_is_forgotten_though_it_is_scanned(
    settings: LazySettings,
) -> None:
    settings.CONSOLE_RETENTION_DAYS = 30
    with site(settings, {"/": SHOWING}) as web:
        scanned(web)
        seen_days_ago(40)
        web.pages["/"] = "<title>V</title>write to us"
        scanned(web)
        assert kept() == {"contacts", "site", "page", "results"}
        loop.run(retention.forget, timeout=20)
        assert kept() == set()
        assert Domain.objects.get().title == "V"
        # What is shown again is as new as anything.
        web.pages["/"] = SHOWING
        scanned(web)
        loop.run(retention.forget, timeout=20)
        assert kept() == {"contacts", "site", "page", "results"}


def test_each_part_of_a_page_goes_by_when_it_was_seen(settings: LazySettings) -> None:
    settings.CONSOLE_RETENTION_DAYS = 30
    with site(settings, {"/": SHOWING}) as web:
        scanned(web)
        seen_days_ago(40)
        web.pages["/"] = "<title>V</title>info@vogt.de"
        scanned(web)
        loop.run(retention.forget, timeout=20)
    data = Page.objects.get().data
    assert (data["emails"], "schema" in data) == (["info@vogt.de"], False)
    assert kept() == set()


def test_what_the_server_says_is_unchanged_is_still_shown(settings: LazySettings) -> None:
    settings.CONSOLE_RETENTION_DAYS = 30
    with site(settings, {"/": Said(SHOWING, headers={"ETag": '"1"'})}) as web:
        scanned(web)
        seen_days_ago(40)
        scanned(web)
        assert web.unchanged == ["/"] * 2
        loop.run(retention.forget, timeout=20)
    assert kept() == {"contacts", "site", "page", "results"}
    assert Page.objects.get().data["schema"]["Person"][0]["email"] == "jo@vogt.de"


def test_what_there_was_before_goes_by_its_last_scan() -> None:
    found("old.de", 40)
    Domain.objects.create(name="none.de")
    Domain.objects.update(emails_at=None)
    Page.objects.update(emails_at=None, schema_at=None)
    with connection.cursor() as cursor:
        cursor.execute(import_module("batches.migrations.0010_last_found").FILL)
    site, page = Domain.objects.get(name="old.de"), Page.objects.get()
    assert site.emails_at == page.emails_at == page.schema_at == site.scanned_at
    assert Domain.objects.get(name="none.de").emails_at is None


def test_results_are_cleaned_lot_by_lot(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CONSOLE_RETENTION_DAYS = 30
    monkeypatch.setattr(retention, "LOT", 10)
    batch = create("checksum", 35)
    then = datetime.now(UTC) - timedelta(days=40)
    Batch.objects.filter(pk=batch.pk).update(state="completed", finished_at=then)
    Item.objects.filter(batch=batch).exclude(seq=12).update(result=RESULT)
    loop.run(retention.forget, timeout=20)
    left = list(batch.items.order_by("seq").values_list("result", flat=True))
    assert left == [{"title": "T"}] * 12 + [None] + [{"title": "T"}] * 22
    assert Event.objects.filter(batch=batch, kind="forget").count() == 1


def test_however_many_batches_there_are(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCHES", 2)
    settings.CONSOLE_RETENTION_DAYS = 30
    for n in range(5):
        found(f"{n}.de", 40)
    loop.run(retention.forget, timeout=20)
    assert list(Item.objects.values_list("result", flat=True)) == [{"title": "T"}] * 5


def test_what_a_retry_found_later_goes_as_well(settings: LazySettings) -> None:
    batch = found("old.de", 80)
    settings.CONSOLE_RETENTION_DAYS = 30
    loop.run(retention.forget, timeout=20)
    Event.objects.filter(kind="forget").update(at=datetime.now(UTC) - timedelta(days=50))
    Batch.objects.update(finished_at=datetime.now(UTC) - timedelta(days=40))
    batch.items.update(result=RESULT)
    loop.run(retention.forget, timeout=20)
    assert batch.items.get().result == {"title": "T"}


def test_one_that_is_being_deleted_is_left_alone(settings: LazySettings) -> None:
    batch = found("old.de", 40)
    Batch.objects.filter(pk=batch.pk).update(state="deleting")
    assert loop.run(partial(retention._results, batch.pk, -1), timeout=20) is None
    assert not Event.objects.filter(batch=batch, kind="forget").exists()


def test_for_ever_is_the_default() -> None:
    batch = found("old.de", 4_000)
    loop.run(retention.forget, timeout=20)
    assert Contact.objects.count() == 1
    assert batch.items.get().result == RESULT
