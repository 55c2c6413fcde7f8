"""One thread a process owns one event loop, and with it everything that happens in the background.

A view hands work over with `submit`; the work outlives the request. What belongs to the loop, engines above
all, is never touched from elsewhere: that is what ends in "attached to a different loop".
"""

import asyncio
import atexit
import logging
import os
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from multiprocessing import parent_process, util
from typing import Any

from django.db import connections

from dbcompat.loop_health import Health
from dbcompat.loop_thread import LoopThread

log = logging.getLogger(__name__)

GRACE_SECONDS = 10.0
_DEAD = "The loop thread has stopped: this process is ending. Call loop.start() to begin again."


class LoopError(RuntimeError):
    """The loop thread was used in a way that can't work; the message says what to do instead."""


class LoopStopped(LoopError):
    """Nothing can be submitted any more."""


class LoopReentry(LoopError):
    """A wait for the loop on a thread that runs a loop would never end, or would block that loop."""


class AtomicHandoff(LoopError):
    """A wait for the loop inside a transaction could wait for that very transaction."""


_lock = threading.RLock()
_current: LoopThread | None = None
_stopped = False
# What a child inherits over a fork is kept for ever: collecting it would close sockets of the parent.
_graveyard: list[Any] = []


def start() -> None:
    """Start the thread unless it runs; also the only way to begin again after `stop`."""
    global _current, _stopped
    with _lock:
        _stopped = False
        if _current is None or not _current.alive:
            _current = LoopThread()
            if parent_process() is not None:
                # A multiprocessing child leaves by os._exit, past atexit.
                util.Finalize(None, stop, exitpriority=10)


def submit[T](function: Callable[..., Awaitable[T]], *args: Any) -> "Future[T]":
    """Run `await function(*args)` on the loop, in the caller's context. Returns at once.

    Takes the function and not its coroutine, so that a refusal leaves none un-awaited. An exception is
    logged, since nobody may ever ask for it. Raises LoopStopped.
    """
    future = _submit(function, *args)
    future.add_done_callback(_log_failure)
    return future


def run[T](function: Callable[..., Awaitable[T]], *args: Any, timeout: float | None = None) -> T:
    """Run `await function(*args)` on the loop and wait for it, `timeout` seconds at most.

    Raises LoopReentry, AtomicHandoff, LoopStopped, and TimeoutError; then the work has been cancelled.
    """
    _refuse_to_wait()
    future = _submit(function, *args)
    try:
        return future.result(timeout)
    except BaseException:
        # A caller that gives up takes its work along: a query nobody waits for would run on.
        future.cancel()
        raise


def on_drain(callback: Callable[[], None]) -> None:
    """On the loop thread: call this on the loop when draining begins, to take up nothing new."""
    _mine().drain_callbacks.append(callback)


def on_stop(cleanup: Callable[[], Awaitable[None]]) -> None:
    """On the loop thread: await this after the last task has ended. Last registered, first called."""
    _mine().cleanups.append(cleanup)


def drain(timeout: float = GRACE_SECONDS) -> bool:
    """Take up nothing new and let what runs finish; cancel what has not after `timeout` seconds.

    True if nothing had to be cancelled. Afterwards only `stop` makes sense.
    """
    current = _current
    if current is None or not current.alive:
        return True
    current.draining = True
    return asyncio.run_coroutine_threadsafe(current.drain(timeout), current.loop).result()


def stop(timeout: float = GRACE_SECONDS) -> None:
    """Drain, clean up, end the thread. Idempotent."""
    global _current, _stopped
    with _lock:
        current, _stopped = _current, True
        if current is None or not current.alive:
            return
        # Still the current one while it drains: its last tasks open sessions, too.
        already, current.draining = current.draining, True
    if threading.current_thread() is current.thread:
        raise LoopReentry("The loop thread can't stop itself: call loop.stop() on another thread.")
    if not already:
        asyncio.run_coroutine_threadsafe(current.wind_down(timeout), current.loop).result()
        current.loop.call_soon_threadsafe(current.loop.stop)
    current.thread.join(timeout)
    with _lock:
        if _current is current:
            _current = None


def health() -> Health:
    """How the loop of this process is doing. Never starts it."""
    current = _current
    if current is None or not current.alive:
        return Health(alive=False)
    return current.lag.health(tasks=len(current.tasks), draining=current.draining)


def is_loop_thread() -> bool:
    current = _current
    return current is not None and current.alive and threading.current_thread() is current.thread


def _submit[T](function: Callable[..., Awaitable[T]], *args: Any) -> "Future[T]":
    current = _ready()
    if current.draining and threading.current_thread() is not current.thread:
        raise LoopStopped(_DEAD)
    return asyncio.run_coroutine_threadsafe(current.call(function, *args), current.loop)


def _ready() -> LoopThread:
    with _lock:
        if _stopped and not is_loop_thread():
            raise LoopStopped(_DEAD)
        if _current is None or not _current.alive:
            start()
        assert _current is not None
        return _current


def _mine() -> LoopThread:
    if _current is None or not is_loop_thread():
        raise LoopError("This can only be called on the loop thread: use loop.submit(function).")
    return _current


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
    _graveyard.append(_current)
    # A new lock: another thread of the parent may have held the old one when it forked.
    _lock, _current, _stopped = threading.RLock(), None, False


os.register_at_fork(after_in_child=_forget_after_fork)
# The last resort; servers call `stop` themselves, with more time.
atexit.register(stop, 5.0)
