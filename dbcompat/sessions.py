"""Sessions for background work: short, one transaction each, and only where they can work."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

from sqlalchemy import event, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session

from dbcompat import loop
from dbcompat.engines import BACKGROUND, DIRECTLY, engine_for
from dbcompat.profiles import TIMEOUTS


class SessionMisuse(RuntimeError):
    """A session was used where it can't work; the message says where, and what to do instead."""


class SessionOffLoop(SessionMisuse):
    """Opened anywhere but on the loop thread."""


class SessionNested(SessionMisuse):
    """Opened while the task holds one: with a small pool, two waiting for a second wait for ever."""


class SessionShared(SessionMisuse):
    """Used by a task that did not open it, or after its block has ended."""


class _OwnedSession(Session):
    """The session that AsyncSession drives; a class of its own for its events."""


class BackgroundSession(AsyncSession):
    sync_session_class = _OwnedSession


_open: ContextVar[bool] = ContextVar("dbcompat_session_open", default=False)


def in_session() -> bool:
    """Whether the running task holds a session. No network call, no sleep, no operation then."""
    return _open.get()


@asynccontextmanager
async def get_background_session() -> AsyncIterator[AsyncSession]:
    """The one way to the database for background work: commits at the end, rolls back on an error.

    Raises SessionOffLoop, SessionNested.
    """
    async with _session(BACKGROUND) as session:
        yield session


@asynccontextmanager
async def get_direct_session() -> AsyncIterator[AsyncSession]:
    """The same past any pooler, for what needs a server connection of its own: SET, LISTEN, locks.

    Raises BadDatabaseURL if there is a pooler and DATABASE_DIRECT_URL is not set.
    """
    async with _session(DIRECTLY) as session:
        yield session


@asynccontextmanager
async def _session(purpose: str) -> AsyncIterator[AsyncSession]:
    _refuse_elsewhere()
    engine, profile = await engine_for(purpose)
    # expire_on_commit would turn every later look at an attribute into a query nobody awaits.
    session = BackgroundSession(engine, expire_on_commit=False)
    session.sync_session.info["task"] = asyncio.current_task()
    token = _open.set(True)
    try:
        async with session, session.begin():
            if profile.pooled:
                # Not at connect, where a pooler refuses them; and local, or the next client has them.
                await session.execute(_LOCAL_TIMEOUTS)
            yield session
    finally:
        _open.reset(token)
        session.sync_session.info["task"] = None


_LOCAL_TIMEOUTS = select(*(func.set_config(name, value, True) for name, value in TIMEOUTS.items()))


def _refuse_elsewhere() -> None:
    if not loop.is_loop_thread():
        raise SessionOffLoop(
            f"A background session was opened on thread {threading.current_thread().name}. It belongs"
            " to the loop thread: hand the whole piece of work over with dbcompat.loop.submit(), or"
            " use Django's ORM here."
        )
    if _open.get():
        raise SessionNested(
            "This task holds a session already. Pass it on, or leave its block before the next."
        )


@event.listens_for(_OwnedSession, "do_orm_execute")
def _refuse_strangers(state: ORMExecuteState) -> None:
    owner = state.session.info.get("task")
    if owner is not asyncio.current_task():
        raise SessionShared(
            "This session belongs to another task, or its block has ended. Open one of your own:"
            " async with get_background_session()."
        )
