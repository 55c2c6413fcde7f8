"""What is said of work that does not get done, and of work that does."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from adminapp.tokens import create_token
from batches import engine, health, lifecycle
from batches.models import Batch, Chunk, Event, Throughput
from tests.callers import ask
from tests.integration.running import create, finished, started
from tests.people import signed_in, user

pytestmark = pytest.mark.django_db(transaction=True)


def ago(minutes: float) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


def waits(minutes: float, state: str = "queued", **more: object) -> Batch:
    """One that was told to run so many minutes ago, and of which nothing has come."""
    batch = create("checksum", 30)
    Batch.objects.filter(pk=batch.pk).update(state=state, **more)
    Event.objects.filter(batch=batch).update(at=ago(minutes))
    Chunk.objects.filter(batch=batch).update(ready_at=ago(minutes))
    return batch


def came(batch: Batch, minutes: float, **counts: int) -> None:
    counts = {"succeeded": 0, "failed": 0, "retried": 0, **counts}
    Throughput.objects.create(batch=batch, bucket=ago(minutes), worker="w", **counts)


def metrics() -> dict[str, float]:
    text = ask("GET", "/metrics", token=create_token(user("viewer"))).text
    return {
        name: float(value)
        for name, value in re.findall(r"^(console_\S+) (\S+)$", text, re.MULTILINE)
    }


def said() -> list[str]:
    return [
        re.sub(r"batch \d+", "batch N", w.sentence, flags=re.IGNORECASE) for w in health.stuck()
    ]


def test_a_batch_that_no_worker_takes() -> None:
    batch = waits(7.1)
    (found,) = health.stuck()
    assert found.sentence == (
        f"Batch {batch.pk} has been waiting for 7\xa0minutes: no worker takes it."
    )
    assert "manage.py serve" in found.advice
    assert 7 * 60 < metrics()["console_oldest_queued_seconds"] < 8 * 60


def test_it_waits_since_it_was_last_told_to_run() -> None:
    batch = waits(500, state="paused")
    lifecycle.resume(batch, None)
    assert health.stuck() == []
    assert metrics()["console_oldest_queued_seconds"] < 60


def test_a_running_batch_that_nobody_has_and_one_that_hangs() -> None:
    waits(8, state="running")
    held = waits(12, state="running")
    Chunk.objects.filter(batch=held, number=0).update(lease_until=ago(-1))
    assert said() == [
        "Nothing of batch N has finished for 12\xa0minutes, though a worker has it.",
        "Nothing of batch N has finished for 8\xa0minutes, and no worker has it.",
    ]
    assert 12 * 60 < metrics()["console_longest_silence_seconds"] < 13 * 60
    assert metrics()["console_oldest_queued_seconds"] == 0


@pytest.mark.parametrize(
    ("what", "stuck"),
    [
        ({"succeeded": 1}, False),
        ({"failed": 1}, False),
        ({"retried": 1}, False),
        ({}, True),  # Put off for their turn, and nothing else.
    ],
)
def test_an_outcome_of_any_kind_is_a_sign_of_life(what: dict[str, int], stuck: bool) -> None:
    came(waits(60, state="running"), 2, **what)
    assert bool(health.stuck()) == stuck


def test_items_that_wait_for_their_time_are_not_stuck() -> None:
    batch = waits(60, state="running")
    Chunk.objects.filter(batch=batch).update(ready_at=ago(-60))
    canary = waits(60, state="running", canary_size=10)
    Chunk.objects.filter(batch=canary, number=0).update(ready_at=ago(-60))
    assert health.waiting() == []
    Batch.objects.filter(pk=canary.pk).update(canary_passed=True)
    assert [w.batch for w in health.waiting()] == [canary]


def test_an_attempt_that_may_take_an_hour_may() -> None:
    waits(50, state="running", timeout_seconds=3_600)
    assert health.stuck() == []


@pytest.mark.parametrize("state", ["draft", "paused", "cancelling", "completed", "deleting"])
def test_others_wait_for_nobody(state: str) -> None:
    waits(600, state=state)
    assert health.waiting() == []


def test_what_came_of_late() -> None:
    first, second = create("checksum", 30), create("checksum", 30)
    assert metrics()["console_last_success_seconds"] == float("inf")
    came(first, 60 * 24 * 8, succeeded=1)
    assert metrics()["console_last_success_seconds"] == float("inf")
    came(first, 6, succeeded=100)
    came(first, 4, succeeded=5, failed=2)
    came(second, 3, succeeded=3, retried=4)
    came(second, 1, failed=1)
    found = metrics()
    assert 180 <= found["console_last_success_seconds"] < 240
    counts = {name: found[f'console_recent_items{{outcome="{name}"}}'] for name in _OUTCOMES}
    assert counts == {"succeeded": 8, "failed": 3, "retried": 4}


_OUTCOMES = ("succeeded", "failed", "retried")


@pytest.mark.usefixtures("loop_thread")
def test_work_that_is_done_is_seen() -> None:
    batch = started("checksum", 40, params={"fail_every": 4}, max_attempts=1)
    assert [w.batch for w in health.waiting()] == [batch]
    engine.start()
    finished(batch)
    found = metrics()
    assert found["console_oldest_queued_seconds"] == 0
    assert found["console_longest_silence_seconds"] == 0
    assert found["console_last_success_seconds"] < 60
    assert found['console_recent_items{outcome="succeeded"}'] == 30
    assert found['console_recent_items{outcome="failed"}'] == 10


def test_no_item_is_read_and_each_question_has_a_limit() -> None:
    waits(5)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        health.waiting(), health.recent_outcomes(), health.seconds_since_success()
    statements = [query["sql"] for query in asked]
    assert not [sql for sql in statements if "batches_item" in sql]
    assert len([sql for sql in statements if "statement_timeout = '2s'" in sql]) == 3


def test_pages_say_what_is_stuck_and_what_to_do() -> None:
    batches = [waits(7.1) for _ in range(5)]
    for path in ("/batches/", "/connections/"):
        html = signed_in("staff").get(path).content.decode()
        assert (
            f'href="/batches/{batches[0].pk}/">Batch {batches[0].pk} has been waiting for 7' in html
        )
        assert "manage.py serve" in html
        assert html.count("no worker takes it") == 3
        assert "So it is with 2 more." in html
    Batch.objects.update(state="paused")
    for path in ("/batches/", "/connections/"):
        assert "no worker takes it" not in signed_in("staff").get(path).content.decode()


def test_a_list_that_is_looked_at_says_so_by_itself() -> None:
    batch, client = create("checksum", 3), signed_in("viewer")
    lifecycle.start(batch, None)
    first = client.get("/batches/", headers={"HX-Request": "true"})
    asked = {"HX-Request": "true", "HX-PTag": first.headers["HX-PTag"]}
    assert client.get("/batches/", headers=asked).status_code == 304
    Event.objects.filter(batch=batch).update(at=ago(7))
    assert "no worker takes it" in client.get("/batches/", headers=asked).content.decode()
