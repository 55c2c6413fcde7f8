"""What a scan asks the database does not grow with what it finds: no statement for each contact."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import LazySettings
from sqlalchemy import event

from batches.models import Contact
from dbcompat import loop
from dbcompat.engines import BACKGROUND, engine_for
from tests.integration.running import counts, finished, started
from tests.sites import site

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]

TABLES = ("batches_contact", "batches_page", "batches_domain", "batches_scan", "suppression")


@contextmanager
def counting() -> Iterator[Counter[str]]:
    """Statements by table, of those that hold what scans find: the engine's own depend on the time that passes."""
    sent: Counter[str] = Counter()

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        sent.update(table for table in TABLES if table in statement)

    async def sync_engine() -> Any:
        return (await engine_for(BACKGROUND)).sync_engine

    engine = loop.run(sync_engine, timeout=10)
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def sent_for(settings: LazySettings, host: str, contacts: int) -> list[Counter[str]]:
    """Of a first scan of a page with so many contacts, and of a second."""
    page = " ".join(f"someone{n}@{host}.de" for n in range(contacts))
    found = []
    with site(settings, {"/": f"<p>{page}"}) as shop:
        for _ in range(2):
            with counting() as sent:
                batch = finished(started("email_scan", [shop.base], params={"max_pages": 1}))
            assert counts(batch) == {"succeeded": 1}
            found.append(sent)
    assert Contact.objects.filter(address__endswith=f"@{host}.de").count() == contacts
    return found


def test_three_contacts_and_two_hundred_take_as_many_statements(settings: LazySettings) -> None:
    few, many = sent_for(settings, "few", 3), sent_for(settings, "many", 200)
    assert few == many
    assert all(set(sent) == set(TABLES) for sent in few)
