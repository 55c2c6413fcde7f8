"""Whether the counters tell the truth: every one compared with the items it stands for."""

from collections.abc import Iterator

from django.db import connection

from batches.models import Batch

_CHUNKS = """
SELECT chunk.number,
       chunk.pending, count(*) FILTER (WHERE item.state = 'pending'),
       chunk.succeeded, count(*) FILTER (WHERE item.state = 'succeeded'),
       chunk.failed, count(*) FILTER (WHERE item.state = 'failed'),
       chunk.skipped, count(*) FILTER (WHERE item.state = 'skipped'),
       chunk.size, count(item.seq)
FROM batches_chunk AS chunk
LEFT JOIN batches_item AS item
  ON item.batch_id = chunk.batch_id
 AND item.seq BETWEEN chunk.first_seq AND chunk.first_seq + chunk.size - 1
WHERE chunk.batch_id = %s
GROUP BY chunk.batch_id, chunk.number
ORDER BY chunk.number
"""
_GROUPS = """
SELECT cause.id, cause.count, count(item.seq)
FROM batches_failuregroup AS cause
LEFT JOIN batches_item AS item
  ON item.batch_id = cause.batch_id AND item.failure_group_id = cause.id
WHERE cause.batch_id = %s
GROUP BY cause.id
HAVING cause.count <> count(item.seq)
"""
_TOTAL = """
SELECT coalesce((SELECT sum(size) FROM batches_chunk WHERE batch_id = %s), 0),
       (SELECT count(*) FROM batches_item WHERE batch_id = %s)
"""
_COUNTED = ("pending", "succeeded", "failed", "skipped", "size")


def verify(batch: Batch) -> list[str]:
    """Recount everything. One sentence for each disagreement; an empty list when all is right.

    Reads every item of the batch: for the command line and tests, not for a request.
    """
    return [*_wrong_total(batch), *_wrong_chunks(batch), *_wrong_groups(batch)]


def _wrong_total(batch: Batch) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(_TOTAL, [batch.pk, batch.pk])
        in_chunks, items = cursor.fetchone()
    if not batch.total == in_chunks == items:
        yield f"The batch says {batch.total} items, its chunks {in_chunks}; it has {items}."


def _wrong_chunks(batch: Batch) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(_CHUNKS, [batch.pk])
        for number, *counts in cursor.fetchall():
            for name, said, counted in zip(_COUNTED, counts[::2], counts[1::2], strict=True):
                if said != counted:
                    yield f"Chunk {number} says {said} {name}; its items say {counted}."


def _wrong_groups(batch: Batch) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(_GROUPS, [batch.pk])
        for group, said, counted in cursor.fetchall():
            yield f"Failure group {group} says {said} items; {counted} are in it."
