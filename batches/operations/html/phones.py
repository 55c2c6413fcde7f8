"""Phone numbers that a page shows."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import unquote

import phonenumbers

from batches.operations.html.search import ends, lowered, places

MAX_FOUND = 200
_MAX_WINDOWS, _WINDOW = 200, 70
_DIGITS = re.compile(r"\d[\d\s()/.\u2010-\u2013-]{4,24}\d")
_WORDS = (
    "fax", "tel", "t\u00e9l", "fon", "phone", "mobil", "m\u00f3vil", "cell", "handy", "hotline", "call", "ruf",
    "\u0442\u0435\u043b", "\u96fb\u8a71", "\u7535\u8bdd", "\u260e", "\u2706", "\U0001f4de", "whatsapp", "kontakt", "contact", "office",
)  # fmt: skip
# The rest of the word, what stands between, and a number that is written as people do.
_NUMBER = re.compile(
    r"[^\W\d_]{0,12}[\s.:|/&+()\u2013-]{0,6}(?:(?:fax|us|no|nr|number|nummer|at|under|unter)\b[\s.:]{0,4}){0,2}"
    r"((?:\+|\(?0)[\d\s()/.\u2010-\u2013-]{5,24}\d|\(\d{2,5}\)[\d\s/.\u2010-\u2013-]{4,20}\d|\d{3}[-. ]\d{3}[-. ]\d{4})(?!\d)"
)

# Country codes as top-level domains that are sold to anybody say nothing of a country.
_SOLD = frozenset({
    "ai", "am", "cc", "co", "fm", "gg", "io", "is", "la", "ly", "me", "sh", "so", "to", "tv", "ws",
})  # fmt: skip
# Where most who write a language are at home. Not sure enough to dial by; enough to tell a number from a date.
_HOMES = {
    "cs": ("CZ",), "da": ("DK",), "de": ("DE", "AT", "CH"), "el": ("GR",), "en": ("US", "GB", "AU", "IE"),
    "es": ("ES", "MX", "AR", "CL", "CO"), "fi": ("FI",), "fr": ("FR", "BE", "CH"), "hu": ("HU",), "it": ("IT", "CH"),
    "ja": ("JP",), "nb": ("NO",), "nl": ("NL", "BE"), "no": ("NO",), "pl": ("PL",), "pt": ("PT", "BR"), "ro": ("RO",),
    "ru": ("RU",), "sk": ("SK",), "sv": ("SE",), "tr": ("TR",), "uk": ("UA",),
}  # fmt: skip


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


def spoken_of(
    text: str, country: str | None = None, language: str | None = None
) -> tuple[list[str], list[str]]:
    """Numbers in running text beside a word that says what they are: to call, and to send a fax to.

    Only what is a valid number: beside such words stand dates and opening hours, too. Where only the `language`
    tells of what country it may be, it stays as it is written. Looks at a bounded number of short windows, for
    a page may be full of digits.
    """
    homes = _HOMES.get((language or "").strip().lower()[:2], ())
    calls: dict[str, None] = {}
    faxes: dict[str, None] = {}
    if not _DIGITS.search(text):
        return [], []
    lower = lowered(ends(text))
    for word in _WORDS:
        for at in places(lower, word, _MAX_WINDOWS):
            end = at + len(word)
            number = _NUMBER.match(lower, end, end + _WINDOW)
            # Within a word it is another: “hotel 030…”.
            if number is None or lower[max(0, at - 1) : at].isalnum():
                continue
            # “Telefax” is found by its beginning.
            fax = word == "fax" or number[0].startswith("efax")
            if valid := _valid(number[1], country, homes):
                (faxes if fax else calls)[valid] = None
    return list(calls)[:MAX_FOUND], list(faxes)[:MAX_FOUND]


def _valid(written: str, country: str | None, homes: Sequence[str]) -> str:
    """Empty if it is none in any of these countries."""
    if number := _of_country(written, country):
        return _e164(number)
    guessed = country is None and any(_of_country(written, home) for home in homes)
    return " ".join(written.split()) if guessed else ""


def _of_country(written: str, country: str | None) -> phonenumbers.PhoneNumber | None:
    number = _parsed(written, country)
    return number if number and phonenumbers.is_valid_number(number) else None


def _international(written: str, country: str | None) -> str:
    number = _parsed(written, country)
    if number is None:
        return written
    # The country is a guess unless the number says it.
    sure = written.startswith(("+", "00")) and phonenumbers.is_possible_number(number)
    return _e164(number) if sure or phonenumbers.is_valid_number(number) else written


def _parsed(written: str, country: str | None) -> phonenumbers.PhoneNumber | None:
    # As most of the world dials; where a country is known, it may be one that dials otherwise.
    if country is None and written.startswith("00"):
        written = f"+{written[2:]}"
    try:
        return phonenumbers.parse(written, country)
    except phonenumbers.NumberParseException:
        return None


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
