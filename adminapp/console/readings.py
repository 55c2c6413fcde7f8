"""Values out of stored results, whatever an older version, or somebody's own operation, has put there.

Nothing here raises: a value of another type than the page can show is taken for one that is not there.
"""

from datetime import UTC, datetime
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

# More than anything that is counted here; beyond, a quotient of two may not fit a float.
_MOST = 10**15
_LONGEST = 500


def text(value: Any, longest: int = _LONGEST) -> str:
    """In one line; numbers as they are written, of anything else nothing."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value) if number(value) is not None else ""
    return " ".join(value[: longest * 2].split())[:longest] if isinstance(value, str) else ""


def texts(value: Any, most: int) -> list[str]:
    """Of a list the texts, each once; a text by itself is a list of one."""
    parts = value if isinstance(value, list) else [value]
    return list(dict.fromkeys(found for part in parts[:most] if (found := text(part))))


def number(value: Any) -> int | float | None:
    """One that counts or measures: not negative, not endless."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value < _MOST and isfinite(value) else None


def count(value: Any) -> int:
    """Of a list its length, as older results have a list where newer ones have its length."""
    return len(value) if isinstance(value, list | dict) else int(number(value) or 0)


def mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def mappings(value: Any, most: int, name: str) -> list[dict[str, Any]]:
    """Of a list the objects; a bare text becomes an object with only this name."""
    parts = value[:most] if isinstance(value, list) else []
    shaped = ({name: part} if isinstance(part, str) else part for part in parts)
    return [part for part in shaped if isinstance(part, dict) and part]


def link(value: Any) -> str:
    """An address that may stand in an href; empty for anything but http and https."""
    address = value.strip() if isinstance(value, str) else ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in ("http", "https") and parts.netloc else ""


def moment(value: Any) -> datetime | None:
    """From ISO 8601; without a zone it is taken for UTC."""
    try:
        found = datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None
