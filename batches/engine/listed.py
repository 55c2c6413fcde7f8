"""Of whom nothing may be kept: asked once more where things are stored.

An operation asks the list before it hands over what it found. Somebody may be put on it after that, and all that is
known of them be erased, before it is stored: it would bring them back. So whoever stores asks again, under a lock
that an addition to the list waits for. What is stored by those who did not see it is there, then, before the erasure
begins, in whatever process and however that ends; and all others see it. One question for all outcomes of a write,
and none where nobody is named.
"""

import asyncio
import json
from collections.abc import Callable, Collection
from dataclasses import replace

from sqlalchemy import any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from batches import models
from batches.engine.attempt import Outcome, storable
from batches.operation import Result
from dbcompat.tables import table_for

ENTRY = table_for(models.Suppression).c.entry

# As `Operation.less`.
type Less = Callable[[Result, Collection[str]], Result]


def as_it_is(result: Result, entries: Collection[str]) -> Result:
    return result


class NowListed(Exception):
    """These entries are on the list by now. Nothing is stored: the transaction is to end with this."""

    def __init__(self, entries: Collection[str]) -> None:
        super().__init__("Somebody has been put on the suppression list meanwhile.")
        self.entries = frozenset(entries)


async def check(session: AsyncSession, entries: Collection[str]) -> None:
    """That none of them is on the list, nor will be until the session ends. Raises NowListed."""
    if not entries:
        return
    await session.execute(select(func.pg_advisory_xact_lock_shared(models.Suppression.LOCK)))
    # By itself: a statement that has waited for the lock sees what was there before it waited.
    given = any_(bindparam("entries", list(entries), ARRAY(ENTRY.type)))
    if found := (await session.scalars(select(ENTRY).where(given == ENTRY))).all():
        raise NowListed(found)


async def lessened(result: Result, entries: frozenset[str], less: Less) -> Result:
    if entries.isdisjoint(result.unless):
        return result
    # A lot of a sitemap takes long enough to be felt on the loop.
    kept = await asyncio.to_thread(less, result, entries)
    return replace(kept, unless=frozenset(result.unless) - entries)


async def without(outcomes: list[Outcome], entries: frozenset[str], less: Less) -> list[Outcome]:
    return [await _without(outcome, entries, less) for outcome in outcomes]


async def _without(outcome: Outcome, entries: frozenset[str], less: Less) -> Outcome:
    if entries.isdisjoint(outcome.unless):
        return outcome
    data = json.loads(outcome.result or "{}")
    kept = await lessened(Result(data, outcome.rows, outcome.unless), entries, less)
    result = outcome.result and storable(kept.data)
    return replace(outcome, result=result, rows=kept.rows, unless=kept.unless)
