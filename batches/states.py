"""The life of a batch: its states and every legal way from one to another."""

from enum import StrEnum


class BatchState(StrEnum):
    DRAFT = "draft"  # Checked and stored; nobody has said go.
    QUEUED = "queued"  # Told to run; no worker has taken it yet.
    RUNNING = "running"
    PAUSED = "paused"  # By a person, or by a limit: `state_reason` says which.
    CANCELLING = "cancelling"  # Told to stop; what has not run is being marked skipped.
    CANCELLED = "cancelled"
    COMPLETED = "completed"  # Nothing pending. Failures are counts, not another state.
    DELETING = "deleting"  # Gone for everybody but the engine, which removes its rows.


class ItemState(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"


TRANSITIONS: dict[BatchState, frozenset[BatchState]] = {
    BatchState.DRAFT: frozenset(
        {
            BatchState.QUEUED,  # Start.
            BatchState.CANCELLING,  # Discard: the items are skipped like any cancelled batch's.
            BatchState.DELETING,
        }
    ),
    BatchState.QUEUED: frozenset(
        {
            BatchState.RUNNING,  # A worker takes the first chunk.
            BatchState.PAUSED,  # Paused before a worker came.
            BatchState.CANCELLING,  # Cancelled before a worker came.
        }
    ),
    BatchState.RUNNING: frozenset(
        {
            BatchState.PAUSED,  # By a person, the failure breaker or the canary.
            BatchState.CANCELLING,  # By a person.
            BatchState.COMPLETED,  # No item is pending and no action is about to add one.
        }
    ),
    BatchState.PAUSED: frozenset(
        {
            BatchState.QUEUED,  # Resume: it waits for a worker like any other.
            BatchState.CANCELLING,  # Cancelled while paused.
        }
    ),
    BatchState.CANCELLING: frozenset(
        {
            BatchState.CANCELLED,  # Every pending item has been marked skipped.
        }
    ),
    BatchState.CANCELLED: frozenset(
        {
            BatchState.QUEUED,  # Retry reopens it for the items of that retry only.
            BatchState.DELETING,  # By a person, or by its age.
        }
    ),
    BatchState.COMPLETED: frozenset(
        {
            BatchState.QUEUED,  # Retry reopens it.
            BatchState.DELETING,  # By a person, or by its age.
        }
    ),
    BatchState.DELETING: frozenset(),  # Its row is the last to go.
}

# States in which a worker has, or will soon have, something to do.
ACTIVE = frozenset(
    {BatchState.QUEUED, BatchState.RUNNING, BatchState.CANCELLING, BatchState.DELETING}
)
FINISHED = frozenset({BatchState.CANCELLED, BatchState.COMPLETED})


def sources(target: BatchState) -> frozenset[BatchState]:
    """The states from which a batch may enter `target`: the guard of every compare-and-set."""
    return frozenset(state for state, targets in TRANSITIONS.items() if target in targets)
