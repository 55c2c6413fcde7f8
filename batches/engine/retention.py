"""What is kept for so many days and no longer, as the settings say.

E-mail addresses are personal data: what nobody has seen for so long is forgotten, wherever it was written.
"""

from datetime import timedelta

from django.conf import settings
from sqlalchemy import (
    ColumnElement,
    Update,
    and_,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from batches import models
from batches.engine import deletion
from batches.engine.statements import BATCH, EVENT, ITEM, NOW, event
from batches.states import FINISHED
from dbcompat.repetition import repeatable
from dbcompat.sessions import get_background_session
from dbcompat.tables import table_for

CONTACT = table_for(models.Contact)
DOMAIN = table_for(models.Domain)
PAGE = table_for(models.Page)
# Parts of results that hold addresses.
_PARTS = ("contacts", "emails", "schema")
_PAGE_PARTS = {"emails": PAGE.c.emails_at, "schema": PAGE.c.schema_at}
# Rows at a time: each statement holds its locks for a moment only.
LOT = 5_000
BATCHES = 20
_NO_LIST = literal([], JSONB)


async def forget(_: int = 0) -> None:
    """What is older than the settings say: addresses, then whole batches. Nothing where one is 0."""
    if settings.CONSOLE_RETENTION_DAYS:
        await _addresses(NOW - timedelta(days=settings.CONSOLE_RETENTION_DAYS))
    if settings.CONSOLE_BATCH_RETENTION_DAYS:
        await deletion.delete_old(settings.CONSOLE_BATCH_RETENTION_DAYS)


async def _addresses(before: ColumnElement[object]) -> None:
    """Contacts, and the addresses in sites, pages and results."""
    while await _contacts(before) == LOT:
        pass
    while await _sites(before) == LOT:
        pass
    while await _pages(before) == LOT:
        pass
    while batches := await _old_batches(before):
        for batch_id in batches:
            seq: int | None = -1
            while seq is not None:
                seq = await _results(batch_id, seq)


@repeatable()
async def _contacts(before: ColumnElement[object]) -> int:
    old = select(CONTACT.c.id).where(CONTACT.c.scanned_at < before).limit(LOT)
    async with get_background_session() as session:
        gone = await session.execute(
            delete(CONTACT).where(CONTACT.c.id.in_(old)).returning(CONTACT.c.id)
        )
        return len(gone.all())


@repeatable()
async def _sites(before: ColumnElement[object]) -> int:
    old = select(DOMAIN.c.name).where(DOMAIN.c.emails_at < before).limit(LOT)
    return await _changed(
        update(DOMAIN)
        .where(DOMAIN.c.name.in_(old))
        .values(emails=_NO_LIST, emails_at=None)
        .returning(DOMAIN.c.name)
    )


@repeatable()
async def _pages(before: ColumnElement[object]) -> int:
    """Each part by itself: one of them may still be there, and the other not for long."""
    oldest = func.least(PAGE.c.emails_at, PAGE.c.schema_at)
    old = select(PAGE.c.id).where(oldest < before).limit(LOT)
    data: ColumnElement[object] = PAGE.c.data
    for part, at in _PAGE_PARTS.items():
        # Without it, the data stays where it is: large ones stand apart, and would be written anew.
        data = case(
            (and_(at < before, func.jsonb_exists(PAGE.c.data, part)), data.op("-")(part)),
            else_=data,
        )
    left = {at.name: case((at >= before, at)) for at in _PAGE_PARTS.values()}
    return await _changed(
        update(PAGE).where(PAGE.c.id.in_(old)).values(data=data, **left).returning(PAGE.c.id)
    )


async def _changed(statement: Update) -> int:
    async with get_background_session() as session:
        return len((await session.execute(statement)).all())


@repeatable()
async def _old_batches(before: ColumnElement[object]) -> list[int]:
    """Finished then, and not seen to yet."""
    old = (
        select(BATCH.c.id)
        .where(BATCH.c.state.in_(sorted(FINISHED)), BATCH.c.finished_at < before, ~_seen_to())
        .order_by(BATCH.c.id)
        .limit(BATCHES)
    )
    async with get_background_session() as session:
        return list((await session.scalars(old)).all())


@repeatable()
async def _results(batch_id: int, after: int) -> int | None:
    """Of the items that follow that one. The last of them; None: the batch is done, or gone."""
    left = (ITEM.c.batch_id == batch_id) & (ITEM.c.seq > after)
    seqs = select(ITEM.c.seq).where(left).order_by(ITEM.c.seq).limit(LOT).subquery()
    there = select(BATCH.c.id).where(BATCH.c.id == batch_id, BATCH.c.state.in_(sorted(FINISHED)))
    async with get_background_session() as session:
        # It may be deleted at any moment: an event of its own would then stand in the way.
        if await session.scalar(there.with_for_update()) is None:
            return None
        if await session.scalar(select(_seen_to()).where(BATCH.c.id == batch_id)):
            return None  # By another process, between two lots of ours.
        last = await session.scalar(select(func.max(seqs.c.seq)))
        if last is None:
            words = f"E-mail addresses in its results were removed after {settings.CONSOLE_RETENTION_DAYS} days."
            await session.execute(event(batch_id, "forget", words))
            return None
        holding = left & (ITEM.c.seq <= last) & _holds(ITEM.c.result)
        await session.execute(update(ITEM).where(holding).values(result=_without(ITEM.c.result)))
        return int(last)


def _seen_to() -> ColumnElement[bool]:
    """Since it last ended: a retry may have found addresses anew."""
    forgotten = exists().where(EVENT.c.batch_id == BATCH.c.id, EVENT.c.kind == "forget")
    return forgotten.where(EVENT.c.at >= BATCH.c.finished_at)


def _holds(column: ColumnElement[object]) -> ColumnElement[bool]:
    return or_(*(func.jsonb_exists(column, part) for part in _PARTS))


def _without(column: ColumnElement[object]) -> ColumnElement[object]:
    for part in _PARTS:
        column = column.op("-")(part)
    return column
