"""Sessions for background work: short, one transaction each, and only where they can work."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from dbcompat import loop
from dbcompat.engines import BACKGROUND, DIRECTLY, engine_for
from dbcompat.greenlets import named, refuse_unawaited
from dbcompat.misuse import SessionMisuse

# The task that holds a session, not just whether: a child task inherits the context, not the session.
_holder: ContextVar[asyncio.Task[Any] | None] = ContextVar("dbcompat_holder", default=None)


class SessionOffLoop(SessionMisuse):
    """Opened anywhere but on the loop thread."""


class SessionNested(SessionMisuse):
    """Opened while the task holds one: with a small pool, two waiting for a second wait for ever."""


class SessionShared(SessionMisuse):
    """Used by a task that did not open it, or after its block has ended."""


def in_session() -> bool:
    """Whether the running task holds a session. No network call, no sleep, no operation then."""
    holder = _holder.get()
    return holder is not None and holder is _running_task()


def get_background_session() -> AbstractAsyncContextManager[AsyncSession]:
    """The one way to the database for background work: commits at the end, rolls back on an error.

    Raises SessionOffLoop, SessionNested.
    """
    return _session(BACKGROUND)


def get_direct_session() -> AbstractAsyncContextManager[AsyncSession]:
    """The same past any pooler, for what needs a server connection of its own: SET, LISTEN, locks.

    Raises BadDatabaseURL if there is a pooler and DATABASE_DIRECT_URL is not set.
    """
    return _session(DIRECTLY)


class _OwnedSession(Session):
    owner: asyncio.Task[Any] | None = None

    def get_bind(self, *args: Any, **kwargs: Any) -> Engine | Connection:
        # Whatever a session does with the database, it asks here first.
        if self.owner is None or self.owner is not _running_task():
            raise SessionShared(
                "This session belongs to another task, or its block has ended. Open one of your own:"
                " async with get_background_session()."
            )
        refuse_unawaited()
        return super().get_bind(*args, **kwargs)


class _BackgroundSession(AsyncSession):
    sync_session_class = _OwnedSession


@asynccontextmanager
async def _session(purpose: str) -> AsyncIterator[AsyncSession]:
    _refuse_elsewhere()
    engine = await engine_for(purpose)
    # expire_on_commit would turn every later look at an attribute into a query nobody awaits.
    session = _BackgroundSession(engine, expire_on_commit=False)
    owned = session.sync_session
    assert isinstance(owned, _OwnedSession)
    owned.owner = asyncio.current_task()
    token = _holder.set(owned.owner)
    try:
        async with session, session.begin():
            yield session
    except MissingGreenlet as error:
        # Of a connection or an engine that was used past the session.
        raise named(error) from error
    finally:
        _holder.reset(token)
        owned.owner = None


def _refuse_elsewhere() -> None:
    if not loop.is_loop_thread():
        running = "an event loop of its own" if _running_loop() else "no event loop"
        raise SessionOffLoop(
            f"A background session was opened on thread {threading.current_thread().name}, with"
            f" {running}. It belongs to the loop thread: hand the whole piece of work over with"
            " dbcompat.loop.submit(), wait for it with dbcompat.loop.run(), or use Django's ORM here."
        )
    if in_session():
        raise SessionNested(
            "This task holds a session already. Pass it on, or leave its block before the next."
        )


def _running_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _running_task() -> asyncio.Task[Any] | None:
    return asyncio.current_task() if _running_loop() else None
