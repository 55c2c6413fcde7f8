"""The thread that owns a loop, from its start to its end."""

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop

from dbcompat.loop_health import LagMeter

log = logging.getLogger(__name__)


class LoopThread:
    """A daemon thread with a loop, the tasks it runs, and what to do when it ends."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
        self.tasks: set[asyncio.Task[Any]] = set()
        self.lag = LagMeter()
        self.draining = False
        self.drain_callbacks: list[Callable[[], None]] = []
        self.cleanups: list[Callable[[], Awaitable[None]]] = []
        # A daemon: a thread that must be joined keeps the interpreter from ever getting to atexit.
        self.thread = threading.Thread(target=self._run, name="dbcompat-loop", daemon=True)
        self.thread.start()

    @property
    def alive(self) -> bool:
        # After a fork the loop still calls itself running; only the thread and the pid tell.
        return self.pid == os.getpid() and self.thread.is_alive()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        ticker = self.loop.create_task(self.lag.measure())
        try:
            self.loop.run_forever()
        finally:
            ticker.cancel()
            self.loop.run_until_complete(asyncio.gather(ticker, return_exceptions=True))
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.close()

    async def call(self, function: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        # Kept here, too: the loop itself holds its tasks only weakly.
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            return await function(*args)
        finally:
            self.tasks.discard(task)

    async def drain(self, timeout: float) -> bool:
        """Take up nothing new, wait `timeout` seconds, cancel the rest. True if nothing was left."""
        for callback in self.drain_callbacks:
            callback()
        deadline = self.loop.time() + timeout
        while self.tasks and (left := deadline - self.loop.time()) > 0:
            await asyncio.wait(set(self.tasks), timeout=left)
        abandoned = set(self.tasks)
        for task in abandoned:
            task.cancel()
        if abandoned:
            log.warning("%s background tasks did not finish in time.", len(abandoned))
            await asyncio.wait(abandoned, timeout=2.0)
        return not abandoned

    async def wind_down(self, timeout: float) -> None:
        await self.drain(timeout)
        for cleanup in reversed(self.cleanups):
            try:
                await cleanup()
            except Exception:
                log.exception("Cleaning up after the loop failed.")
