"""What pages say of a batch that waits, and of failures: to operators in words, to engineers by name as well."""

import re
from datetime import UTC, datetime

import pytest

from batches import lifecycle
from batches.models import Batch, Event
from tests.integration.running import create, finished, started
from tests.people import signed_in


def classes(batch: Batch, page: str) -> set[str]:
    """The names of errors that a page shows of its groups."""
    html = signed_in("viewer").get(f"/batches/{batch.pk}/{page}").content.decode()
    assert 'class="count' in html
    return set(re.findall(r'<(?:p|span) class="sub">(\w+)(?:<| in <)', html))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("page", ["", "failures/"])
def test_only_errors_that_nobody_foresaw_are_named_as_programs_name_them(page: str) -> None:
    foreseen = finished(started("moody", ["permanent 1", "permanent 2"], max_attempts=1))
    assert classes(foreseen, page) == set()
    # Nobody is asked: loopback is none of the public web.
    blocked = finished(started("page_scan", ["http://127.0.0.1:1/"], max_attempts=1))
    assert blocked.failure_groups.get().error_class == "Blocked"
    assert classes(blocked, page) == set()
    mixed = finished(started("moody", ["permanent", "bug 1", "bug 2"], max_attempts=1))
    assert classes(mixed, page) == {"ZeroDivisionError"}


@pytest.mark.django_db
def test_a_batch_that_no_worker_takes_says_since_when() -> None:
    batch = create("checksum", 3)
    lifecycle.start(batch, None)
    early = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    Event.objects.filter(batch=batch).update(at=early)
    html = signed_in("viewer").get(f"/batches/{batch.pk}/").content.decode()
    assert "Queued: 3 items wait for a worker, since 4 Mar 05:06:07 UTC." in html
    lifecycle.pause(batch, None)
    lifecycle.resume(batch, None)
    Event.objects.filter(batch=batch, kind="resume").update(at=early.replace(day=5))
    html = signed_in("viewer").get(f"/batches/{batch.pk}/").content.decode()
    assert "since 5 Mar 05:06:07 UTC." in html
