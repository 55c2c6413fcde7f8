"""The engine against the least that could do the same: one connection, no engine, no checks.

Both lease chunks of the same tables, compute the same checksums and write every item once. The ratio is
what attempts, time limits, fencing, failure groups, throughput rows, SQLAlchemy and Django's schema cost.
"""

import asyncio
import hashlib
import json
import time
from typing import Any

import asyncpg
from django.db import connection

from batches import engine, lifecycle
from batches.intake import BatchSpec, create_batch, read_text
from batches.models import Attempt, Batch, Chunk, Event, Item, Reject, Throughput
from batches.recount import verify

CLAIM = """
UPDATE batches_chunk SET lease_owner = 'raw', lease_token = lease_token + 1,
       lease_until = now() + interval '30 seconds'
WHERE batch_id = $1 AND number = (
    SELECT number FROM batches_chunk
    WHERE batch_id = $1 AND pending > 0 AND (lease_until IS NULL OR lease_until < now())
    ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING number, lease_token, first_seq, size
"""
ITEMS = "SELECT seq, target FROM batches_item WHERE batch_id = $1 AND seq BETWEEN $2 AND $3"
FINISH_ITEMS = """
UPDATE batches_item AS item SET state = 'succeeded', attempts = 1, result = done.result::jsonb,
       finished_at = now()
FROM unnest($2::int[], $3::text[]) AS done(seq, result)
WHERE item.batch_id = $1 AND item.seq = done.seq
"""
FINISH_CHUNK = """
UPDATE batches_chunk SET pending = 0, succeeded = size, lease_until = NULL
WHERE batch_id = $1 AND number = $2 AND lease_token = $3
"""


def run(items: int) -> None:
    """Print items a second of both, and their ratio."""
    raw, ours = _measured(items, _raw), _measured(items, _engine)
    print(f"raw chunk-lease loop, asyncpg, one connection: {raw:>10,.0f} items/s")
    print(f"the engine:                                    {ours:>10,.0f} items/s")
    print(f"ratio: {ours / raw:.2f}")


def _measured(items: int, work: Any) -> float:
    lines = "\n".join(f"line {n}" for n in range(items))
    spec = BatchSpec(operation="checksum", params={}, name="benchmark", user=None)
    batch, _ = create_batch(spec, read_text(lines))
    # As autovacuum would have done after a load of this size, had there been a minute's time.
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE batches_item, batches_chunk")
    started = time.perf_counter()
    work(batch)
    taken = time.perf_counter() - started
    assert verify(batch) == []
    delete(batch)
    return items / taken


def _engine(batch: Batch) -> None:
    engine.start()
    lifecycle.start(batch, None)
    while batch.state != "completed":
        time.sleep(0.02)
        batch.refresh_from_db()


def _raw(batch: Batch) -> None:
    asyncio.run(_raw_loop(batch.pk))


async def _raw_loop(batch_id: int) -> None:
    settings = connection.settings_dict
    database = await asyncpg.connect(  # type: ignore[no-untyped-call]
        host=settings["HOST"],
        port=settings["PORT"] or None,
        user=settings["USER"],
        password=settings["PASSWORD"] or None,
        database=settings["NAME"],
    )
    while chunk := await database.fetchrow(CLAIM, batch_id):
        last = chunk["first_seq"] + chunk["size"] - 1
        rows = await database.fetch(ITEMS, batch_id, chunk["first_seq"], last)
        results = [json.dumps({"sha256": _sha256(row["target"])}) for row in rows]
        async with database.transaction():
            await database.execute(FINISH_ITEMS, batch_id, [row["seq"] for row in rows], results)
            await database.execute(FINISH_CHUNK, batch_id, chunk["number"], chunk["lease_token"])
    await database.close()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def delete(batch: Batch) -> None:
    for model in (Item, Attempt, Reject, Chunk, Event, Throughput):
        model.objects.filter(batch=batch).delete()
    batch.delete()
