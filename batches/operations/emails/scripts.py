"""Addresses that scripts put together: what they would write, as far as that can be seen without running them."""

import json
from collections.abc import Iterable, Iterator

from batches.operations.emails.evaluate import result
from batches.operations.html.search import places

_HINTS = (
    "@", "\\u0040", "\\x40", "%40", "&#64", "&#x40", "fromCharCode", "atob(", "reverse()", "mailto", "\\100", "UnCrypt",
)  # fmt: skip
_MAX_HINTS, _BEFORE, _AFTER = 40, 500, 700
# Of all scripts of a page.
_MOST, _MOST_DATA = 40_000, 200_000
# Both of what TYPO3 moves: each letter by so many places, within its kind.
_KINDS = (range(0x2B, 0x3B), range(0x40, 0x5B), range(0x61, 0x7B))


def written(scripts: Iterable[str]) -> Iterator[str]:
    """What they would write, as far as it could hold an address."""
    codes: list[str] = []
    code_left, data_left = _MOST, _MOST_DATA
    for script in scripts:
        found = _data(script) if script.lstrip()[:1] in "{[" else None
        if found is not None:
            pieces = list(_near_hints(found, data_left))
            data_left -= sum(map(len, pieces))
            yield from pieces
        elif code_left > 0:
            pieces = list(_near_hints(_without_comments(script), code_left))
            code_left -= sum(map(len, pieces))
            codes += pieces
    # At once: names that one gives are used by another.
    if codes:
        yield result("\n;\n".join(codes))


def _data(script: str) -> str | None:
    """JSON for a script of the page: the escapes in it are undone. Empty if it says nothing of addresses."""
    # Keys that say what is what are all that most data has of it: "@type".
    if script.count("@") == script.count('"@') and "\\" not in script:
        return ""
    try:
        return json.dumps(json.loads(script), ensure_ascii=False)
    except (ValueError, RecursionError):
        return None


def _without_comments(script: str) -> str:
    """Who wrote a library says so in it."""
    if "/*" not in script:
        return script
    first, *others = script.split("/*")
    return first + "".join(one.partition("*/")[2] if "*/" in one else f"/*{one}" for one in others)


def _near_hints(script: str, most: int) -> Iterator[str]:
    """The parts of a script worth a closer look, none twice."""
    found = sorted(at for hint in _HINTS for at in places(script, hint, _MAX_HINTS))
    while found and most > 0:
        start = max(0, found[0] - _BEFORE)
        end = start
        while found and found[0] - _BEFORE <= max(end, start):
            end = found.pop(0) + _AFTER
        yield script[start : min(end, start + most)]
        most -= end - start


def uncrypted(token: str) -> str:
    """What TYPO3 has made unreadable, by however many places: it begins with `mailto:`. Empty if it is not that."""
    for places_ in (ord("m") - ord(token[:1] or "m") + turn for turn in (0, 26, -26)):
        text = "".join(_moved(character, places_) for character in token[:400])
        if text.startswith("mailto:"):
            return text[7:]
    return ""


def _moved(character: str, number: int) -> str:
    code = ord(character)
    for kind in _KINDS:
        if code in kind:
            return chr(kind[(code - kind[0] + number) % len(kind)])
    return character
