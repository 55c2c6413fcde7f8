"""How well a loop keeps up: it says when it is late."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass

INTERVAL_SECONDS = 0.1
SAMPLES = 600  # The last minute.


@dataclass(frozen=True, slots=True)
class Health:
    """Milliseconds by which the loop answered late, over the last minute, and what it has in hand."""

    alive: bool
    lag_p50_ms: float = 0.0
    lag_p99_ms: float = 0.0
    lag_max_ms: float = 0.0
    tasks: int = 0
    draining: bool = False


class LagMeter:
    def __init__(self) -> None:
        self._late: deque[float] = deque([0.0], maxlen=SAMPLES)

    async def measure(self) -> None:
        while True:
            due = time.monotonic() + INTERVAL_SECONDS
            await asyncio.sleep(INTERVAL_SECONDS)
            self._late.append(max(0.0, time.monotonic() - due))

    def health(self, tasks: int, draining: bool) -> Health:
        late = sorted(self._late.copy())
        p50, p99 = (late[int(len(late) * share)] * 1000 for share in (0.5, 0.99))
        return Health(True, p50, p99, late[-1] * 1000, tasks, draining)
