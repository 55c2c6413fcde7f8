"""What two workers may not do to each other. Here a test plays one of them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from batches import lifecycle
from batches.engine import leases, retries, transitions
from batches.engine.attempt import Outcome
from batches.engine.leases import Lease, Work
from batches.engine.writeback import Parcel, write
from batches.models import Action, Batch
from batches.recount import verify
from batches.states import BatchState, ItemState
from dbcompat import loop
from tests.integration.running import counts, create

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
