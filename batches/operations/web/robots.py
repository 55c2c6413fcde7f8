"""What a site asks of robots. https://www.rfc-editor.org/rfc/rfc9309"""

from collections import OrderedDict
from time import monotonic

from protego import Protego

PRODUCT = "BatchConsole"
MAX_BYTES = 500 * 1024
_KEPT, _SECONDS = 10_000, 3_600.0

ALLOW_ALL = Protego.parse("")


class RobotsCache:
    """Rules by origin, for an hour, the ten thousand asked for last."""

    def __init__(self) -> None:
        self._rules: OrderedDict[str, tuple[float, Protego]] = OrderedDict()

    def get(self, origin: str) -> Protego | None:
        found = self._rules.get(origin)
        if found is None or monotonic() - found[0] > _SECONDS:
            return None
        self._rules.move_to_end(origin)
        return found[1]

    def put(self, origin: str, rules: Protego) -> None:
        self._rules[origin] = monotonic(), rules
        if len(self._rules) > _KEPT:
            self._rules.popitem(last=False)
