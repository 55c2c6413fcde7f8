"""Outcomes into the database: fenced, in bulk, and exactly once."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import BigInteger, Boolean, Integer, Text, and_, case, cast, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from batches.engine import groups, rows
from batches.engine.attempt import Outcome
from batches.engine.leases import Lease, worker_name
from batches.engine.listed import Less, NowListed, as_it_is, check, without
from batches.engine.refusals import without_refused
from batches.engine.statements import ATTEMPT, CHUNK, ITEM, NOW, THROUGHPUT, given_rows
from batches.states import ItemState
from dbcompat.errors import Kind, classify
from dbcompat.repetition import repeatable
from dbcompat.sessions import get_background_session

log = logging.getLogger(__name__)

TIMESTAMPTZ = TIMESTAMP(timezone=True)


@dataclass(slots=True)
class Parcel:
    """Outcomes of one chunk. `release` gives the lease back with the same write."""

    lease: Lease
    outcomes: list[Outcome] = field(default_factory=list)
    release: bool = False

    def count(self, state: ItemState) -> int:
        return sum(1 for outcome in self.outcomes if outcome.state is state)


async def write(batch_id: int, parcels: list[Parcel], less: Less = as_it_is) -> set[int]:
    """As `_write`; an item whose rows the database refuses fails, instead of keeping back all the others."""
    try:
        return await _write_less(batch_id, parcels, less)
    except DBAPIError as error:
        if classify(error) is not Kind.DATA:
            raise
    for parcel in parcels:
        parcel.outcomes = await without_refused(parcel.outcomes)
    return await _write_less(batch_id, parcels, less)


async def _write_less(batch_id: int, parcels: list[Parcel], less: Less) -> set[int]:
    """As `_write`, without those who have been put on the suppression list meanwhile."""
    while True:
        try:
            return await _write(batch_id, parcels)
        except NowListed as error:
            for parcel in parcels:
                parcel.outcomes = await without(parcel.outcomes, error.entries, less)


@repeatable()
async def _write(batch_id: int, parcels: list[Parcel]) -> set[int]:
    """Write all in one transaction. The numbers of the chunks whose lease was still ours.

    The others' outcomes are dropped: another worker has the chunk, and runs those items itself.
    Every write moves the fencing token on (`lease.token` is updated), so one whose commit was in
    doubt can be repeated: if it did commit, the repetition finds the fence moved and counts nothing.
    """
    async with get_background_session() as session:
        # The chunks first: their row locks keep everybody else out until the commit.
        moved = await _fence(session, batch_id, parcels)
        ours = [parcel for parcel in parcels if parcel.lease.number in moved]
        outcomes = [outcome for parcel in ours for outcome in parcel.outcomes]
        if outcomes:
            await check(session, {entry for one in outcomes for entry in one.unless})
            await rows.store(session, [row for outcome in outcomes for row in outcome.rows])
            group_ids = await groups.add(session, batch_id, outcomes)
            await _finish_items(session, batch_id, outcomes, group_ids)
            await _add_attempts(session, batch_id, outcomes)
            await _add_throughput(session, batch_id, outcomes)
        given_back = [parcel.lease.number for parcel in ours if parcel.release]
        left = [number for number in given_back if moved[number][1]]
        if left:
            await _set_ready(session, batch_id, left)
    for parcel in parcels:
        if parcel.lease.number in moved:
            parcel.lease.token = moved[parcel.lease.number][0]
        elif parcel.outcomes:
            log.warning(
                "Batch %s chunk %s: lease lost, %s outcomes dropped.",
                batch_id,
                parcel.lease.number,
                len(parcel.outcomes),
            )
    return set(moved)


async def _fence(
    session: AsyncSession, batch_id: int, parcels: list[Parcel]
) -> dict[int, tuple[int, int]]:
    """Count, and move the token on. Chunk number → (new token, items still pending)."""
    given = given_rows(
        "given",
        number=Integer(),
        token=BigInteger(),
        succeeded=Integer(),
        failed=Integer(),
        skipped=Integer(),
        release=Boolean(),
    )
    done = given.c.succeeded + given.c.failed + given.c.skipped
    counted = (
        update(CHUNK)
        .where(
            CHUNK.c.batch_id == batch_id,
            CHUNK.c.number == given.c.number,
            CHUNK.c.lease_token == given.c.token,
        )
        .values(
            pending=CHUNK.c.pending - done,
            succeeded=CHUNK.c.succeeded + given.c.succeeded,
            failed=CHUNK.c.failed + given.c.failed,
            skipped=CHUNK.c.skipped + given.c.skipped,
            lease_token=CHUNK.c.lease_token + 1,
            lease_until=case((given.c.release, None), else_=CHUNK.c.lease_until),
        )
        .returning(CHUNK.c.number, CHUNK.c.lease_token, CHUNK.c.pending)
    )
    parameters = {
        "given_number": [parcel.lease.number for parcel in parcels],
        "given_token": [parcel.lease.token for parcel in parcels],
        "given_succeeded": [parcel.count(ItemState.SUCCEEDED) for parcel in parcels],
        "given_failed": [parcel.count(ItemState.FAILED) for parcel in parcels],
        "given_skipped": [parcel.count(ItemState.SKIPPED) for parcel in parcels],
        "given_release": [parcel.release for parcel in parcels],
    }
    return {
        row.number: (row.lease_token, row.pending)
        for row in await session.execute(counted, parameters)
    }


async def _finish_items(
    session: AsyncSession, batch_id: int, outcomes: list[Outcome], group_ids: dict[str, int]
) -> None:
    given = given_rows(
        "given",
        seq=Integer(),
        state=Text(),
        attempts=Integer(),
        ready_at=TIMESTAMPTZ,
        failure_group_id=BigInteger(),
        error=Text(),
        result=Text(),
    )
    finished = (
        update(ITEM)
        .where(ITEM.c.batch_id == batch_id, ITEM.c.seq == given.c.seq)
        .values(
            state=given.c.state,
            attempts=given.c.attempts,
            ready_at=given.c.ready_at,
            failure_group_id=given.c.failure_group_id,
            error=given.c.error,
            result=cast(given.c.result, JSONB),
            finished_at=case((given.c.state != ItemState.PENDING, NOW)),
        )
    )
    faults = [outcome.fault if outcome.state is ItemState.FAILED else None for outcome in outcomes]
    parameters = {
        "given_seq": [outcome.seq for outcome in outcomes],
        "given_state": [outcome.state.value for outcome in outcomes],
        "given_attempts": [outcome.attempts for outcome in outcomes],
        "given_ready_at": [outcome.ready_at for outcome in outcomes],
        "given_failure_group_id": [
            group_ids[fault.fingerprint] if fault else None for fault in faults
        ],
        "given_error": [outcome.error for outcome in outcomes],
        "given_result": [outcome.result for outcome in outcomes],
    }
    await session.execute(finished, parameters)


async def _add_attempts(session: AsyncSession, batch_id: int, outcomes: Iterable[Outcome]) -> None:
    failed = [
        {
            "batch_id": batch_id,
            "seq": outcome.seq,
            "number": outcome.attempts,
            "started_at": outcome.fault.started_at,
            "duration_ms": outcome.fault.duration_ms,
            "error_class": outcome.fault.error_class[:200],
            "message": outcome.fault.message,
            "trace": outcome.fault.trace,
            "worker": worker_name(),
            "retry_at": outcome.ready_at,
        }
        for outcome in outcomes
        if outcome.fault
    ]
    if failed:
        await session.execute(insert(ATTEMPT), failed)


async def _add_throughput(session: AsyncSession, batch_id: int, outcomes: list[Outcome]) -> None:
    now = datetime.now(UTC)
    new = insert(THROUGHPUT)
    counts = {
        "succeeded": sum(
            1 for o in outcomes if o.state in (ItemState.SUCCEEDED, ItemState.SKIPPED)
        ),
        "failed": sum(1 for o in outcomes if o.state is ItemState.FAILED),
        "retried": sum(1 for o in outcomes if o.state is ItemState.PENDING and o.fault),
    }
    upsert = new.values(
        batch_id=batch_id,
        bucket=now.replace(second=now.second // 10 * 10, microsecond=0),
        worker=worker_name(),
        **counts,
    ).on_conflict_do_update(
        index_elements=[THROUGHPUT.c.batch_id, THROUGHPUT.c.bucket, THROUGHPUT.c.worker],
        set_={name: THROUGHPUT.c[name] + new.excluded[name] for name in counts},
    )
    await session.execute(upsert)


async def _set_ready(session: AsyncSession, batch_id: int, numbers: list[int]) -> None:
    """When the earliest pending item of each of these chunks may run: nobody looks at them sooner."""
    earliest = (
        select(func.min(func.coalesce(ITEM.c.ready_at, NOW)))
        .where(
            and_(
                ITEM.c.batch_id == CHUNK.c.batch_id,
                ITEM.c.seq >= CHUNK.c.first_seq,
                ITEM.c.seq < CHUNK.c.first_seq + CHUNK.c.size,
                ITEM.c.state == ItemState.PENDING,
            )
        )
        .scalar_subquery()
    )
    await session.execute(
        update(CHUNK)
        .where(CHUNK.c.batch_id == batch_id, CHUNK.c.number.in_(numbers))
        .values(ready_at=func.coalesce(earliest, CHUNK.c.ready_at))
    )
