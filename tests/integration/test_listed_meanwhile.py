"""Who is put on the suppression list while a scan that has found them is about to store it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection, connections

from batches.curation import suppress
from batches.models import Batch, Contact, Domain, Item, Page
from tests.integration.running import counts, finished, started, until
from tests.sites import Pages, Said, Site, site

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]

PAGES: Pages = {
    "/": Said("<title>Vogt</title> Jo: jo@vogt.de, the office: info@vogt.de", seconds=0.3)
}
CHUNKS = "SELECT 1 FROM batches_chunk FOR UPDATE"
SITES = "SELECT 1 FROM batches_domain FOR UPDATE"


@contextmanager
def held(query: str) -> Iterator[None]:
    """Whoever would write what it locks waits until the end."""
    # Beside Django's connection, which the test uses meanwhile.
    other = connection.copy()
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            cursor.execute(query)
        yield
    finally:
        other.rollback()
        other.close()


def waiting(lock: str) -> bool:
    """Whether a session waits for a lock of that kind."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock' AND wait_event = %s",
            [lock],
        )
        return cursor.fetchone() is not None


@contextmanager
def about_to_store(web: Site, operation: str, query: str) -> Iterator[Batch]:
    """A scan that has asked the list and found nobody on it, and waits with what it found."""
    batch = started(operation, [web.base])
    # No sooner: nobody takes a chunk that is locked.
    until(lambda: "/" in web.asked, "the page to be asked for")
    with held(query):
        until(lambda: waiting("transactionid"), "the scan to store")
        yield batch


def told() -> str:
    models: tuple[Any, ...] = Domain, Page, Contact, Item
    return str([list(model.objects.values()) for model in models]).lower()


@pytest.mark.parametrize("entry", ["jo@vogt.de", "@vogt.de"])
@pytest.mark.parametrize("operation", ["email_scan", "page_scan"])
def test_it_is_not_stored_by_a_scan_that_asked_before(
    settings: LazySettings, operation: str, entry: str
) -> None:
    with site(settings, PAGES) as web:
        with about_to_store(web, operation, CHUNKS) as batch:
            suppress(entry, "", None)
        assert counts(finished(batch)) == {"succeeded": 1}
    assert "jo@" not in told()
    assert "jo:" not in told()
    assert ("info@vogt.de" in told()) == (entry == "jo@vogt.de")


def suppressed_elsewhere(entry: str) -> int:
    try:
        return suppress(entry, "", None)
    finally:
        connections.close_all()


def test_what_is_being_stored_is_erased_as_soon_as_it_is_there(settings: LazySettings) -> None:
    with site(settings, PAGES) as web, ThreadPoolExecutor(1) as threads:
        assert counts(finished(started("page_scan", [web.base]))) == {"succeeded": 1}
        Domain.objects.update(emails=[])
        Page.objects.all().delete()
        Item.objects.update(result={})
        web.asked.clear()
        with about_to_store(web, "email_scan", SITES) as batch:
            gone = threads.submit(suppressed_elsewhere, "jo@vogt.de")
            until(lambda: waiting("advisory") or gone.done(), "the list to be asked for")
            assert "jo@" not in told()
        assert gone.result(20) == 1
        assert counts(finished(batch)) == {"succeeded": 1}
    assert "jo@" not in told()
    assert [contact.address for contact in Contact.objects.all()] == ["info@vogt.de"]
