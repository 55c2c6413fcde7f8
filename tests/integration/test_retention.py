"""Addresses that nobody has seen for long are forgotten, everywhere they were written."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.conf import LazySettings

from batches.engine import retention
from batches.models import Batch, Contact, Domain, Event, Item, Page
from batches.operation import key_of
from batches.recount import verify
from dbcompat import loop
from tests.integration.running import create

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]

RESULT = {"title": "T", "emails": ["a@b.de"], "contacts": [{"address": "a@b.de"}]}


def found(domain: str, days: int) -> Batch:
    """A site with an address, as a batch found it so many days ago."""
    then = datetime.now(UTC) - timedelta(days=days)
    Domain.objects.create(name=domain, title="T", emails=["a@b.de"], scanned_at=then)
    key = key_of(domain, "a@b.de")
    Contact.objects.create(id=key, domain_id=domain, address="a@b.de", kind="role", scanned_at=then)
    Page.objects.create(id=key, domain_id=domain, url="u", data=RESULT, scanned_at=then)
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
    assert Page.objects.get(domain="new.de").data == RESULT
    assert Event.objects.filter(batch=old, kind="forget").count() == 1
    assert Domain.objects.get(name="old.de").title == "T"
    assert verify(old) == verify(new)


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
