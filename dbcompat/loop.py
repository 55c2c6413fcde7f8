"""One thread a process owns one event loop, and with it everything that happens in the background.

A view hands work over with `submit`; the work outlives the request. What belongs to the loop, engines above
all, is never touched from elsewhere: that is what ends in "attached to a different loop".
"""

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any

from django.db import connections

from dbcompat import forks, loop_endings, loop_forks
from dbcompat.loop_endings import end_on_signals
from dbcompat.loop_errors import AtomicHandoff, LoopError, LoopReentry, LoopStopped
from dbcompat.loop_health import Blocked, Health, PoolUse
from dbcompat.loop_thread import LoopThread

__all__ = [
    "AtomicHandoff",
    "Blocked",
    "Health",
    "LoopError",
    "LoopReentry",
    "LoopStopped",
    "PoolUse",
    "attempt",
    "drain",
    "end_on_signals",
    "health",
    "is_loop_thread",
    "on_drain",
    "on_stop",
    "report_pools",
    "run",
    "start",
    "stop",
    "submit",
]

log = logging.getLogger(__name__)

GRACE_SECONDS = 10.0

_lock = threading.RLock()
_current: LoopThread | None = None
_stopped = False


def start() -> None:
    """Start the thread unless it runs; also the only way to begin again after `stop`."""
    global _current, _stopped
    ending = _current
    if ending is not None and ending.stopping and not ending.here:
        # Two at once would each take the other's sessions for a stranger's.
        ending.stop(GRACE_SECONDS)
    with _lock:
        _stopped = False
        if _current is None or not _current.alive or _current.stopping:
            _current = LoopThread()
            loop_endings.listen(stop)


def submit[T](function: Callable[..., Awaitable[T]], *args: Any) -> "Future[T]":
    """Run `await function(*args)` on the loop, in the caller's context. Returns at once.

    Takes the function and not its coroutine, so that a refusal leaves none un-awaited. An exception is
    logged, since nobody may ever ask for it. Cancelling the future cancels the work. Raises LoopStopped.
    """
    future = _ready().take(function, *args)
    future.add_done_callback(_log_failure)
    return future


def run[T](function: Callable[..., Awaitable[T]], *args: Any, timeout: float | None = None) -> T:
    """Run `await function(*args)` on the loop and wait for it, `timeout` seconds at most.

    Raises LoopReentry, AtomicHandoff, LoopStopped, and TimeoutError; then the work has been cancelled.
    """
    _refuse_to_wait()
    future = _ready().take(function, *args)
    try:
        return future.result(timeout)
    except BaseException:
        # A caller that gives up takes its work along: a query nobody waits for would run on.
        future.cancel()
        raise


def attempt(function: Callable[..., Awaitable[object]], timeout: float) -> bool:
    """Have it done within `timeout` seconds if the loop is there and has the time; whether it was.

    Never starts the loop, never raises: for what is better done, and may be left.
    """
    current = _current
    if current is None or not current.alive or current.draining or current.here:
        return False
    try:
        future = current.take(function)
    except LoopStopped:
        return False
    try:
        future.result(timeout)
    except Exception as error:  # noqa: BLE001 -- as promised; TimeoutError is one of them
        future.cancel()
        log.debug("%r was left: %r", function, error)
        return False
    return True


def on_drain(callback: Callable[[], None]) -> None:
    """On the loop thread: call this on the loop when draining begins, to take up nothing new."""
    _mine().drain_callbacks.append(callback)


def on_stop(cleanup: Callable[[], Awaitable[None]]) -> None:
    """On the loop thread: await this after the last task has ended. Last registered, first called."""
    _mine().cleanups.append(cleanup)


def report_pools(pools: Callable[[], tuple[PoolUse, ...]]) -> None:
    """On the loop thread: where `health` learns of connections. Called on any thread, so it only reads."""
    _mine().pools = pools


def drain(timeout: float = GRACE_SECONDS) -> bool:
    """Take up nothing new and let what runs finish; cancel what has not after `timeout` seconds.

    True if nothing had to be cancelled. Afterwards only `stop` makes sense. Raises LoopReentry.
    """
    current = _current
    if current is None or not current.alive:
        return True
    _refuse_on_loop(current, "drain")
    return current.drain(timeout)


def stop(timeout: float = GRACE_SECONDS) -> None:
    """Drain, clean up, end the thread. Idempotent. Raises LoopReentry.

    A loop that something keeps to itself is left as it is after `timeout` seconds, which is logged.
    """
    global _current, _stopped
    if _current is not None:
        _refuse_on_loop(_current, "stop")
    with _lock:
        current, _stopped = _current, True
    if current is None or not current.alive:
        return
    # Still the current one while it drains: its last tasks open sessions, too.
    current.stop(timeout)
    with _lock:
        if _current is current:
            _current = None


def health() -> Health:
    """How the loop of this process is doing. Never starts it."""
    current = _current
    if current is None or not current.alive:
        return Health(alive=False)
    return current.health()


def is_loop_thread() -> bool:
    current = _current
    return current is not None and current.alive and current.here


def _ready() -> LoopThread:
    with _lock:
        if _stopped and not is_loop_thread():
            raise LoopStopped
        if _current is None or not _current.alive:
            start()
        assert _current is not None
        return _current


def _mine() -> LoopThread:
    if _current is None or not is_loop_thread():
        raise LoopError("This can only be called on the loop thread: use loop.submit(function).")
    return _current


def _refuse_on_loop(current: LoopThread, verb: str) -> None:
    if current.alive and current.here:
        raise LoopReentry(
            f"The loop thread can't {verb} itself: call loop.{verb}() on another thread."
        )


def _refuse_to_wait() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        raise LoopReentry(
            f"loop.run() was called on thread {threading.current_thread().name}, which is running an"
            " event loop. Await the function itself there, or use loop.submit()."
        )
    for connection in connections.all(initialized_only=True):
        if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
            raise AtomicHandoff(
                "loop.run() was called inside transaction.atomic(): the work can't see what is not"
                " committed, and may wait for its locks for ever. Use transaction.on_commit()."
            )


def _log_failure(future: "Future[Any]") -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        log.error("Background work failed.", exc_info=error)


def _forget_after_fork() -> None:
    global _lock, _current, _stopped
    if _current is not None:
        forks.bury(_current, _current.loop)
    # A new lock: another thread of the parent may have held the old one when it forked.
    _lock, _current, _stopped = threading.RLock(), None, False


loop_forks.stand_still(lambda: _current)
os.register_at_fork(after_in_child=_forget_after_fork)
loop_endings.listen_at_exit(stop)
