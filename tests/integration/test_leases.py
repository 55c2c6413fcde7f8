"""What two workers may not do to each other. Here a test plays one of them."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from batches import lifecycle
from batches.engine import leases, retries, transitions
from batches.engine.attempt import Outcome, Plan
from batches.engine.leases import Lease, Work
from batches.engine.reconciler import _LIMITS
from batches.engine.slice import Held, Slice
from batches.engine.writeback import Parcel, write
from batches.models import Action, Batch
from batches.operation import NoStorage, operation
from batches.recount import verify
from batches.states import BatchState, ItemState
from dbcompat import loop
from tests.integration.running import counts, create, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def running(loop_thread: None) -> Batch:
    """A running batch of two chunks that no engine looks after."""
    batch = create("checksum", 20)
    Batch.objects.filter(pk=batch.pk).update(state="running")
    return batch


def claim(batch: Batch) -> tuple[Lease, list[Work]]:
    claimed = loop.run(leases.claim, batch.pk, timeout=10)
    assert claimed is not None
    return claimed


def expire(batch: Batch) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE batches_chunk SET lease_until = now() - interval '1 second' WHERE batch_id = %s",
            [batch.pk],
        )


def done(works: list[Work]) -> list[Outcome]:
    return [Outcome(work.seq, ItemState.SUCCEEDED, 1, result="{}") for work in works]


def deliver(batch: Batch, *parcels: Parcel) -> set[int]:
    return loop.run(write, batch.pk, list(parcels), timeout=10)


def test_two_claims_never_give_the_same_chunk(running: Batch) -> None:
    first, second = claim(running), claim(running)
    assert {first[0].number, second[0].number} == {0, 1}
    assert loop.run(leases.claim, running.pk, timeout=10) is None


def test_a_stale_workers_results_are_dropped(running: Batch) -> None:
    stale, works = claim(running)
    expire(running)
    fresh, again = claim(running)
    assert (fresh.number, fresh.token) == (stale.number, stale.token + 1)
    assert deliver(running, Parcel(stale, done(works), release=True)) == set()
    assert counts(running) == {"pending": 20}
    assert deliver(running, Parcel(fresh, done(again), release=True)) == {fresh.number}
    assert counts(running) == {"succeeded": 10, "pending": 10}
    assert verify(running) == []


def test_a_write_whose_commit_was_in_doubt_can_be_repeated(running: Batch) -> None:
    lease, works = claim(running)
    before = Lease(lease.batch_id, lease.number, lease.token)
    deliver(running, Parcel(lease, done(works[:4])))
    assert deliver(running, Parcel(before, done(works[:4]))) == set()
    assert counts(running) == {"succeeded": 4, "pending": 16}
    assert verify(running) == []


def test_what_was_not_done_is_there_for_the_next_worker(running: Batch) -> None:
    lease, works = claim(running)
    deliver(running, Parcel(lease, done(works[:3]), release=True))
    again, rest = claim(running)
    assert again.number == lease.number
    assert [work.seq for work in rest] == [work.seq for work in works[3:]]


def test_a_heartbeat_keeps_only_what_is_ours(running: Batch) -> None:
    lost, _ = claim(running)
    expire(running)
    kept, _ = claim(running)
    other, _ = claim(running)
    assert loop.run(leases.extend, [lost], timeout=10) == set()
    assert loop.run(leases.extend, [kept, other], timeout=10) == {kept.number, other.number}


def test_a_batch_that_does_not_run_gives_no_lease(running: Batch) -> None:
    for word in ("paused", "cancelling", "completed", "draft"):
        Batch.objects.filter(pk=running.pk).update(state=word)
        assert loop.run(leases.claim, running.pk, timeout=10) is None


def test_a_finished_look_does_not_end_a_batch_with_work_left(running: Batch) -> None:
    assert not loop.run(transitions.finish, running.pk, BatchState.COMPLETED, timeout=10)
    lease, works = claim(running)
    second, more = claim(running)
    deliver(running, Parcel(lease, done(works), True), Parcel(second, done(more), True))
    assert loop.run(transitions.finish, running.pk, BatchState.COMPLETED, timeout=10)


def test_an_action_keeps_its_batch_open(running: Batch) -> None:
    lease, works = claim(running)
    second, more = claim(running)
    failed = [Outcome(w.seq, ItemState.SKIPPED, 1) for w in more]
    deliver(running, Parcel(lease, done(works), True), Parcel(second, failed, True))
    action = lifecycle.retry(running, None, "skipped")
    Batch.objects.filter(pk=running.pk).update(state="running")
    assert not loop.run(transitions.finish, running.pk, BatchState.COMPLETED, timeout=10)
    loop.run(retries.apply, action.pk, timeout=10)
    assert counts(running) == {"succeeded": 10, "pending": 10}
    assert verify(running) == []


def test_what_ran_again_after_a_retry_was_asked_for_is_not_in_its_set(running: Batch) -> None:
    lease, works = claim(running)
    skipped = [Outcome(work.seq, ItemState.SKIPPED, 1) for work in works]
    deliver(running, Parcel(lease, skipped, release=True))
    action = lifecycle.retry(running, None, "skipped")
    # As if it had waited for its turn until these items had run once more.
    Action.objects.filter(pk=action.pk).update(created_at=timezone.now() - timedelta(hours=1))
    loop.run(retries.apply, action.pk, timeout=10)
    action.refresh_from_db()
    assert (action.applied, action.skipped) == (0, {"ran again since": 10})
    assert counts(running) == {"skipped": 10, "pending": 10}


def test_cancelling_leaves_leased_chunks_to_their_worker(running: Batch) -> None:
    lease, works = claim(running)
    Batch.objects.filter(pk=running.pk).update(state="cancelling")
    assert loop.run(retries.skip_pending, running.pk, timeout=10)
    assert not loop.run(retries.skip_pending, running.pk, timeout=10)
    assert counts(running) == {"pending": 10, "skipped": 10}
    deliver(running, Parcel(lease, done(works[:5]), release=True))
    assert loop.run(retries.skip_pending, running.pk, timeout=10)
    assert counts(running) == {"succeeded": 5, "skipped": 15}
    assert verify(running) == []


@contextmanager
def locked(batch: Batch, number: int) -> Iterator[None]:
    """Whoever would write this chunk waits until the end."""
    # Beside Django's connection: nothing may be handed to the loop in the middle of its transactions.
    other = connection.copy()
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            query = "SELECT 1 FROM batches_chunk WHERE batch_id = %s AND number = %s FOR UPDATE"
            cursor.execute(query, [batch.pk, number])
            yield
    finally:
        other.rollback()
        other.close()


def planned(batch: Batch) -> Slice:
    """A slice that does nothing by itself."""
    limits = {name: getattr(batch, name) for name in _LIMITS}
    chosen, storage = operation("checksum"), NoStorage()
    return Slice(Plan(batch.pk, chosen, chosen.params(), worker="test", storage=storage, **limits))


def test_a_chunk_that_is_claimed_during_a_heartbeat_is_kept(running: Batch) -> None:
    slice_ = planned(running)
    loop.run(slice_._claim, timeout=10)
    with locked(running, 0):
        beat = loop.submit(slice_._heartbeat)
        waiting_for_lock()
        loop.run(slice_._claim, timeout=10)
        assert not beat.done()
    beat.result(timeout=10)
    assert set(slice_.held) == {0, 1}
    assert len(slice_.queue) == 20


def test_a_chunk_that_is_ours_again_before_we_know_that_it_was_given_back_is_kept(
    running: Batch,
) -> None:
    slice_ = planned(running)
    loop.run(slice_._claim, timeout=10)
    given_back = slice_.held[0]
    given_back.parcel.release = True
    with locked(running, 0):
        writing = loop.submit(slice_._write)
        waiting_for_lock()
        # As a claim leaves it that hears of the commit before the write does.
        again = Lease(running.pk, 0, given_back.parcel.lease.token + 2)
        slice_.held[0] = Held(Parcel(again), 1)
        slice_.queue = deque([(slice_.held[0], Work(0, "line 0", 0))])
    writing.result(timeout=10)
    assert slice_.held[0].parcel.lease is again
    assert len(slice_.queue) == 1


def waiting_for_lock() -> None:
    def waiting() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return bool(cursor.fetchone()[0])

    until(waiting, "somebody to wait for the lock")
