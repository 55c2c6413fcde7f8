"""Failure groups: their counts change in the transaction that changes the items.

Rows are always locked in the order of the fingerprints, or two transactions could deadlock.
"""

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from batches.engine.attempt import Fault, Outcome
from batches.engine.statements import GROUP, NOW
from batches.states import ItemState


async def add(session: AsyncSession, batch_id: int, outcomes: Iterable[Outcome]) -> dict[str, int]:
    """Fingerprint → id, for the items that have failed for good."""
    samples: dict[str, tuple[int, Fault]] = {}
    counts: Counter[str] = Counter()
    for outcome in outcomes:
        if outcome.state is ItemState.FAILED and outcome.fault:
            fingerprint = outcome.fault.fingerprint
            counts[fingerprint] += 1
            samples.setdefault(fingerprint, (outcome.seq, outcome.fault))
    if not counts:
        return {}
    values = [
        {
            "batch_id": batch_id,
            "fingerprint": fingerprint,
            "error_class": samples[fingerprint][1].error_class,
            "message": samples[fingerprint][1].cause,
            "frame": samples[fingerprint][1].frame,
            "count": counts[fingerprint],
            "sample_seq": samples[fingerprint][0],
        }
        for fingerprint in sorted(counts)
    ]
    new = insert(GROUP)
    upsert = new.values(values).on_conflict_do_update(
        index_elements=[GROUP.c.batch_id, GROUP.c.fingerprint],
        set_={"count": GROUP.c.count + new.excluded.count, "last_seen": NOW},
    )
    returned = await session.execute(upsert.returning(GROUP.c.fingerprint, GROUP.c.id))
    return {row.fingerprint: row.id for row in returned}


async def shrink(session: AsyncSession, counts: Counter[int]) -> None:
    """Take retried items out of their groups. `counts`: group id → how many."""
    ordered = select(GROUP.c.id).where(GROUP.c.id.in_(counts)).order_by(GROUP.c.fingerprint)
    for group_id in (await session.scalars(ordered.with_for_update())).all():
        await session.execute(
            update(GROUP)
            .where(GROUP.c.id == group_id)
            .values(count=GROUP.c.count - counts[group_id])
        )
