"""Values of a script's expressions: texts, numbers, lists of them, and None for what is not known."""

import codecs
import re
from base64 import b64decode
from binascii import Error
from collections.abc import Callable
from urllib.parse import unquote

type Value = str | int | list["Value"] | None

# In place of what is not known: no address goes across it.
UNKNOWN = "\n"
MAX_ITEMS, _MAX_LENGTH = 500, 2_000
# Letters moved by half of the alphabet, in one of the ways that all copy.
HALF = re.compile(r"\+\s*13\b|-\s*13\b|rot_?13", re.IGNORECASE)
_EXPRESSION = re.compile(r"/((?:[^/\\]|\\.){1,60}+)/")
_ESCAPE = re.compile(r"\\(?:u\{?([0-9a-fA-F]{2,4})\}?|x([0-9a-fA-F]{2})|([0-7]{3})|(.))", re.DOTALL)
_PLAIN = {"n": "\n", "r": "\n", "t": " "}
_SAME = frozenset({"toString", "toLowerCase", "trim", "valueOf", "normalize"})


def unescaped(text: str) -> str:
    """What stands between the quotes of a literal."""
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if code or found[3]:
        return chr(int(code, 16) if code else int(found[3], 8))
    return _PLAIN.get(found[4], found[4])


def of_text(text: str, name: str, items: list[Value], written: str) -> Value:
    first = items[0] if items else None
    if name == "concat":
        for item in items:
            text = _text(added(text, item))
        return text
    if name == "split" and isinstance(first, str):
        return list(text.split(first)) if first else list(text[:MAX_ITEMS])
    if name in ("replace", "replaceAll"):
        return _replaced(text, items, written)
    return text if name in _SAME else None


def _replaced(text: str, items: list[Value], written: str) -> Value:
    if HALF.search(written):
        return codecs.decode(text, "rot13")
    by = items[-1] if items else None
    if not isinstance(by, str):
        return None
    what = items[0] if isinstance(items[0], str) else ""
    if expression := _EXPRESSION.match(written):
        what = expression[1].replace("\\", "")
    return text.replace(what, by)[:_MAX_LENGTH] if what else None


def of_list(found: list[Value], name: str, items: list[Value], written: str) -> Value:
    first = items[0] if items else None
    if name == "reverse":
        return found[::-1]
    if name == "map" and "fromCharCode" in written:
        return [characters([item]) for item in found]
    if name == "join":
        return (first if isinstance(first, str) else ",").join(map(_text, found))[:_MAX_LENGTH]
    if name == "concat":
        return [*found, *items][:MAX_ITEMS]
    return None


def item_of(found: list[Value], items: list[Value]) -> Value:
    place = items[0] if items else None
    return found[place] if isinstance(place, int) and place < len(found) else None


def added(one: Value, other: Value) -> Value:
    if one is None and other is None:
        return None
    return (_text(one) + _text(other))[:_MAX_LENGTH]


def _text(value: Value) -> str:
    if isinstance(value, list):
        return UNKNOWN
    return UNKNOWN if value is None else str(value)


def shown(value: Value) -> str:
    """What may hold an address: a text, or a list of codes of characters, as a loop would write them."""
    if isinstance(value, list) and len(value) > 5 and all(isinstance(item, int) for item in value):
        return characters(value)
    if isinstance(value, list):
        return "\n".join(item for item in value if isinstance(item, str) and "@" in item)
    return value if isinstance(value, str) else ""


def characters(codes: list[Value]) -> str:
    if len(codes) == 1 and isinstance(codes[0], list):
        codes = codes[0]
    flat = [part for code in codes for part in (code if isinstance(code, list) else [code])]
    return "".join(chr(c) if isinstance(c, int) and 0 < c < 0x110000 else UNKNOWN for c in flat)


def _from_base64(text: str) -> Value:
    try:
        return b64decode(text).decode("utf-8", "replace")
    except (Error, ValueError):
        return None


UNPACKED: dict[str, Callable[[str], Value]] = {
    "atob": _from_base64,
    "unescape": unquote,
    "decodeURIComponent": unquote,
    "decodeURI": unquote,
}
