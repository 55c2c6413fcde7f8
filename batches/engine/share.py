"""Fair share: how many items each batch may have in flight in this process."""

PROCESS_LIMIT = 400


class FairShare:
    """Divides `limit` between the batches that run here, by weight, at least one each.

    What a batch with low concurrency leaves unused is not handed on: the shares stay predictable,
    and one loop runs more of one batch no faster than a little of several.
    """

    def __init__(self, limit: int = PROCESS_LIMIT) -> None:
        self.limit = limit
        self._weights: dict[int, float] = {}

    def join(self, batch_id: int, priority: int) -> None:
        self._weights[batch_id] = 2.0**priority

    def leave(self, batch_id: int) -> None:
        self._weights.pop(batch_id, None)

    def of(self, batch_id: int) -> int:
        total = sum(self._weights.values())
        return max(1, int(self.limit * self._weights[batch_id] / total))


share = FairShare()
