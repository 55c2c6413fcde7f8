"""The schema. Django owns it; background code reads these tables through `dbcompat.tables`."""

from batches.models.batch import Batch, Chunk, Item
from batches.models.failures import Attempt, FailureGroup, Reject
from batches.models.history import Action, Event, Throughput

__all__ = [
    "Action",
    "Attempt",
    "Batch",
    "Chunk",
    "Event",
    "FailureGroup",
    "Item",
    "Reject",
    "Throughput",
]
