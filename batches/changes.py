"""What is different between two results of one operation, in lines that people can read."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

# Different each time, or said by another field as well: no news.
_NOISE = frozenset({
    "milliseconds", "timing", "bytes", "wire_bytes", "remote_address", "comments", "files", "sample",
    "redirects", "unchanged", "certificate", "html_bytes", "text_ratio", "kinds", "encoding",
    "read_as", "favicon_source",
})  # fmt: skip
_WORDS = {
    "h1": "main heading", "cms": "CMS", "url": "address", "https_problem": "HTTPS", "emails": "e-mail addresses",
    "links_in": "links inside", "links_out": "links outside", "links_in_urls": "links inside", "links_out_urls": "links outside",
    "suppressed": "not to be listed", "author": "authors", "schema": "structured data",
}  # fmt: skip
# What one of several is known by.
_LABELS = ("name", "address", "number", "url", "title", "language", "type")
_SHOWN, _LEAD = 200, 30
# Of a list, operations keep no more beside the pages.
_KEPT = 200
_DEEPEST = 6
MOST = 40

type Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """Of one field, as a line of text each; empty: it was not there."""

    field: str
    before: str
    after: str


def changes(before: Object, after: Object) -> tuple[list[Change], int]:
    """The first MOST, and how many there are beyond, up to a thousand."""
    found = list(islice(_of_objects("", before, after), MOST + 1_000))
    return found[:MOST], len(found[MOST:])


def _of_objects(field: str, before: Object, after: Object) -> Iterator[Change]:
    names = sorted(before.keys() | after.keys())
    for name in names if field else (name for name in names if name not in _NOISE):
        yield from _of_values(_joined(field, name), before.get(name), after.get(name))


def _joined(field: str, name: str) -> str:
    words = _WORDS.get(name, name.replace("_", " ")) if not field else name
    return f"{field} › {words}" if field else words[:1].upper() + words[1:]


def _of_values(field: str, before: Any, after: Any) -> Iterator[Change]:
    if _is_nothing(before) and _is_nothing(after):
        return
    if isinstance(before, dict) and isinstance(after, dict) and field.count("›") < _DEEPEST:
        yield from _of_objects(field, before, after)
    elif all(_is_nothing(value) or isinstance(value, list) for value in (before, after)):
        yield from _of_lists(field, _labelled(before or []), _labelled(after or []))
    elif before != after:
        yield Change(field, *_cut(_line(before), _line(after)))


def _is_nothing(value: Any) -> bool:
    # 0 and "no" are something.
    return value is None or (isinstance(value, str | list | dict) and not value)


def _of_lists(field: str, before: Object, after: Object) -> Iterator[Change]:
    """Another order is no news."""
    gone = ", ".join(label for label in before if label not in after)
    new = ", ".join(label for label in after if label not in before)
    if gone or new:
        yield Change(field, _shortened(gone), _shortened(new))
    for label in before.keys() & after.keys():
        if isinstance(before[label], dict) and isinstance(after[label], dict):
            yield from _of_objects(f"{field} › {label[:80]}", before[label], after[label])


def _labelled(values: list[Any]) -> Object:
    found: Object = {}
    for value in values[:_KEPT]:
        label = _label(value)
        found.setdefault(label, value)
    return found


def _label(value: Any) -> str:
    if isinstance(value, dict):
        return next((str(value[name]) for name in _LABELS if value.get(name)), _line(value))
    return _line(value)


def _line(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(_label, value[:_KEPT]))
        case dict():
            return ", ".join(f"{name}: {_line(part)}" for name, part in value.items())
    return str(value)


def _cut(before: str, after: str) -> tuple[str, str]:
    """Where both begin alike for long, from shortly before they differ."""
    alike = next((at for at, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
    start = max(0, alike - _LEAD) if alike > _SHOWN - 2 * _LEAD else 0
    lead = "…" if start else ""
    return _shortened(lead + before[start:]), _shortened(lead + after[start:])


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
