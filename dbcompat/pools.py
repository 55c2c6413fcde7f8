"""A connection pool that knows whose it is: one process's, and one loop's."""

import asyncio
import os
import threading
from contextlib import AsyncExitStack, suppress
from typing import Any
from weakref import WeakSet

from sqlalchemy import PoolProxiedConnection
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry, NullPool, Pool, QueuePool
from sqlalchemy.util import await_only
from sqlalchemy.util.queue import AsyncAdaptedQueue, Empty

from dbcompat.loop_health import PoolUse
from dbcompat.misuse import SessionMisuse


class EngineElsewhere(SessionMisuse):
    """An engine was used in a child process, or on another loop than its connections belong to."""


class _Owned(Pool):
    """Refuses before it touches a connection: one that is refused later gets closed, and it may be the
    parent's.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._pid = os.getpid()
        # Of the first use: an engine may be made before there is a loop.
        self._loop: asyncio.AbstractEventLoop | None = None
        # In use. SQLAlchemy terminates a connection when this part of it is collected, and so in a child.
        self._out: WeakSet[PoolProxiedConnection] = WeakSet()

    def connect(self) -> PoolProxiedConnection:
        self._refuse_elsewhere()
        connection = super().connect()
        self._out.add(connection)
        return connection

    def inherited(self) -> list[object]:
        """In a child: what has to be kept so that no connection of the parent is closed."""
        return [self, *self._out]

    def dispose(self) -> None:
        self._refuse_elsewhere()
        super().dispose()

    def _refuse_elsewhere(self) -> None:
        if os.getpid() != self._pid:
            raise EngineElsewhere(
                f"This engine was made in process {self._pid} and used after a fork in process"
                f" {os.getpid()}: both would read each other's answers. Leave it alone, also its dispose(),"
                " and open a session here: get_background_session() makes an engine for this process."
            )
        try:
            running = asyncio.get_running_loop()
        except RuntimeError:
            return  # SQLAlchemy says itself what is wrong with that.
        self._loop = self._loop or running
        if self._loop is not running:
            raise EngineElsewhere(
                f"This engine belongs to another event loop than the one of thread"
                f" {threading.current_thread().name}: its connections would wait for a loop that does not"
                " run here. Hand the work over with dbcompat.loop.submit() or loop.run(), and open a session"
                " there."
            )


class _InTurn(AsyncAdaptedQueue[ConnectionPoolEntry]):
    """Whoever has waited longest is next.

    An asyncio.Queue wakes that one, but gives to whoever asks first: with a hundred tasks that ask again at once, some
    waited ten times as long as others, and into their time limit.
    """

    def __init__(self, maxsize: int = 0, use_lifo: bool = False) -> None:
        super().__init__(maxsize, use_lifo)
        self._first, self._waiting = asyncio.Lock(), 0

    def get(self, block: bool = True, timeout: float | None = None) -> ConnectionPoolEntry:
        if not block or not self._waiting:
            with suppress(Empty):
                return self.get_nowait()
        if not block:
            raise Empty
        try:
            return await_only(asyncio.wait_for(self._next(), timeout))
        except TimeoutError as error:
            raise Empty from error

    async def _next(self) -> ConnectionPoolEntry:
        self._waiting += 1
        try:
            async with self._first:
                return await self._queue.get()
        finally:
            self._waiting -= 1


class OwnedPool(_Owned, AsyncAdaptedQueuePool):
    """Keeps connections for the next, in the order of asking."""

    _queue_class = _InTurn


class OwnedNullPool(_Owned, NullPool):
    """A new connection each time."""


def use(purpose: str, engine: AsyncEngine) -> PoolUse:
    """Only reads, on any thread. All zero where connections are not kept."""
    pool = engine.pool
    if not isinstance(pool, QueuePool):
        return PoolUse(purpose, 0, 0, 0)
    return PoolUse(purpose, pool.checkedout(), pool.checkedin(), pool.size())


async def close_idle(engine: AsyncEngine) -> None:
    """Close the connections that nobody uses; the others, and the engine, go on."""
    if not isinstance(engine.pool, QueuePool):
        return
    async with AsyncExitStack() as stack:
        # Taken out first, so that nobody else gets one that is being closed.
        taken = [
            await stack.enter_async_context(engine.connect())
            for _ in range(engine.pool.checkedin())
        ]
        async with asyncio.TaskGroup() as group:
            for connection in taken:
                group.create_task(connection.invalidate())
