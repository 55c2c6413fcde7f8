"""How well a loop keeps up: it says when it is late, and what held it up."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime

INTERVAL_SECONDS = 0.1
SAMPLES = 600  # The last minute.


@dataclass(frozen=True, slots=True)
class Blocked:
    """Once the loop could do nothing else: since when, for how long, and what it was doing.

    `place` is "file:line in function", `stack` the whole of it as text, outermost first.
    """

    when: datetime
    seconds: float
    place: str
    stack: str


@dataclass(frozen=True, slots=True)
class PoolUse:
    """Connections of one purpose: in use now, kept open for the next, and at most."""

    purpose: str
    in_use: int
    idle: int
    size: int


@dataclass(frozen=True, slots=True)
class Health:
    """Milliseconds by which the loop answered late, over the last minute, and what it has in hand.

    `blocked` are the last ten times that something kept the loop to itself, the latest last.
    """

    alive: bool
    lag_p50_ms: float = 0.0
    lag_p99_ms: float = 0.0
    lag_max_ms: float = 0.0
    tasks: int = 0
    draining: bool = False
    blocked: tuple[Blocked, ...] = ()
    pools: tuple[PoolUse, ...] = ()


@dataclass(frozen=True, slots=True)
class Lag:
    p50_ms: float
    p99_ms: float
    max_ms: float


class LagMeter:
    """`ticked` is when the loop last came round, in monotonic seconds."""

    def __init__(self) -> None:
        self._late: deque[float] = deque([0.0], maxlen=SAMPLES)
        self.ticked = time.monotonic()

    async def measure(self) -> None:
        while True:
            self.ticked = time.monotonic()
            await asyncio.sleep(INTERVAL_SECONDS)
            self._late.append(max(0.0, time.monotonic() - self.ticked - INTERVAL_SECONDS))

    def late(self) -> float:
        """Seconds by which the next tick is overdue; at most 0 if it is not."""
        return time.monotonic() - self.ticked - INTERVAL_SECONDS

    def lag(self) -> Lag:
        late = sorted(self._late.copy())
        p50, p99 = (late[int(len(late) * share)] * 1000 for share in (0.5, 0.99))
        return Lag(p50, p99, late[-1] * 1000)
