"""Batches that are to go: marked at once, removed lot by lot, to be resumed after any crash.

What they found stays, and so does the history of each domain: these belong to no batch.
"""

import logging
from datetime import timedelta
from typing import Any

from sqlalchemy import Column, delete, func, select, update

from batches.engine.statements import (
    ACTION,
    ATTEMPT,
    BATCH,
    CHUNK,
    EVENT,
    GROUP,
    ITEM,
    NOW,
    REJECT,
    THROUGHPUT,
)
from batches.states import FINISHED, BatchState
from dbcompat.repetition import repeatable
from dbcompat.sessions import get_background_session

log = logging.getLogger(__name__)

# Rows at a time: each statement holds its locks for a moment only.
LOT = 5_000
# Marked at a time: the reconciler looks at each of them every second.
BATCHES = 20
# Each by the column that follows the batch in an index: where one lot ended, the next begins, and what
# is dead already is not read again.
_PARTS: tuple[Column[Any], ...] = (
    ITEM.c.seq,
    ATTEMPT.c.seq,
    REJECT.c.line,
    THROUGHPUT.c.bucket,
    GROUP.c.fingerprint,
    ACTION.c.id,
    EVENT.c.id,
    CHUNK.c.number,
)


async def delete_old(days: int) -> None:
    """Those that finished longer ago than that."""
    while gone := await _mark(days):
        for batch_id in gone:
            log.warning("Batch %s was deleted: it finished %s days ago.", batch_id, days)
        await delete_marked()


async def delete_marked(_: int = 0) -> None:
    """Until none is left. Two processes at once take turns, lot by lot."""
    marked = select(BATCH.c.id).where(BATCH.c.state == BatchState.DELETING).order_by(BATCH.c.id)
    while True:
        async with get_background_session() as session:
            batch_id = await session.scalar(marked.limit(1))
        if batch_id is None:
            return
        for key in _PARTS:
            await _all_of(batch_id, key)
        await _itself(batch_id)


async def _all_of(batch_id: int, key: Column[Any]) -> None:
    last = None
    while (last := await _lot(batch_id, key, last)) is not None:
        pass


@repeatable()
async def _lot(batch_id: int, key: Column[Any], after: Any) -> Any:
    """Delete the next rows after that key. The last key of them; None: there were none."""
    left = key.table.c.batch_id == batch_id
    if after is not None:
        left &= key > after
    keys = select(key).where(left).order_by(key).limit(LOT).subquery()
    async with get_background_session() as session:
        # Whoever waits for this finds the rows gone, and takes others.
        await session.execute(select(BATCH.c.id).where(BATCH.c.id == batch_id).with_for_update())
        last = await session.scalar(select(func.max(keys.c[key.name])))
        if last is not None:
            await session.execute(delete(key.table).where(left, key <= last))
        return last


@repeatable()
async def _itself(batch_id: int) -> None:
    marked = (BATCH.c.id == batch_id) & (BATCH.c.state == BatchState.DELETING)
    async with get_background_session() as session:
        await session.execute(delete(BATCH).where(marked))


@repeatable()
async def _mark(days: int) -> list[int]:
    old = (
        select(BATCH.c.id)
        .where(
            BATCH.c.state.in_(sorted(FINISHED)), BATCH.c.finished_at < NOW - timedelta(days=days)
        )
        .order_by(BATCH.c.id)
        .limit(BATCHES)
        # Another process marks others; and one that a retry is just reopening is left alone.
        .with_for_update(skip_locked=True)
    )
    marked = (
        update(BATCH)
        .where(BATCH.c.id.in_(old))
        .values(state=BatchState.DELETING, idempotency_key=None)
        .returning(BATCH.c.id)
    )
    async with get_background_session() as session:
        return list((await session.scalars(marked)).all())
