"""Phone numbers that a page shows."""

import re
from collections.abc import Iterable
from urllib.parse import unquote

import phonenumbers

MAX_FOUND = 200


# Country codes as top-level domains that are sold to anybody say nothing of a country.
_SOLD = frozenset({
    "ai", "am", "cc", "co", "fm", "gg", "io", "is", "la", "ly", "me", "sh", "so", "to", "tv", "ws",
})  # fmt: skip


def region(language: str | None, host: str) -> str | None:
    """The country whose numbers a page is likely to write without a country code; None if unknown."""
    tagged = re.fullmatch(r"[a-z]{2,3}[-_]([a-z]{2})", (language or "").strip(), re.IGNORECASE)
    end = host.rpartition(".")[2].lower()
    code = "" if end in _SOLD else {"uk": "GB"}.get(end, end.upper())
    for found in (tagged[1].upper() if tagged else "", code):
        if found in phonenumbers.SUPPORTED_REGIONS:
            return found
    return None


def phones(written: Iterable[str], country: str | None = None) -> list[str]:
    """Numbers in international form where that can be known, else as written; each once."""
    found: dict[str, None] = {}
    for text in written:
        plain = unquote(text).partition(";")[0].strip().lstrip("/")[:40]
        # The shortest numbers that anybody gives to strangers have five digits.
        if sum(map(str.isdigit, plain)) >= 5:
            found[_international(plain, country)] = None
    return list(found)[:MAX_FOUND]


def _international(written: str, country: str | None) -> str:
    try:
        number = phonenumbers.parse(written, country)
    except phonenumbers.NumberParseException:
        return written
    # The country is a guess unless the number says it.
    sure = written.startswith(("+", "00")) and phonenumbers.is_possible_number(number)
    if not sure and not phonenumbers.is_valid_number(number):
        return written
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
