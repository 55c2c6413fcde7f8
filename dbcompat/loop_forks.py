"""A loop that stands still while its process forks."""

import os
import threading
from collections.abc import Callable
from contextlib import suppress

from dbcompat.loop_thread import LoopThread

# How long a fork waits for the loop to stand still, and how long that stands at most.
FORK_SECONDS, STILL_SECONDS = 0.25, 2.0


class _Fork(threading.local):
    """Of the thread that forks."""

    resume: threading.Event | None = None


_fork = _Fork()


def stand_still(current: Callable[[], LoopThread | None]) -> None:
    """At every fork: in the middle of something the loop may hold a lock of a library's, and nobody in the
    child would ever open it. `current` is asked which loop there is.
    """
    os.register_at_fork(before=lambda: _before(current()), after_in_parent=_after)


def _before(current: LoopThread | None) -> None:
    if current is None or not current.alive or current.here:
        return
    standing, resume = threading.Event(), threading.Event()

    def stand() -> None:
        standing.set()
        resume.wait(STILL_SECONDS)

    with suppress(RuntimeError):  # It has just ended.
        current.loop.call_soon_threadsafe(stand)
        _fork.resume = resume
        standing.wait(FORK_SECONDS)


def _after() -> None:
    if _fork.resume is not None:
        _fork.resume.set()
        _fork.resume = None
