"""What a sitemap says of a page, as far as it says anything that can be understood."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from batches.operations.web.targets import MAX_URL

FREQUENCIES = frozenset({"always", "hourly", "daily", "weekly", "monthly", "yearly", "never"})
MAX_TEXT = 500
# W3C's profile of ISO 8601: a year, a month, a day, or a moment. https://www.w3.org/TR/NOTE-datetime
_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?\s*"
    r"(Z|[+-]\d\d:?\d\d)?)?)?)?"
)


@dataclass(frozen=True, slots=True)
class Child:
    """A sitemap that an index names. `lastmod` is UTC; `raw` is what stood there if it means nothing."""

    url: str
    lastmod: datetime | None = None
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A page that a sitemap names. `lastmod` is UTC; `raw` is what stood there if it means nothing.

    `alternates` are (hreflang, URL); images, videos and news are plain dictionaries of their texts.
    """

    url: str
    lastmod: datetime | None = None
    raw: str = ""
    changefreq: str = ""
    priority: float | None = None
    mobile: bool = False
    images: list[dict[str, str]] = field(default_factory=list)
    videos: list[dict[str, str]] = field(default_factory=list)
    news: list[dict[str, str]] = field(default_factory=list)
    alternates: list[tuple[str, str]] = field(default_factory=list)


def moment(text: str) -> datetime | None:
    """A date of any precision as its first moment, UTC; of an RSS feed, too. None if it is none."""
    text = text.strip()
    if found := _DATE.fullmatch(text):
        return _moment(found)
    try:
        parsed = parsedate_to_datetime(text)
    except (ValueError, OverflowError, IndexError):
        return None
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return aware.astimezone(UTC)


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
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return None
    return value if 0.0 <= value <= 1.0 else None


def address(text: str) -> str:
    """Empty if it is none, or longer than any page's."""
    text = text.strip()
    return text if len(text) <= MAX_URL and text.startswith(("http://", "https://")) else ""
