"""Moments as pages write them, made aware: `2024-05-01`, `Wed, 01 May 2024 10:00:00 GMT`, `1. Mai 2024`."""

import re
import tomllib
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import cache, partial
from pathlib import Path

_MAX_LENGTH = 100
_FIRST, _LAST = 1970, 2100
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")
# What fromisoformat does not take: one digit for a month, slashes or dots, no seconds before the zone.
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(\d{4})(?!\d)")
# Of this century; with hyphens, the year may be the first.
_SHORT_YEAR = re.compile(r"(?<![\w./-])(\d{1,2})([/.])(\d{1,2})\2(\d\d)(?![\w./-]\d|\w)")
_CJK = re.compile(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
_WORDS = re.compile(r"[^\W\d_]{3,20}")
# Not that of somebody called berg2012.
_NUMBERS = re.compile(r"(?<![\w:.])\d{1,4}(?![\d:])")
_TIME = re.compile(
    r"(?<!\d)(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d{1,9})?\s?([ap]\.?m\b)?", re.IGNORECASE
)
_ZONE = re.compile(
    r"(?:GMT|UTC|\s|\d)([+-])(\d{2}):?(\d{2})\b|\b(Z|GMT|UTC|CES?T|E[SD]T|C[SD]T|M[SD]T|P[SD]T|BST|IST|JST)\b"
)
_HOURS = {
    "CET": 1, "CEST": 2, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
    "PST": -8, "PDT": -7, "BST": 1, "IST": 5.5, "JST": 9,
}  # fmt: skip


def moment(text: str, day_first: bool | None = None) -> datetime | None:
    """The moment, in UTC where the text names no zone; None if it can't be read or could mean two days.

    `day_first` tells which of the two 3/4/2024 means, where that is known.
    """
    text = " ".join(text[:_MAX_LENGTH].split())
    for reader in (_iso, _epoch, _mail, partial(_numbers, day_first=day_first), _named):
        try:
            found = reader(text)
            if found is not None and _FIRST <= found.year <= _LAST:
                return (found if found.tzinfo else found.replace(tzinfo=UTC)).replace(microsecond=0)
        except (ValueError, OverflowError):
            continue
    return None


def _iso(text: str) -> datetime | None:
    # A year, or the number of a week, is no day.
    return datetime.fromisoformat(text) if len(text) >= 8 and text[:4].isdecimal() else None


def _epoch(text: str) -> datetime | None:
    if not _EPOCH.fullmatch(text):
        return None
    return datetime.fromtimestamp(int(text[:10]), UTC)


def _mail(text: str) -> datetime | None:
    # It takes "1/2/2024" for a day of January, if in doubt.
    return parsedate_to_datetime(text) if text[:1].isalpha() and "," in text[:5] else None


def _numbers(text: str, day_first: bool | None) -> datetime | None:
    if found := _YEAR_FIRST.search(text) or _CJK.search(text):
        return _at(int(found[1]), int(found[2]), int(found[3]), text[found.end() :])
    if not (found := _YEAR_LAST.search(text) or _SHORT_YEAR.search(text)):
        return None
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    year += 2000 if year < 100 else 0
    # With dots, the day is first everywhere; with slashes, one of the two must be too large for a month.
    if found[2] == "." or first > 12 or first == second or (day_first and second <= 12):
        return _at(year, second, first, text[found.end() :])
    if second > 12 or day_first is False:
        return _at(year, first, second, text[found.end() :])
    return None


def _named(text: str) -> datetime | None:
    month = next(
        (m for word in _WORDS.findall(text.casefold()) if (m := _months().get(word))), None
    )
    if month is None:
        return None
    numbers = [int(number) for number in _NUMBERS.findall(text)]
    years = [number for number in numbers if _FIRST <= number <= _LAST]
    days = [number for number in numbers if 1 <= number <= 31]
    return _at(years[0], month, days[0], text) if years and days else None


def _at(year: int, month: int, day: int, rest: str) -> datetime:
    hour = minute = second = 0
    if time := _TIME.search(rest):
        hour, minute, second = int(time[1]), int(time[2]), int(time[3] or 0)
        if time[4] and hour <= 12:
            hour = hour % 12 + (12 if time[4][0] in "pP" else 0)
        rest = rest[time.end() - 1 :]
    return datetime(year, month, day, hour, minute, second, tzinfo=_zone(rest) if time else UTC)


def _zone(rest: str) -> timezone:
    found = _ZONE.search(rest)
    if not found:
        return UTC
    if found[4]:
        return timezone(timedelta(hours=_HOURS.get(found[4], 0)))
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(offset if found[1] == "+" else -offset)


@cache
def _months() -> dict[str, int]:
    """Names and short forms, in lower case, of many languages → 1 to 12."""
    named = tomllib.loads(Path(__file__).with_name("months.toml").read_text("utf-8"))
    return {
        name: number
        for names in named.values()
        for number, forms in enumerate(names, 1)
        for name in forms.split()
    }
