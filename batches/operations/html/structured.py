"""What a page states for machines: JSON-LD. https://www.w3.org/TR/json-ld11/"""

import json
from collections.abc import Iterator
from typing import Any

from selectolax.lexbor import LexborHTMLParser

_MAX_BLOCKS, _MAX_LENGTH = 20, 1_000_000
_MAX_DEPTH, _MAX_PARTS, _MAX_NODES = 20, 200, 20_000
_MAX_TEXT = 2_048


class Structured:
    """The JSON-LD of a page, parsed once; a block that is broken is passed over."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        self._blocks = []
        for node in tree.css('script[type="application/ld+json" i]')[:_MAX_BLOCKS]:
            try:
                self._blocks.append(json.loads(node.text()[:_MAX_LENGTH]))
            except (ValueError, RecursionError):
                continue

    def texts(self, key: str) -> Iterator[str]:
        """Every text under `key`, wherever it stands; of an object, its address."""
        for name, value in self._pairs():
            if name == key:
                yield from _texts(value)

    def _pairs(self) -> Iterator[tuple[str, Any]]:
        waiting = [(block, 0) for block in reversed(self._blocks)]
        for _ in range(_MAX_NODES):
            if not waiting:
                return
            data, depth = waiting.pop()
            parts: list[Any] = []
            if isinstance(data, dict):
                pairs = list(data.items())[:_MAX_PARTS]
                yield from pairs
                parts = [value for _, value in pairs]
            elif isinstance(data, list):
                parts = data[:_MAX_PARTS]
            if depth < _MAX_DEPTH:
                waiting += [(part, depth + 1) for part in reversed(parts)]


def _texts(value: Any) -> Iterator[str]:
    for part in value[:_MAX_PARTS] if isinstance(value, list) else [value]:
        found = part.get("url") or part.get("@id") if isinstance(part, dict) else part
        if isinstance(found, str):
            yield found[:_MAX_TEXT]
        # A telephone number without quotes.
        elif isinstance(found, int) and not isinstance(found, bool):
            yield str(found)[:_MAX_TEXT]
