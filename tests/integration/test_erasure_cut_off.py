"""An erasure that ends in the middle: nothing is half done for a site, and whoever starts next goes on."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, connection

from adminapp import background
from batches.curation import suppress
from batches.models import Contact, Domain, Page, Suppression
from batches.operation import key_of
from tests.integration.running import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]


@contextmanager
def failing() -> Iterator[None]:
    """Where pages can't be changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk'; END $$;"
            "CREATE TRIGGER fail BEFORE UPDATE ON batches_page EXECUTE FUNCTION fail()"
        )
        yield
        cursor.execute("DROP FUNCTION fail CASCADE")


def known(site: str) -> None:
    Domain.objects.create(name=site, description="Mail jo@vogt.de now")
    about = {"id": key_of(site, "p"), "domain_id": site}
    Page.objects.create(**about, url=f"https://{site}/", data={"a": "jo@vogt.de, b"})
    Contact.objects.create(**about, address="jo@vogt.de", kind="other")


def test_what_was_cut_off_is_finished_by_the_next_process() -> None:
    known("a.de")
    with failing(), pytest.raises(DatabaseError, match="disk"):
        suppress("jo@vogt.de", "", None)
    # It is on the list all the same, and the site is found again by all that shows it.
    assert Suppression.objects.get().erased_at is None
    assert Domain.objects.get().description == "Mail jo@vogt.de now"
    assert Contact.objects.count() == 1
    background.begin()
    until(lambda: Suppression.objects.get().erased_at, "the rest to be erased")
    assert Domain.objects.get().description == "Mail now"
    assert Page.objects.get().data == {"a": ", b"}
    assert Contact.objects.count() == 0


def test_what_failed_is_tried_again_while_the_process_lives(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(background, "LOOK_SECONDS", 0.1)
    known("a.de")
    background.begin()
    with failing():
        with pytest.raises(DatabaseError, match="disk"):
            suppress("jo@vogt.de", "", None)
        until(lambda: "Could not erase" in caplog.text, "its own try to fail as well")
        assert "jo@vogt.de" not in caplog.text
        assert Suppression.objects.get().erased_at is None
    until(lambda: Suppression.objects.get().erased_at, "it to be erased")
    assert Page.objects.get().data == {"a": ", b"}


def test_what_is_done_is_not_done_again() -> None:
    suppress("jo@vogt.de", "", None)
    done = Suppression.objects.get().erased_at
    assert done
    known("a.de")  # By somebody who does not ask.
    Suppression.objects.create(entry="@other.de")
    background.begin()
    until(lambda: Suppression.objects.get(pk="@other.de").erased_at, "the other to be erased")
    assert Suppression.objects.get(pk="jo@vogt.de").erased_at == done
    assert Contact.objects.count() == 1
    assert suppress("jo@vogt.de", "", None) == 1
