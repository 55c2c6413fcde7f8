"""Mass actions in the background: chunk by chunk, each step whole, to be resumed after any crash."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Row, any_, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from batches.engine import groups
from batches.engine.statements import ACTION, CHUNK, ITEM, NOW, event
from batches.states import ItemState
from dbcompat.sessions import get_background_session


@dataclass(frozen=True, slots=True)
class Frozen:
    """The set of a retry: fixed when it was asked for."""

    scope: str
    group: int | None
    items: list[int]
    before: datetime

    @property
    def counter(self) -> str | None:
        """The chunk counter that says whether a chunk can hold any of the set; None: ask the items."""
        return {"failed": "failed", "group": "failed", "skipped": "skipped"}.get(self.scope)

    def chunk_may_hold(self) -> ColumnElement[bool]:
        if self.counter:
            return CHUNK.c[self.counter] > 0
        chosen = func.unnest(literal(self.items, ARRAY(Integer))).column_valued("chosen")
        return exists().where(
            chosen >= CHUNK.c.first_seq, chosen < CHUNK.c.first_seq + CHUNK.c.size
        )

    def holds(self) -> ColumnElement[bool]:
        """Which items of a chunk to look at."""
        match self.scope:
            case "items":
                return ITEM.c.seq == any_(literal(self.items, ARRAY(Integer)))
            case "group":
                return ITEM.c.failure_group_id == self.group
            case _:
                return ITEM.c.state == self.scope

    def refusal(self, item: Any) -> str:
        """Why this item is not retried after all; empty if it is."""
        if item.state == ItemState.SUCCEEDED:
            return "succeeded already"
        if item.state == ItemState.PENDING:
            return "pending already"
        return "ran again since" if item.finished_at > self.before else ""


async def apply(action_id: int) -> None:
    """Until the whole frozen set has been seen. Two processes at once take turns, step by step."""
    while await _step(action_id):
        pass


async def _step(action_id: int) -> bool:
    async with get_background_session() as session:
        found = await session.execute(
            select(ACTION)
            .where(ACTION.c.id == action_id, ACTION.c.state == "running")
            .with_for_update()
        )
        if (action := found.first()) is None:
            return False
        chosen = action.filter
        frozen = Frozen(
            chosen["scope"], chosen.get("group"), chosen.get("items", []), action.created_at
        )
        chunk = await _next_chunk(session, action, frozen)
        if chunk is None:
            await _finish(session, action)
            return False
        applied, refused = await _reopen(session, chunk, frozen)
        skipped = dict(Counter(action.skipped) + refused)
        progress = {
            "applied": ACTION.c.applied + applied,
            "skipped": skipped,
            "next_chunk": chunk.number + 1,
        }
        await session.execute(update(ACTION).where(ACTION.c.id == action_id).values(progress))
    return True


async def _next_chunk(session: AsyncSession, action: Row[Any], frozen: Frozen) -> Row[Any] | None:
    # The lock keeps a worker's write-back of this chunk out until our counters are in.
    return (
        await session.execute(
            select(CHUNK)
            .where(
                CHUNK.c.batch_id == action.batch_id,
                CHUNK.c.number >= action.next_chunk,
                frozen.chunk_may_hold(),
            )
            .order_by(CHUNK.c.number)
            .limit(1)
            .with_for_update()
        )
    ).first()


async def _reopen(session: AsyncSession, chunk: Any, frozen: Frozen) -> tuple[int, Counter[str]]:
    """Put the items of the set in this chunk back to pending. How many; and reason → how many not."""
    here = (ITEM.c.batch_id == chunk.batch_id) & ITEM.c.seq.between(
        chunk.first_seq, chunk.first_seq + chunk.size - 1
    )
    items = (
        await session.execute(
            select(ITEM.c.seq, ITEM.c.state, ITEM.c.failure_group_id, ITEM.c.finished_at).where(
                here, frozen.holds()
            )
        )
    ).all()
    refused = Counter(reason for item in items if (reason := frozen.refusal(item)))
    again = [item for item in items if not frozen.refusal(item)]
    if again:
        await _to_pending(session, chunk, [item.seq for item in again])
        states = Counter(item.state for item in again)
        counters = {name: CHUNK.c[name] - count for name, count in states.items()}
        await session.execute(
            update(CHUNK)
            .where(CHUNK.c.batch_id == chunk.batch_id, CHUNK.c.number == chunk.number)
            .values(pending=CHUNK.c.pending + len(again), ready_at=NOW, **counters)
        )
        await groups.shrink(
            session, Counter(i.failure_group_id for i in again if i.failure_group_id)
        )
    return len(again), refused


async def _to_pending(session: AsyncSession, chunk: Any, seqs: list[int]) -> None:
    await session.execute(
        update(ITEM)
        .where(ITEM.c.batch_id == chunk.batch_id, ITEM.c.seq == any_(literal(seqs, ARRAY(Integer))))
        .values(
            state=ItemState.PENDING,
            attempts=0,
            ready_at=None,
            failure_group_id=None,
            error="",
            finished_at=None,
        )
    )


async def _finish(session: AsyncSession, action: Row[Any]) -> None:
    skipped = dict(action.skipped)
    missing = action.intended - action.applied - sum(skipped.values())
    if missing > 0:
        reason = (
            "not in this batch"
            if action.filter["scope"] == "items"
            else "changed before their turn"
        )
        skipped[reason] = missing
    done = {"state": "done", "finished_at": NOW, "skipped": skipped}
    await session.execute(update(ACTION).where(ACTION.c.id == action.id).values(done))
    reasons = "".join(f"; {count:,} {reason}" for reason, count in skipped.items())
    message = (
        f"Retry: {action.applied:,} of {action.intended:,} items put back to pending{reasons}."
    )
    await session.execute(event(action.batch_id, "retried", message, action=action.id))


async def skip_pending(batch_id: int) -> bool:
    """Mark the pending items of some free chunks of a cancelled batch as skipped; False: none is free."""
    async with get_background_session() as session:
        free = (
            await session.execute(
                select(CHUNK.c.number, CHUNK.c.first_seq, CHUNK.c.size)
                .where(
                    CHUNK.c.batch_id == batch_id,
                    CHUNK.c.pending > 0,
                    (CHUNK.c.lease_until.is_(None)) | (CHUNK.c.lease_until < NOW),
                )
                .order_by(CHUNK.c.number)
                .limit(20)
                .with_for_update(skip_locked=True)
            )
        ).all()
        for chunk in free:
            await _skip_chunk(session, batch_id, chunk)
    return bool(free)


async def _skip_chunk(session: AsyncSession, batch_id: int, chunk: Any) -> None:
    await session.execute(
        update(ITEM)
        .where(
            ITEM.c.batch_id == batch_id,
            ITEM.c.seq.between(chunk.first_seq, chunk.first_seq + chunk.size - 1),
            ITEM.c.state == ItemState.PENDING,
        )
        .values(
            state=ItemState.SKIPPED,
            error="Cancelled before it ran.",
            ready_at=None,
            finished_at=NOW,
        )
    )
    await session.execute(
        update(CHUNK)
        .where(CHUNK.c.batch_id == batch_id, CHUNK.c.number == chunk.number)
        # The token too: a worker that lost this lease long ago must not count these items again.
        .values(
            skipped=CHUNK.c.skipped + CHUNK.c.pending,
            pending=0,
            lease_token=CHUNK.c.lease_token + 1,
        )
    )
