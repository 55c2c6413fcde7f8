"""What a page and its server tell search engines."""

import re
from typing import Any

from batches.operations.html.clean import line
from batches.operations.html.document import Document

_MAX_TEXT = 300
# "googlebot: noindex" is said to one; "max-snippet: 20" is a rule, and "unavailable_after" has a date.
_TO_ONE = re.compile(r"([a-z0-9_-]{2,40})\s*:\s*(?=[a-z])", re.IGNORECASE)
_RULES = frozenset({"max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"})


def robots(document: Document) -> dict[str, Any]:
    """`meta` and `header` as written, None where nothing is; `index` and `follow` as both together mean."""
    meta = ", ".join(document.metas.get("robots", ())[:5])
    header = document.headers.get("x-robots-tag", "")
    rules = set(_rules(meta)) | set(_rules(_to_all(header[: _MAX_TEXT * 4])))
    nothing = "none" in rules
    return {
        "meta": line(meta, _MAX_TEXT),
        "header": line(header, _MAX_TEXT),
        "index": not nothing and "noindex" not in rules,
        "follow": not nothing and "nofollow" not in rules,
    }


def _rules(text: str) -> list[str]:
    return [rule.strip() for rule in text.lower().replace(";", ",").split(",")]


def _to_all(header: str) -> str:
    """The rules that are meant for all: whoever is named, is told all that follows up to the next name."""
    kept, to_one = [], False
    for rule in header.split(","):
        named = _TO_ONE.match(rule.strip())
        if named and named[1].lower() not in _RULES:
            to_one = named[1].lower() not in ("robots", "all", "otherbot")
            rule = rule.strip()[named.end() :]
        if not to_one:
            kept.append(rule)
    return ",".join(kept)
