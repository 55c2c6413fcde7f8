"""A second thread that watches the first: who keeps the loop to itself, caught in the act."""

import asyncio
import logging
import selectors
import sys
import sysconfig
import threading
import traceback
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

from dbcompat import loop_health
from dbcompat.loop_health import Blocked, LagMeter

log = logging.getLogger(__name__)

KEPT = 10
_LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")})
# On every stack of the thread: what runs a loop, not what holds it up.
_MACHINERY = (
    str(Path(asyncio.__file__).parent),
    *(str(module.__file__) for module in (threading, selectors, loop_health)),
    str(Path(__file__).with_name("loop_thread.py")),
)


class Watch:
    """Looks four times in each `bound` seconds, which costs next to nothing.

    One warning for each time the loop is held up, with the place; the last ten are kept in `blocked`.
    """

    def __init__(self, thread: threading.Thread, meter: LagMeter, bound: float) -> None:
        self.blocked: deque[Blocked] = deque(maxlen=KEPT)
        self._thread, self._meter, self._bound = thread, meter, bound
        self._since: float | None = None
        self._over = threading.Event()
        threading.Thread(target=self._run, name="dbcompat-watch", daemon=True).start()

    def end(self) -> None:
        self._over.set()

    def _run(self) -> None:
        while not self._over.wait(self._bound / 4):
            self._look()

    def _look(self) -> None:
        ticked, late = self._meter.ticked, self._meter.late()
        if self._since is not None:
            # Until it ticks again nobody knows for how long.
            over = ticked != self._since
            self._prolong(ticked - self._since if over else late)
            self._since = None if over else self._since
        elif late > self._bound and (found := _held_up_by(self._thread)):
            self._since = ticked
            self._note(late, *found)

    def _note(self, late: float, place: str, stack: str) -> None:
        when = datetime.now(UTC) - timedelta(seconds=late)
        self.blocked.append(Blocked(when, late, place, stack))
        log.warning(
            "Background work has stood still for %.1f s, held up by %s. Await instead of blocking, or hand"
            ' it to asyncio.to_thread(). What is allowed is DBCOMPAT["BLOCKED_SECONDS"].\n%s',
            late,
            place,
            stack,
        )

    def _prolong(self, seconds: float) -> None:
        last = self.blocked[-1]
        self.blocked[-1] = replace(last, seconds=max(last.seconds, seconds))


def _held_up_by(thread: threading.Thread) -> tuple[str, str] | None:
    """Place and stack; None if the loop waits for its turn: then the machine is late, and nobody's code."""
    frame = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001 -- documented, and there is no other
    # From the innermost outwards.
    stack = list(traceback.walk_stack(frame)) if frame else []
    working = [held for held, _ in stack if not _is(held, _MACHINERY)]
    if not working:
        return None
    own = [held for held in working if not _is(held, (*_LIBRARIES, sys.prefix, "<"))]
    culprit = (own or working)[0]
    text = "".join(traceback.StackSummary.extract(reversed(stack)).format())
    return f"{culprit.f_code.co_filename}:{culprit.f_lineno} in {culprit.f_code.co_qualname}", text


def _is(frame: FrameType, places: tuple[str, ...]) -> bool:
    return frame.f_code.co_filename.startswith(places)
