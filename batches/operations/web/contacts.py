"""E-mail addresses, phone numbers and social profiles that a page shows."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

import phonenumbers
from email_validator import EmailNotValidError, validate_email

MAX_CANDIDATES = 200
_LOCAL = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.!#$%&'*+/=?^_`{|}~-"
)
_DOMAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")
# What looks like an address and names a file: logo@2x.png.
_FILES = (
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".svg",
    ".webp",
    ".avif",
    ".ico",
    ".css",
    ".js",
    ".json",
    ".woff",
    ".woff2",
)


def emails(text: str, mailtos: Iterable[str] = ()) -> list[str]:
    """Addresses in lower case, each once, in the order they are found; links first."""
    found: dict[str, None] = {}
    for candidate in [*_from_links(mailtos), *_around_ats(text)]:
        if len(found) < MAX_CANDIDATES and (address := _valid(candidate)):
            found[address] = None
    return list(found)


def _from_links(mailtos: Iterable[str]) -> Iterator[str]:
    for href in mailtos:
        yield from unquote(href[len("mailto:") :].partition("?")[0]).split(",")


def _around_ats(text: str) -> Iterator[str]:
    """From each @ outwards, a bounded number of steps: linear, whatever the text."""
    at = text.find("@")
    for _ in range(MAX_CANDIDATES * 5):
        if at < 0:
            return
        start = at
        while start > 0 and at - start < 64 and text[start - 1] in _LOCAL:
            start -= 1
        end = at + 1
        while end < len(text) and end - at < 254 and text[end] in _DOMAIN:
            end += 1
        if start < at and end > at + 3:
            yield text[start:end]
        at = text.find("@", at + 1)


def _valid(candidate: str) -> str:
    candidate = candidate.strip().strip(".'").lower()
    if candidate.endswith(_FILES):
        return ""
    try:
        return validate_email(candidate, check_deliverability=False).normalized
    except EmailNotValidError:
        return ""


def phones(links: Iterable[str], region: str | None = None) -> list[str]:
    """Numbers from tel: links, in international form where that can be known, else as written."""
    found: dict[str, None] = {}
    for href in links:
        written = unquote(href[len("tel:") :]).partition(";")[0].strip()[:40]
        if written:
            found[_international(written, region)] = None
    return list(found)[:MAX_CANDIDATES]


def _international(written: str, region: str | None) -> str:
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return written
    if not phonenumbers.is_possible_number(number):
        return written
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


# Network → what follows its host in the address of a profile. Share buttons and posts do not match.
_PROFILES = {
    "facebook": re.compile(r"(?:[a-z-]+\.)?facebook\.com/(?!sharer|share|dialog|plugins|tr\b|groups/|events/|p/|photo|watch|login)([\w.-]{2,80})/?$"),
    "x": re.compile(r"(?:www\.|mobile\.)?(?:twitter|x)\.com/(?!share|intent|home|search|hashtag|i/)@?(\w{1,15})/?$"),
    "instagram": re.compile(r"(?:www\.)?instagram\.com/(?!p/|reel|explore|accounts|stories)([\w.]{1,30})/?$"),
    "linkedin": re.compile(r"(?:[a-z]{2,3}\.)?linkedin\.com/((?:company|in|school)/[^/?#]{1,100})/?$"),
    "youtube": re.compile(r"(?:www\.|m\.)?youtube\.com/((?:channel/|c/|user/|@)[^/?#]{1,100})/?$"),
    "tiktok": re.compile(r"(?:www\.)?tiktok\.com/@([\w.]{2,24})/?$"),
    "pinterest": re.compile(r"(?:www\.|[a-z]{2}\.)?pinterest\.[a-z.]{2,6}/(?!pin/)([\w-]{3,30})/?$"),
    "github": re.compile(r"(?:www\.)?github\.com/([a-z\d](?:[a-z\d-]{0,38}))/?$"),
    "mastodon": re.compile(r"(?:mastodon\.[a-z]+|mstdn\.[a-z]+)/@(\w{1,30})/?$"),
    "bluesky": re.compile(r"bsky\.app/profile/([\w.-]{3,253})/?$"),
}  # fmt: skip


def profiles(links: Iterable[str]) -> dict[str, str]:
    """Network → the first profile that is linked, without tracking parameters."""
    found: dict[str, str] = {}
    for href in links:
        place = href.partition("://")[2].partition("?")[0].partition("#")[0]
        for network, pattern in _PROFILES.items():
            if network not in found and pattern.match(place.lower()):
                found[network] = f"https://{place.rstrip('/')}"
    return found
