"""Changes of a batch's state that nobody asked for in person: each a compare-and-set with an event."""

from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from batches.engine.statements import ACTION, BATCH, CHUNK, NOW, event
from batches.states import ACTIVE, BatchState, sources
from dbcompat.sessions import get_background_session


async def state_of(batch_id: int) -> BatchState | None:
    """None if the batch is gone."""
    async with get_background_session() as session:
        found = await session.scalar(select(BATCH.c.state).where(BATCH.c.id == batch_id))
    return None if found is None else BatchState(found)


async def begin(batch_id: int) -> None:
    """Queued → running."""
    async with get_background_session() as session:
        # The first start counts: a batch that was paused and resumed began when it began.
        started = {"started_at": func.coalesce(BATCH.c.started_at, NOW)}
        await _move(session, batch_id, BatchState.RUNNING, "run", "Running.", **started)


async def pause(batch_id: int, reason: str) -> None:
    """Running → paused, by a limit of the batch. `reason` is a sentence for the operator."""
    async with get_background_session() as session:
        await _move(
            session,
            batch_id,
            BatchState.PAUSED,
            "pause",
            f"Paused: {reason}",
            state_reason=f"Paused: {reason}",
        )


async def finish(batch_id: int, target: BatchState) -> bool:
    """Running → completed, or cancelling → cancelled, if truly nothing is left to do."""
    async with get_background_session() as session:
        # The lock, and only then the look: a retry commits chunks under the same lock, and a statement
        # that waited for it would still judge them by the snapshot it took before.
        await session.execute(select(BATCH.c.id).where(BATCH.c.id == batch_id).with_for_update())
        if await session.scalar(select(unfinished(batch_id))):
            return False
        message = (
            "Completed." if target is BatchState.COMPLETED else "Cancelled: nothing runs any more."
        )
        return await _move(session, batch_id, target, str(target), message, finished_at=NOW)


def unfinished(batch_id: Any) -> ColumnElement[bool]:
    """Whether an item is pending, or an action is still putting items back to pending."""
    pending = exists().where(CHUNK.c.batch_id == batch_id, CHUNK.c.pending > 0)
    acting = exists().where(ACTION.c.batch_id == batch_id, ACTION.c.state == "running")
    return pending | acting


async def judge_canary(batch_id: int) -> None:
    """Once the first chunk has run: let the rest go, or pause."""
    async with get_background_session() as session:
        row = (
            await session.execute(
                select(BATCH.c.canary_percent, CHUNK.c.failed, CHUNK.c.size)
                .join(CHUNK, (CHUNK.c.batch_id == BATCH.c.id) & (CHUNK.c.number == 0))
                .where(BATCH.c.id == batch_id, CHUNK.c.pending == 0)
            )
        ).first()
        if row is None:
            return
        result = f"{row.failed} of the first {row.size} items failed"
        if row.failed * 100 > row.canary_percent * row.size:
            reason = f"Paused: {result}, more than the {row.canary_percent} % the canary allows. Resume to go on regardless."
            await _move(session, batch_id, BatchState.PAUSED, "pause", reason, state_reason=reason)
            return
        passed = update(BATCH).where(BATCH.c.id == batch_id, ~BATCH.c.canary_passed)
        if await session.scalar(passed.values(canary_passed=True).returning(BATCH.c.id)):
            await session.execute(event(batch_id, "canary", f"Canary passed: {result}."))


async def _move(
    session: AsyncSession, batch_id: int, target: BatchState, kind: str, message: str, **values: Any
) -> bool:
    moved = await session.scalar(
        update(BATCH)
        .where(BATCH.c.id == batch_id, BATCH.c.state.in_(sorted(sources(target))))
        .values(state=target, **values)
        .returning(BATCH.c.id)
    )
    if moved is not None:
        await session.execute(event(batch_id, kind, message))
    return moved is not None


def active_batches() -> Select[Any]:
    """Those that should be running, or are on their way to an end: `free` have a chunk to be taken."""
    free = exists().where(
        CHUNK.c.batch_id == BATCH.c.id,
        CHUNK.c.pending > 0,
        CHUNK.c.ready_at <= NOW,
        (CHUNK.c.lease_until.is_(None)) | (CHUNK.c.lease_until < NOW),
        (BATCH.c.canary_size == 0) | BATCH.c.canary_passed | (CHUNK.c.number == 0),
    )
    return (
        select(
            BATCH.c.id,
            BATCH.c.state,
            free.label("free"),
            unfinished(BATCH.c.id).label("unfinished"),
            ((BATCH.c.canary_size > 0) & ~BATCH.c.canary_passed).label("canary"),
        )
        .where(BATCH.c.state.in_(sorted(ACTIVE)))
        .order_by(BATCH.c.priority.desc(), BATCH.c.id)
    )
