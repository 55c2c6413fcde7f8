"""Strings from strangers, made fit to be stored and shown: the one place where that is done."""

import math
import re
from typing import Any

MAX_TEXT = 1_000
_SPACE = re.compile(r"\s+")
# PostgreSQL takes no NUL and no half of a surrogate pair; the other control characters are invisible.
_UNFIT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]")
_LONE = re.compile(r"[\ud800-\udfff]")


def line(text: str | None, most: int = MAX_TEXT) -> str | None:
    """One line of at most `most` characters, trimmed; None for nothing."""
    if not text:
        return None
    # Cut first: a title may be as long as a page.
    return _SPACE.sub(" ", fit(text[: most * 10])).strip()[:most].strip() or None


def fit(text: str) -> str:
    """The text without what PostgreSQL refuses; half a character becomes U+FFFD."""
    # Nearly every text, in a tenth of the time.
    if text.isascii() and text.isprintable():
        return text
    return _LONE.sub("\ufffd", _UNFIT.sub("", text))


def clean(data: Any) -> Any:
    """Data for JSON with every string fit to store, and no number that JSON hasn't."""
    match data:
        case str():
            return fit(data)
        case float() if not math.isfinite(data):
            return None
        case dict():
            return {fit(str(key)): clean(value) for key, value in data.items()}
        case list() | tuple():
            return [clean(part) for part in data]
    return data
