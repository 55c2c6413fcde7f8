"""The thread that owns a loop, from its start to its end."""

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Any

from django.conf import settings

from dbcompat.loop_errors import LoopError, LoopStopped
from dbcompat.loop_health import Health, LagMeter, PoolUse
from dbcompat.loop_watch import Watch

log = logging.getLogger(__name__)

BLOCKED_SECONDS = 0.5
CANCEL_SECONDS = 2.0
CLEANUP_SECONDS = 3.0
# What ending may take beyond the grace: cancelling, cleaning up, and once more cancelling.
MARGIN_SECONDS = 2 * CANCEL_SECONDS + CLEANUP_SECONDS + 1.0


class LoopThread:
    """A daemon thread with a loop, the tasks it runs, and what to do when it ends."""

    def __init__(self) -> None:
        # Not less than what a busy machine takes for nothing.
        bound = max(0.05, float(_setting("BLOCKED_SECONDS", BLOCKED_SECONDS)))
        self.pid = os.getpid()
        self.loop = _new_loop()
        self.tasks: set[asyncio.Task[Any]] = set()
        self.futures: set[Future[Any]] = set()
        self.lag = LagMeter()
        # Held while work is taken up and while the end begins, so that no work falls between the two.
        self.gate = threading.RLock()
        self.draining = self.stopping = self.given_up = False
        self.drain_callbacks: list[Callable[[], None]] = []
        self.cleanups: list[Callable[[], Awaitable[None]]] = []
        self.pools: Callable[[], tuple[PoolUse, ...]] = tuple
        self._ending = self._closed = False
        self._winding = threading.Event()
        # A daemon: a thread that must be joined keeps the interpreter from ever getting to atexit.
        self.thread = threading.Thread(target=self._run, name="dbcompat-loop", daemon=True)
        self.thread.start()
        self.watch = Watch(self.thread, self.lag, bound)

    @property
    def alive(self) -> bool:
        # After a fork the loop still calls itself running; only the thread and the pid tell.
        return self.pid == os.getpid() and self.thread.is_alive()

    @property
    def here(self) -> bool:
        return threading.current_thread() is self.thread

    def take[T](self, function: Callable[..., Awaitable[T]], *args: Any) -> "Future[T]":
        """Raises LoopStopped, while it drains to all but the work that is being finished."""
        with self.gate:
            if self._closed or (self.draining and not self.here):
                raise LoopStopped
            future = asyncio.run_coroutine_threadsafe(self._call(function, *args), self.loop)
            self.futures.add(future)
        future.add_done_callback(self.futures.discard)
        return future

    def health(self) -> Health:
        lag = self.lag.lag()
        return Health(
            True,
            lag.p50_ms,
            lag.p99_ms,
            lag.max_ms,
            len(self.tasks),
            self.draining,
            tuple(self.watch.blocked.copy()),
            self.pools(),
        )

    def drain(self, timeout: float) -> bool:
        """From another thread; see `loop.drain`."""
        with self.gate:
            self.draining = True
            done = asyncio.run_coroutine_threadsafe(self._drain(timeout), self.loop)
        try:
            return done.result(timeout + CANCEL_SECONDS + 1.0)
        except TimeoutError:
            log.error("Background work could not be drained. %s", self._held_up())
            return False

    def stop(self, timeout: float) -> None:
        """From another thread; see `loop.stop`."""
        if self.given_up:
            return
        try:
            self._begin_to_end(timeout)
            if not self._winding.wait(timeout):
                log.error("The loop thread was left as it is. %s", self._held_up())
                return
            self.thread.join(timeout + MARGIN_SECONDS)
        except BaseException:
            # Interrupted, most likely by a second Ctrl-C: then nobody is to wait for it again at exit.
            self.given_up = True
            raise

    def _begin_to_end(self, timeout: float) -> None:
        with self.gate:
            first, self.stopping, self.draining = not self.stopping, True, True
            if first and not self._closed:
                self._end = asyncio.run_coroutine_threadsafe(self._wind_down(timeout), self.loop)

    def _held_up(self) -> str:
        blocked = self.watch.blocked
        what = f"held up by {blocked[-1].place}" if blocked else "busy"
        return f"Its loop does not answer: it is {what}. What is unfinished ends with the process."

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.set_exception_handler(_log_lost)
        # Kept: the loop holds its tasks only weakly.
        self._ticker = self.loop.create_task(self.lag.measure(), name="dbcompat lag")
        try:
            while not (self._ending or self.loop.is_closed()):
                self._run_on()
        finally:
            self._close()

    def _run_on(self) -> None:
        try:
            self.loop.run_forever()
        except (SystemExit, KeyboardInterrupt):
            # Out of a callback or a task. All the others are still to be finished.
            log.exception("sys.exit() or the like was called on the loop thread. It goes on.")

    def _close(self) -> None:
        with self.gate:
            self._closed = True
        self.watch.end()
        try:
            if not self.loop.is_closed():
                self.loop.run_until_complete(self._cancel(asyncio.all_tasks(self.loop)))
                self.loop.run_until_complete(self.loop.shutdown_asyncgens())
                self.loop.close()
        finally:
            for future in list(self.futures):
                # Whoever waits must not wait for ever.
                with suppress(InvalidStateError):
                    future.set_exception(LoopStopped())

    async def _call(self, function: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        task = asyncio.current_task()
        assert task is not None
        name = getattr(function, "__qualname__", repr(function))
        task.set_name(name)
        self.tasks.add(task)
        try:
            return await function(*args)
        except (SystemExit, KeyboardInterrupt) as error:
            raise LoopError(
                f"{name} raised {error!r} in the background, which ends a process and not a piece of"
                " work. Return, or raise an Exception."
            ) from error
        finally:
            self.tasks.discard(task)

    async def _drain(self, timeout: float) -> bool:
        """Take up nothing new, wait `timeout` seconds, cancel the rest. True if nothing was left."""
        while self.drain_callbacks:
            callback = self.drain_callbacks.pop(0)
            try:
                callback()
            except Exception:
                log.exception("What should be done when draining begins failed. It goes on.")
        deadline = self.loop.time() + timeout
        while self.tasks and (left := deadline - self.loop.time()) > 0:
            await asyncio.wait(set(self.tasks), timeout=left)
        abandoned = set(self.tasks)
        if abandoned:
            names = ", ".join(sorted({task.get_name() for task in abandoned})[:5])
            log.warning(
                "%s background tasks did not finish in time. They were cancelled: %s.",
                len(abandoned),
                names,
            )
            await self._cancel(abandoned)
        return not abandoned

    async def _wind_down(self, timeout: float) -> None:
        self._winding.set()
        try:
            await self._drain(timeout)
            await self._clean_up()
        finally:
            self._ending = True
            self.loop.stop()

    async def _clean_up(self) -> None:
        deadline = self.loop.time() + CLEANUP_SECONDS
        # One that is registered meanwhile, by what another one does, counts, too.
        while self.cleanups:
            cleanup = self.cleanups.pop()
            try:
                async with asyncio.timeout_at(deadline):
                    await cleanup()
            except Exception:
                log.exception("Cleaning up after the loop failed. The rest of it goes on.")

    async def _cancel(self, tasks: set[asyncio.Task[Any]]) -> None:
        for task in tasks:
            task.cancel()
        if tasks:
            _, deaf = await asyncio.wait(tasks, timeout=CANCEL_SECONDS)
            for task in deaf:
                log.error("%s ignores that it is cancelled. It ends with the process.", task)


def _setting(name: str, default: Any) -> Any:
    return getattr(settings, "DBCOMPAT", {}).get(name, default)


def _new_loop() -> asyncio.AbstractEventLoop:
    if _setting("UVLOOP", True):
        try:
            import uvloop
        except ImportError:
            log.info("uvloop can't be imported: the background runs on asyncio's own loop.")
        else:
            return uvloop.new_event_loop()
    return asyncio.new_event_loop()


def _log_lost(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Nobody awaits a callback, so nobody else would hear of what it raised."""
    error = context.get("exception")
    where = context.get("task") or context.get("future") or context.get("handle") or loop
    log.error(
        "An error that nobody waits for: %s (%r). Catch it in the callback, or run the work with"
        " loop.submit() or in an asyncio.TaskGroup.",
        context.get("message", "no message"),
        where,
        exc_info=error,
    )
