"""E-mail addresses and phone numbers that a page shows."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

import phonenumbers
from email_validator import EmailNotValidError, validate_email

MAX_FOUND = 200
_MAX_ATS = 1_000
# Fewer than the standard allows: in running text, "=", "/" and "&" stand beside an address.
_LOCAL = frozenset("._%+-'")
_DOMAIN = frozenset(".-")
# What looks like an address and names a file: logo@2x.png.
_FILES = (
    ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".avif", ".ico", ".css", ".js", ".mjs", ".map",
    ".json", ".woff", ".woff2", ".ttf", ".mp4", ".webm", ".pdf", ".html", ".php",
)  # fmt: skip


def emails(text: str, stated: Iterable[str] = ()) -> list[str]:
    """Addresses in lower case, each once, in the order they are found; `stated`, as in links, first."""
    found: dict[str, None] = {}
    for source in [*(unquote(part.partition("?")[0]) for part in stated), text]:
        for candidate in _around_ats(source):
            if len(found) >= MAX_FOUND:
                return list(found)
            if address := _valid(candidate):
                found[address] = None
    return list(found)


def _around_ats(text: str) -> Iterator[str]:
    """From each @ outwards, a bounded number of steps: linear, whatever the text."""
    at = text.find("@")
    for _ in range(_MAX_ATS):
        if at < 0:
            return
        start, end = at, at + 1
        # One more than is allowed: half of something longer must not pass for an address.
        while start > 0 and at - start < 65 and _fits(text[start - 1], _LOCAL):
            start -= 1
        while end < len(text) and end - at < 254 and _fits(text[end], _DOMAIN):
            end += 1
        if start < at and end > at + 3:
            yield text[start:end]
        at = text.find("@", at + 1)


def _fits(character: str, others: frozenset[str]) -> bool:
    return character.isalnum() or character in others


def _valid(candidate: str) -> str:
    if "%" in candidate:
        candidate = unquote(candidate).rpartition(" ")[2]
    candidate = candidate.strip(".'-").lower()
    if candidate.endswith(_FILES) or candidate.find("@") > 64:
        return ""
    try:
        return validate_email(candidate, check_deliverability=False).normalized
    except EmailNotValidError:
        return ""


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
