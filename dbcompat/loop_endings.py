"""How a process ends, and that the loop hears of it in time."""

import atexit
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import parent_process, util
from types import FrameType

# The last resort; servers call `loop.stop` themselves, and decide how long.
EXIT_SECONDS = 5.0
# One request to end may come twice: from a supervisor to the whole group, and from the parent again.
ECHO_SECONDS = 0.5
_SIGNALS = (signal.SIGINT, signal.SIGTERM)

log = logging.getLogger(__name__)

type Stop = Callable[[float], None]

_asked_at: float | None = None
_heard_in = 0


def end_on_signals() -> None:
    """On the main thread, where no server does it: SIGTERM and Ctrl-C end the process in good order.

    The first raises SystemExit, and the loop drains at exit. A second one leaves at once.
    """
    for number in _SIGNALS:
        signal.signal(number, _end)


def listen(stop: Stop) -> None:
    """Once in each process that starts a loop."""
    global _heard_in
    if _heard_in == os.getpid():
        return
    _heard_in = os.getpid()
    if parent_process() is not None:
        # A child of multiprocessing may leave by os._exit, past atexit.
        util.Finalize(None, _drained_by(stop), exitpriority=10)
    if "celery" in sys.modules:
        from dbcompat import celery_workers

        celery_workers.listen(_drained_by(stop))


def listen_at_exit(stop: Stop) -> None:
    atexit.register(_drained_by(stop))


def _drained_by(stop: Stop) -> Callable[[], None]:
    def end() -> None:
        with _leaving_at_the_next_signal():
            try:
                stop(EXIT_SECONDS)
            except (KeyboardInterrupt, SystemExit):
                # A server's own handler of a second signal. Whoever asks twice does not wait.
                log.warning("Interrupted while background work was being finished.")

    return end


@contextmanager
def _leaving_at_the_next_signal() -> Iterator[None]:
    global _asked_at
    _asked_at = time.monotonic()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    # Not where it is ignored, as under nohup.
    changed = [n for n in _SIGNALS if before[n] not in (signal.SIG_IGN, None)]
    if threading.current_thread() is not threading.main_thread():
        changed = []  # Only the main thread may.
    for number in changed:
        signal.signal(number, _end)
    yield
    # What is done at exit after us is not ours to cut short.
    for number in changed:
        signal.signal(number, before[number])


def _end(number: int, frame: FrameType | None) -> None:
    global _asked_at
    now = time.monotonic()
    if _asked_at is None:
        _asked_at = now
        raise SystemExit(128 + number)
    if now - _asked_at > ECHO_SECONDS:
        # Leases and transactions are made for this.
        os._exit(128 + number)


def _forget_after_fork() -> None:
    global _asked_at
    _asked_at = None


os.register_at_fork(after_in_child=_forget_after_fork)
