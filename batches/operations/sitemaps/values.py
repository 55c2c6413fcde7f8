"""What a sitemap says of a page, as far as it says anything that can be understood."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any, NamedTuple

from batches.operations.web.targets import MAX_URL

FREQUENCIES = frozenset({"always", "hourly", "daily", "weekly", "monthly", "yearly", "never"})
MAX_RAW = 100
_MAX_DATE = 60
# W3C's profile of ISO 8601: a year, a month, a day, or a moment. https://www.w3.org/TR/NOTE-datetime
_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?\s*"
    r"(Z|[+-]\d\d:?\d\d)?)?)?)?"
)
# A day, a moment in UTC, a moment elsewhere: nearly all there are.
_USUAL_LENGTHS = frozenset({10, 20, 25})
_SCHEMES = ("http://", "https://")


class Child(NamedTuple):
    """A sitemap that an index names. `lastmod` is UTC; `raw` is what stood there if it means nothing."""

    url: str
    lastmod: datetime | None = None
    raw: str = ""


class Entry(NamedTuple):
    """A page that a sitemap names. `lastmod` is UTC; `raw` is what stood there if it means nothing.

    Of images, videos and alternates (the page in other languages), how many; the first few of them in `details`,
    by the names that are stored. None: there are none.
    """

    url: str
    lastmod: datetime | None = None
    raw: str = ""
    changefreq: str = ""
    priority: float | None = None
    images: int = 0
    videos: int = 0
    news: bool = False
    alternates: int = 0
    details: dict[str, Any] | None = None


def moment(text: str) -> datetime | None:
    """A date of any precision as its first moment, UTC; of an RSS feed, too. None if it is none."""
    # Before anything is remembered: what is remembered would be megabytes.
    return _read(text) if len(text) <= _MAX_DATE else None


@lru_cache(maxsize=4_096)
def _read(text: str) -> datetime | None:
    if len(text) in _USUAL_LENGTHS and text[4] == text[7] == "-":
        try:
            return _utc(datetime.fromisoformat(text))
        except (ValueError, OverflowError):
            pass
    text = text.strip()
    if found := _DATE.fullmatch(text):
        return _moment(found)
    try:
        return _utc(parsedate_to_datetime(text))
    except (ValueError, OverflowError, IndexError):
        return None


def _utc(when: datetime) -> datetime:
    if when.tzinfo is UTC:
        return when
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)


def _moment(found: re.Match[str]) -> datetime | None:
    year, month, day, hour, minute, second, zone = found.groups()
    text = f"{year}-{month or '01'}-{day or '01'}T{hour or '00'}:{minute or '00'}:{second or '00'}"
    try:
        return datetime.fromisoformat(f"{text}{zone or 'Z'}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def frequency(text: str) -> str:
    lowered = text.strip().lower()
    return lowered if lowered in FREQUENCIES else ""


def priority(text: str) -> float | None:
    """Between 0 and 1. Some write a comma."""
    return _number(text) if len(text) <= _MAX_DATE else None


@lru_cache(maxsize=256)
def _number(text: str) -> float | None:
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return value if 0.0 <= value <= 1.0 else None


def address(text: str) -> str:
    """Empty if it is none, or longer than any page's."""
    text = text.strip()
    if len(text) > MAX_URL:
        return ""
    if text.startswith(_SCHEMES) or text[:8].lower().startswith(_SCHEMES):
        return text
    return ""
