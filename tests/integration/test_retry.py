import pytest

from batches import lifecycle
from batches.lifecycle import BadRetry, IllegalTransition
from batches.models import Action, Batch
from batches.recount import verify
from tests.integration.running import counts, create, finished, started, state, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]


@pytest.fixture
def failed() -> Batch:
    """A thousand items, of which every fifth failed."""
    params = {"fail_every": 5}
    return finished(started("checksum", 1_000, params=params, max_attempts=1))


def done(action: Action) -> Action:
    def over() -> bool:
        action.refresh_from_db()
        return action.state != "running"

    until(over, "the action to end")
    return action


def mended(batch: Batch) -> None:
    Batch.objects.filter(pk=batch.pk).update(params={"fail_every": 0})


def test_retry_reopens_a_completed_batch_for_what_failed(failed: Batch) -> None:
    mended(failed)
    action = done(lifecycle.retry(failed, None, "failed"))
    finished(failed)
    assert (action.intended, action.applied, action.skipped) == (200, 200, {})
    assert counts(failed) == {"succeeded": 1_000}
    assert failed.failure_groups.get().count == 0
    assert verify(failed) == []


def test_a_retry_that_fails_again_does_not_go_round_for_ever(failed: Batch) -> None:
    action = done(lifecycle.retry(failed, None, "failed"))
    finished(failed)
    assert action.applied == 200
    assert counts(failed) == {"succeeded": 800, "failed": 200}
    assert verify(failed) == []


def test_retry_of_one_group(engine: None) -> None:
    lines = [f"permanent {n}" for n in range(30)] + [f"bug {n}" for n in range(20)]
    batch = finished(started("moody", lines, max_attempts=1))
    group = batch.failure_groups.get(error_class="ZeroDivisionError")
    batch.items.filter(target__startswith="bug").update(target="fine")
    action = done(lifecycle.retry(batch, None, "group", group=group.pk))
    finished(batch)
    assert action.applied == 20
    assert counts(batch) == {"failed": 30, "succeeded": 20}
    assert verify(batch) == []


def test_chosen_items_and_why_the_others_were_not_retried(failed: Batch) -> None:
    mended(failed)
    action = done(lifecycle.retry(failed, None, "items", items=[4, 9, 10, 999_999]))
    finished(failed)
    assert action.intended == 4
    assert action.applied == 2
    assert action.skipped == {"succeeded already": 1, "not in this batch": 1}
    assert counts(failed) == {"succeeded": 802, "failed": 198}


def test_new_params_are_checked_and_kept(failed: Batch) -> None:
    with pytest.raises(BadRetry, match="fail_every"):
        lifecycle.retry(failed, None, "failed", params={"fail_every": -1})
    assert state(failed) == "completed"
    lifecycle.retry(failed, None, "failed", params={"fail_every": 0})
    assert counts(finished(failed)) == {"succeeded": 1_000}


def test_retry_reopens_a_cancelled_batch_for_its_own_items_only() -> None:
    batch = create("checksum", 100)
    lifecycle.cancel(batch, None)
    finished(batch)
    with pytest.raises(BadRetry, match="Nothing to retry"):
        lifecycle.retry(batch, None, "failed")
    done(lifecycle.retry(batch, None, "items", items=[1, 2, 3]))
    assert finished(batch).state == "completed"
    assert counts(batch) == {"skipped": 97, "succeeded": 3}
    done(lifecycle.retry(batch, None, "skipped"))
    assert counts(finished(batch)) == {"succeeded": 100}


def test_a_paused_batch_stays_paused(failed: Batch) -> None:
    Batch.objects.filter(pk=failed.pk).update(state="paused")
    done(lifecycle.retry(failed, None, "failed"))
    assert state(failed) == "paused"
    assert counts(failed) == {"succeeded": 800, "pending": 200}


def test_an_aborted_action_keeps_what_it_did(failed: Batch) -> None:
    action = done(lifecycle.retry(failed, None, "failed"))
    with pytest.raises(IllegalTransition, match="it can't be aborted"):
        lifecycle.abort(action, None)


@pytest.mark.parametrize(
    ("scope", "arguments", "words"),
    [
        ("everything", {}, "Say what to retry"),
        ("group", {"group": 12345678}, "no failure group"),
        ("items", {"items": []}, "Nothing to retry"),
        ("items", {"items": range(10_001)}, "at most 10,000"),
    ],
)
def test_a_retry_that_makes_no_sense(
    failed: Batch, scope: str, arguments: dict[str, object], words: str
) -> None:
    with pytest.raises(BadRetry, match=words):
        lifecycle.retry(failed, None, scope, **arguments)  # type: ignore[arg-type]
