import hashlib
import time

import pytest
from django.conf import LazySettings
from django.db import connection, transaction

from batches import lifecycle, reports
from batches.models import Attempt, Batch, Event, FailureGroup
from batches.operation import operation
from batches.recount import verify
from tests.integration.running import counts, create, finished, started, state, until
from tests.operations import Slow

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]


def test_a_batch_runs_to_its_end_and_its_counters_tell_the_truth() -> None:
    batch = finished(started("checksum", 2_345))
    assert (batch.state, counts(batch)) == ("completed", {"succeeded": 2_345})
    assert verify(batch) == []
    digest = hashlib.sha256(b"line 0").hexdigest()
    assert batch.items.get(seq=0).result == {"sha256": digest}


def test_counters_agree_with_the_items_at_every_commit() -> None:
    batch = started(
        "checksum",
        5_000,
        params={"delay_ms": 1, "fail_every": 7},
        max_attempts=2,
        backoff_seconds=0.1,
    )
    looks = 0
    while state(batch) != "completed":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            assert verify(batch) == []
        looks += 1
    assert looks > 3
    assert counts(batch) == {"succeeded": 5_000 - 5_000 // 7, "failed": 5_000 // 7}
    assert verify(batch) == []


def test_every_kind_of_outcome() -> None:
    lines = ["fine", "permanent", "skip it", "nul", "nan", "busy", "bug"]
    batch = finished(started("moody", lines, max_attempts=3, backoff_seconds=0.05))
    assert dict(batch.items.values_list("target", "state")) == {
        "fine": "succeeded",
        "permanent": "failed",
        "skip it": "skipped",
        "nul": "succeeded",
        "nan": "failed",
        "busy": "succeeded",
        "bug": "failed",
    }
    assert batch.items.get(target="nul").result == {"text": "ab?", "": [1, ""]}
    assert batch.items.get(target="skip it").error == "There is nothing to do here."
    assert verify(batch) == []


def test_a_transient_failure_is_tried_again_with_backoff() -> None:
    batch = finished(started("flaky", 30, max_attempts=3, backoff_seconds=0.1))
    assert counts(batch) == {"succeeded": 30}
    assert set(batch.items.values_list("attempts", flat=True)) == {3}
    attempts = Attempt.objects.filter(batch=batch, seq=0).order_by("id")
    assert [attempt.number for attempt in attempts] == [1, 2]
    for attempt in attempts:
        assert attempt.retry_at is not None
        assert "Transient: Attempt" in attempt.trace
    assert not FailureGroup.objects.filter(batch=batch).exists()


def test_what_is_postponed_comes_back_and_no_attempt_is_counted() -> None:
    batch = finished(started("patient", 20, max_attempts=1, breaker_percent=1))
    assert counts(batch) == {"succeeded": 20}
    assert set(batch.items.values_list("attempts", flat=True)) == {1}
    assert batch.items.get(seq=0).result == {"attempt": 1}
    assert not Attempt.objects.filter(batch=batch).exists()
    assert sum(batch.throughput.values_list("retried", flat=True)) == 0
    assert verify(batch) == []


def test_attempts_run_out() -> None:
    batch = finished(started("flaky", 5, max_attempts=2, backoff_seconds=0.05))
    assert counts(batch) == {"failed": 5}
    assert Attempt.objects.filter(batch=batch).count() == 10


def test_an_attempt_has_a_time_limit() -> None:
    batch = finished(started("slow", 3, timeout_seconds=0.2, max_attempts=1))
    (group,) = reports.failure_groups(batch)
    assert group.count == 3
    assert batch.items.get(seq=0).error == (
        "Not finished within 0.2 seconds, the limit for one attempt."
    )


def test_as_many_items_at_the_same_time_as_the_batch_says() -> None:
    slow = operation("slow")
    assert isinstance(slow, Slow)
    for allowed in (3, 7):
        slow.most = 0
        batch = started("slow", 40, params={"seconds": 0.1}, concurrency=allowed)
        assert counts(finished(batch)) == {"succeeded": 40}
        assert slow.most == allowed


def test_failures_of_one_cause_make_one_group() -> None:
    lines = [f"bug {n}" for n in range(20)] + [f"bug2 {n}" for n in range(10)]
    batch = finished(started("moody", lines, max_attempts=1))
    groups = reports.failure_groups(batch)
    assert [(g.error_class, g.message, g.count) for g in groups] == [
        ("ZeroDivisionError", "line N divides by zero", 20),
        ("ZeroDivisionError", "line N divides by zero", 10),
    ]
    assert [g.frame for g in groups] == [
        "tests.operations.Moody.run",
        "tests.operations.Moody._deeper",
    ]


def test_pause_takes_effect_within_two_seconds_and_loses_nothing() -> None:
    batch = started("slow", 200, concurrency=20)
    leased = batch.chunks.filter(lease_until__isnull=False)
    until(leased.exists, "items in flight")
    began = time.monotonic()
    lifecycle.pause(batch, None)
    until(lambda: not leased.exists(), "leases given back")
    assert time.monotonic() - began < 2.5
    assert counts(batch) == {"pending": 200}
    assert not Attempt.objects.filter(batch=batch).exists()
    Batch.objects.filter(pk=batch.pk).update(params={"seconds": 0})
    lifecycle.resume(batch, None)
    assert counts(finished(batch)) == {"succeeded": 200}


def test_cancel_ends_with_every_item_accounted_for() -> None:
    batch = started("slow", 1_200, concurrency=10, params={"seconds": 0.05})
    until(lambda: reports.progress(batch).succeeded > 0, "some to succeed")
    lifecycle.cancel(batch, None)
    finished(batch)
    assert batch.state == "cancelled"
    found = counts(batch)
    assert set(found) == {"succeeded", "skipped"}
    assert sum(found.values()) == 1_200
    assert verify(batch) == []


def test_a_discarded_draft_is_cancelled() -> None:
    batch = create("checksum", 40)
    lifecycle.cancel(batch, None)
    assert finished(batch).state == "cancelled"
    assert counts(batch) == {"skipped": 40}


def test_a_batch_left_running_with_nothing_pending_is_finished() -> None:
    batch = create("checksum", 10)
    batch.items.update(state="succeeded")
    batch.chunks.update(pending=0, succeeded=10)
    Batch.objects.filter(pk=batch.pk).update(state="running")
    assert finished(batch).state == "completed"


def test_two_batches_share_the_process() -> None:
    large = started("checksum", 20_000, params={"delay_ms": 20}, concurrency=300)
    until(lambda: state(large) == "running", "the large one to run")
    small = started("checksum", 100, params={"delay_ms": 1})
    finished(small)
    assert state(large) == "running"
    lifecycle.cancel(large, None)
    finished(large)


def test_the_breaker_pauses_a_batch_that_mostly_fails() -> None:
    batch = started("flaky", 3_000, max_attempts=1, breaker_percent=20)
    until(lambda: state(batch) == "paused", "the breaker")
    assert batch.state_reason.startswith("Paused: 100 % of the last ")
    assert counts(batch)["pending"] > 0
    assert verify(batch) == []


def test_the_canary_holds_the_rest_back() -> None:
    batch = started("checksum", 1_000, params={"fail_every": 2}, max_attempts=1, canary_size=100)
    until(lambda: state(batch) == "paused", "the canary")
    assert "50 of the first 100 items failed" in batch.state_reason
    assert counts(batch)["pending"] == 900
    lifecycle.resume(batch, None)
    assert counts(finished(batch)) == {"succeeded": 500, "failed": 500}


def test_a_canary_that_passes_lets_the_rest_go() -> None:
    batch = finished(started("checksum", 1_000, canary_size=100))
    assert counts(batch) == {"succeeded": 1_000}
    assert Event.objects.filter(batch=batch, kind="canary").count() == 1


def test_an_operation_that_is_gone_pauses_its_batches() -> None:
    batch = create("checksum", 10)
    Batch.objects.filter(pk=batch.pk).update(operation="gone")
    lifecycle.start(batch, None)
    until(lambda: state(batch) == "paused", "a pause")
    assert "There is no operation “gone”" in batch.state_reason


def test_a_slow_item_keeps_its_lease(settings: LazySettings) -> None:
    settings.CONSOLE_LEASE_SECONDS = 1
    batch = finished(started("slow", 3, params={"seconds": 2.5}, max_attempts=1))
    assert counts(batch) == {"succeeded": 3}
    # One claim and one write: nobody else has thought it lost.
    assert batch.chunks.get().lease_token == 2


def test_a_batch_outlives_its_connections() -> None:
    batch = started("checksum", 3_000, params={"delay_ms": 20}, max_attempts=1)
    until(lambda: state(batch) == "running", "running")
    for _ in range(4):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        done = reports.progress(batch).done
        until(lambda: reports.progress(batch).done > done or state(batch) == "completed", "more")  # noqa: B023 -- called at once
    assert counts(finished(batch)) == {"succeeded": 3_000}
    assert set(batch.items.values_list("attempts", flat=True)) == {1}
    assert verify(batch) == []
