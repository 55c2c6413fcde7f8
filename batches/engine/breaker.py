"""The failure breaker: a batch that mostly fails stops by itself, and says why."""

from collections import deque

from batches.states import ItemState

WINDOW = 500
# Fewer outcomes than this say nothing: one bad start must not stop a batch.
LEAST = 50


class Breaker:
    """Watches the last 500 outcomes of a batch in this process. `percent` None: never breaks."""

    def __init__(self, percent: int | None) -> None:
        self.percent = percent
        self._failed: deque[bool] = deque(maxlen=WINDOW)

    def add(self, state: ItemState) -> None:
        if state is not ItemState.PENDING:
            self._failed.append(state is ItemState.FAILED)

    def reason(self) -> str:
        """Why the batch should pause, as a sentence; empty if it should not."""
        seen = len(self._failed)
        if self.percent is None or seen < LEAST:
            return ""
        share = 100 * sum(self._failed) / seen
        if share <= self.percent:
            return ""
        return f"{share:.0f} % of the last {seen} items failed; the limit is {self.percent} %."
