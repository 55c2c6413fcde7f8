"""Chunk leases: who works on which run of items, and since when that is no longer true."""

import os
import secrets
import socket
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from sqlalchemy import BigInteger, Integer, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from batches.engine.statements import BATCH, CHUNK, ITEM, NOW, given_rows, seconds_from_now
from batches.states import BatchState, ItemState
from dbcompat.repetition import repeatable
from dbcompat.sessions import get_background_session


@dataclass(slots=True)
class Lease:
    """The right to write the outcomes of one chunk, for as long as `token` is the chunk's own."""

    batch_id: int
    number: int
    token: int


@dataclass(frozen=True, slots=True)
class Work:
    """One pending item. `attempts` is how many it has had."""

    seq: int
    target: str
    attempts: int


def worker_name() -> str:
    """Unlike any other worker's, also after a restart that is given the same process id."""
    return _name_of(os.getpid())


@cache
def _name_of(pid: int) -> str:
    return f"{socket.gethostname()[:60]}:{pid}:{secrets.token_hex(3)}"


@repeatable()
async def claim(batch_id: int) -> tuple[Lease, list[Work]] | None:
    """Lease the first free chunk of a running batch with an item that may run now; None: there is none.

    Until its canary has passed, only the first chunk of a batch is free. A claim that was made and not
    heard of runs out like any lease.
    """
    free = (
        select(CHUNK.c.number)
        .join(BATCH, BATCH.c.id == CHUNK.c.batch_id)
        .where(
            CHUNK.c.batch_id == batch_id,
            CHUNK.c.pending > 0,
            CHUNK.c.ready_at <= NOW,
            or_(CHUNK.c.lease_until.is_(None), CHUNK.c.lease_until < NOW),
            BATCH.c.state == BatchState.RUNNING,
            or_(BATCH.c.canary_size == 0, BATCH.c.canary_passed, CHUNK.c.number == 0),
        )
        .order_by(CHUNK.c.number)
        .limit(1)
        .with_for_update(of=CHUNK, skip_locked=True)
    )
    taken = (
        update(CHUNK)
        .where(CHUNK.c.batch_id == batch_id, CHUNK.c.number == free.scalar_subquery())
        .values(
            lease_owner=worker_name(),
            lease_token=CHUNK.c.lease_token + 1,
            lease_until=seconds_from_now(settings.CONSOLE_LEASE_SECONDS),
        )
        .returning(CHUNK.c.number, CHUNK.c.lease_token, CHUNK.c.first_seq, CHUNK.c.size)
    )
    async with get_background_session() as session:
        chunk = (await session.execute(taken)).first()
        if chunk is None:
            return None
        pending = (
            select(ITEM.c.seq, ITEM.c.target, ITEM.c.attempts)
            .where(
                ITEM.c.batch_id == batch_id,
                ITEM.c.seq.between(chunk.first_seq, chunk.first_seq + chunk.size - 1),
                ITEM.c.state == ItemState.PENDING,
                or_(ITEM.c.ready_at.is_(None), ITEM.c.ready_at <= NOW),
            )
            .order_by(ITEM.c.seq)
        )
        works = [Work(*row) for row in await session.execute(pending)]
    return Lease(batch_id, chunk.number, chunk.lease_token), works


async def extend(leases: list[Lease]) -> set[int]:
    """Heartbeat for leases of one batch. The numbers of the chunks that are still ours."""
    held = given_rows("held", number=Integer(), token=BigInteger())
    renewed = (
        update(CHUNK)
        .where(
            CHUNK.c.batch_id == leases[0].batch_id,
            CHUNK.c.number == held.c.number,
            CHUNK.c.lease_token == held.c.token,
        )
        .values(lease_until=seconds_from_now(settings.CONSOLE_LEASE_SECONDS))
        .returning(CHUNK.c.number)
    )
    parameters = {
        "held_number": [lease.number for lease in leases],
        "held_token": [lease.token for lease in leases],
    }
    async with get_background_session() as session:
        return set((await session.scalars(renewed, parameters)).all())


async def give_back(session: AsyncSession, batch_id: int) -> None:
    """After a failure: all that this worker holds of a batch, so that nobody waits for the leases to end.

    By owner, not by token: a claim that was cancelled may have been made, and nobody knows its token.
    Fences us out, too.
    """
    ours = (CHUNK.c.batch_id == batch_id, CHUNK.c.lease_owner == worker_name())
    free = (
        update(CHUNK)
        .where(*ours, CHUNK.c.lease_until.is_not(None))
        .values(lease_until=None, lease_token=CHUNK.c.lease_token + 1)
    )
    await session.execute(free)
