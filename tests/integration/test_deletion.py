"""A batch that is deleted is gone at once, its rows soon, and nothing else ever."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from sqlalchemy import event

from batches import lifecycle, models
from batches.engine import deletion, retention
from batches.export import export_pages
from batches.history import history
from batches.intake import rejects
from batches.lifecycle import BadRetry, IllegalTransition
from batches.models import Batch, Contact, Domain, Event, Page, Scan, SitemapFile
from batches.operation import key_of
from batches.pages import BatchGone
from batches.recount import verify
from dbcompat import loop
from dbcompat.engines import BACKGROUND, engine_for
from tests.integration.running import create, finished, started, until

pytestmark = [pytest.mark.django_db(transaction=True)]

# All that belongs to a batch, and nothing that does not: see the test.
PARTS = ("Action", "Attempt", "Chunk", "Event", "FailureGroup", "Item", "Reject", "Throughput")


def rows(batch_id: int) -> dict[str, int]:
    """Table → how many rows of that batch; tables without any are left out."""
    found = {name: getattr(models, name).objects.filter(batch=batch_id).count() for name in PARTS}
    return {name: count for name, count in found.items() if count}


def ran(**spec: Any) -> Batch:
    """A batch with something in every table: it failed, was retried, and had lines left out."""
    lines = [f"line {n}" for n in range(40)] + ["line 0", "line 1"]
    params = {"fail_every": 4}
    batch = finished(started("checksum", lines, params=params, max_attempts=1, **spec))
    lifecycle.retry(batch, None, "failed")
    finished(batch)
    assert set(rows(batch.pk)) == set(PARTS)
    return batch


def gone(batch_id: int) -> None:
    until(lambda: not Batch.objects.filter(pk=batch_id).exists(), f"batch {batch_id} to go")
    assert rows(batch_id) == {}


def test_the_list_of_parts_is_whole() -> None:
    """Every table that points at a batch; a new one fails here until somebody says when it goes."""
    relations = Batch._meta.related_objects
    pointing = {relation.related_model._meta.object_name for relation in relations}
    assert pointing == set(PARTS)
    assert len(deletion._PARTS) == len(PARTS)


@pytest.mark.usefixtures("engine")
def test_nothing_of_it_is_left_and_nothing_else_is_touched() -> None:
    batch, other = ran(), ran()
    before = rows(other.pk)
    lifecycle.delete(batch, None)
    gone(batch.pk)
    assert rows(other.pk) == before
    assert verify(other) == []


@pytest.mark.usefixtures("engine")
def test_a_draft_can_be_deleted() -> None:
    draft = create("checksum", 30)
    lifecycle.delete(draft, None)
    gone(draft.pk)


@pytest.mark.usefixtures("engine")
def test_what_it_found_stays() -> None:
    batch = create("checksum", 3)
    site = Domain.objects.create(name="site.de", title="T", verdict="selected", batch_id=batch.pk)
    key, found = key_of("site.de", "x"), {"domain": site, "batch_id": batch.pk}
    Contact.objects.create(id=key, address="a@site.de", kind="role", **found)
    Page.objects.create(id=key, url="u", verdict="maybe", **found)
    SitemapFile.objects.create(id=key, url="u", **found)
    Scan.objects.create(batch_id=batch.pk, seq=0, domain=site, operation="page_scan")
    kept = [list(kind.objects.values()) for kind in (Domain, Contact, Page, SitemapFile, Scan)]
    assert history(site).visits[0].batch == batch
    lifecycle.delete(batch, None)
    assert history(site).visits[0].batch is None
    gone(batch.pk)
    assert [visit.batch for visit in history(site).visits] == [None]
    assert kept == [
        list(kind.objects.values()) for kind in (Domain, Contact, Page, SitemapFile, Scan)
    ]


@pytest.mark.parametrize("state", ["queued", "running", "paused", "cancelling", "deleting"])
def test_one_that_is_at_work_is_refused_in_words(state: str) -> None:
    batch = create("checksum", 3)
    Batch.objects.filter(pk=batch.pk).update(state=state)
    with pytest.raises(IllegalTransition, match=f"is {state}: it can't be deleted now. Cancel it"):
        lifecycle.delete(batch, None)
    batch.refresh_from_db()
    assert batch.state == state


def test_who_deleted_it_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    batch = create("checksum", 1_200, name="Spring list")
    lifecycle.delete(batch, None)
    words = f"Batch {batch.pk} “Spring list” with 1200 items was deleted by the command line."
    assert words in caplog.text


def test_a_marked_one_can_not_be_brought_back() -> None:
    batch = create("checksum", 3)
    lifecycle.delete(batch, None)
    with pytest.raises(BadRetry, match="nothing to retry"):
        lifecycle.retry(batch, None, "failed")
    with pytest.raises(IllegalTransition):
        lifecycle.start(batch, None)


def test_two_who_delete_at_once_and_one_comes_too_late() -> None:
    batch = create("checksum", 3)
    Batch.objects.all().delete()
    with pytest.raises(IllegalTransition, match=f"Batch {batch.pk} is gone"):
        lifecycle.delete(batch, None)


@pytest.mark.parametrize("read", [export_pages, rejects])
def test_a_file_that_is_being_read_is_never_cut_in_silence(read: Any) -> None:
    batch = create("checksum", [f"line {n}" for n in range(1_100)] * 2)
    pages = read(batch)
    assert len(next(pages)) == 1_000
    lifecycle.delete(batch, None)
    with pytest.raises(BatchGone, match="not whole"):
        next(pages)


@pytest.mark.usefixtures("loop_thread")
def test_it_goes_in_lots_and_a_crash_leaves_whole_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletion, "LOT", 10)
    batch, other = create("checksum", 95), create("checksum", 25)
    lifecycle.delete(batch, None)
    with connection.cursor() as cursor:
        cursor.execute(_FAULT)
    try:
        # Of the third lot the database refuses one row: as if the power had gone then.
        with pytest.raises(Exception, match="no more"):
            loop.run(deletion.delete_marked, timeout=20)
        assert rows(batch.pk)["Item"] == 75
        assert rows(batch.pk)["Chunk"] == batch.chunks.count() > 0
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION no_more CASCADE")
    loop.run(deletion.delete_marked, timeout=20)
    gone(batch.pk)
    assert verify(other) == []


_FAULT = """
CREATE FUNCTION no_more() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN IF OLD.seq = 25 THEN RAISE 'no more'; END IF; RETURN OLD; END $$;
CREATE TRIGGER no_more BEFORE DELETE ON batches_item FOR EACH ROW EXECUTE FUNCTION no_more()
"""


@pytest.mark.usefixtures("loop_thread")
def test_no_statement_deletes_more_than_a_lot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletion, "LOT", 10)
    batch = create("checksum", ["same"] * 40 + [f"line {n}" for n in range(70)])
    for _ in range(25):
        lifecycle._record(batch, None, "note", "Something happened.")
    lifecycle.delete(batch, None)
    deleted: list[int] = []

    async def listen() -> None:
        engine = (await engine_for(BACKGROUND)).sync_engine

        @event.listens_for(engine, "after_cursor_execute")
        def count(_: Any, cursor: Any, statement: str, *__: Any) -> None:
            if statement.startswith("DELETE"):
                deleted.append(cursor.rowcount)

    loop.run(listen, timeout=20)
    loop.run(deletion.delete_marked, timeout=20)
    gone(batch.pk)
    assert max(deleted) == 10
    assert sum(deleted) == 71 + 39 + 8 + 27 + 1


@pytest.mark.usefixtures("engine")
def test_those_that_ended_long_ago_go_by_themselves(settings: LazySettings) -> None:
    settings.CONSOLE_BATCH_RETENTION_DAYS = 30
    ages = {"completed": 40, "cancelled": 31, "draft": 40, "paused": 40, "running": 40}
    old = {state: create("checksum", 20, name=state) for state in ages}
    recent = create("checksum", 20, name="recent")
    for state, days in ages.items():
        then = datetime.now(UTC) - timedelta(days=days)
        Batch.objects.filter(pk=old[state].pk).update(state=state, finished_at=then)
    then = datetime.now(UTC) - timedelta(days=29)
    Batch.objects.filter(pk=recent.pk).update(state="completed", finished_at=then)
    loop.run(retention.forget, timeout=20)
    gone(old["completed"].pk)
    gone(old["cancelled"].pk)
    left = set(Batch.objects.values_list("name", flat=True))
    assert left == {"draft", "paused", "running", "recent"}


@pytest.mark.usefixtures("loop_thread")
def test_more_than_are_marked_at_once(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(deletion, "BATCHES", 2)
    settings.CONSOLE_BATCH_RETENTION_DAYS = 1
    old = [create("checksum", 1) for _ in range(5)]
    Batch.objects.update(state="completed", finished_at=datetime.now(UTC) - timedelta(days=2))
    loop.run(retention.forget, timeout=20)
    assert not Batch.objects.exists()
    assert all(f"Batch {batch.pk} was deleted" in caplog.text for batch in old)


@pytest.mark.usefixtures("loop_thread")
def test_for_ever_is_the_default() -> None:
    batch = create("checksum", 1)
    Batch.objects.update(state="completed", finished_at=datetime(2001, 1, 1, tzinfo=UTC))
    loop.run(retention.forget, timeout=20)
    assert Event.objects.filter(batch=batch).exists()


@pytest.mark.usefixtures("engine")
def test_the_command_deletes_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    batch = create("checksum", 3)
    call_command("batch", "delete", str(batch.pk))
    assert f"Batch {batch.pk} is deleted." in capsys.readouterr().out
    with pytest.raises(CommandError, match=f"no batch {batch.pk}"):
        call_command("batch", "status", str(batch.pk))
    gone(batch.pk)
    running = started("slow", 3)
    with pytest.raises(CommandError, match="can't be deleted now"):
        call_command("batch", "delete", str(running.pk))
    lifecycle.cancel(running, None)
    finished(running)
