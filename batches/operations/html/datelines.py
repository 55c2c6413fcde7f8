"""Dates that people read on a page: at its heading, behind a word such as “Published”, in what is named after dates."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice

from batches.operations.html import urls
from batches.operations.html.dates import moment
from batches.operations.html.document import Document
from batches.operations.html.surroundings import around, is_front

# Day, month and year, in numbers or words; nothing that could be a price or a telephone number.
_WHOLE_DATE = re.compile(
    r"(?<![\w.,/-])(?:\d{1,2}([./-])\s?\d{1,2}\1\s?(?:19|20)\d\d|\d{1,2}\.\d{1,2}\.\d\d|\d{1,2}/\d{1,2}/\d\d"
    r"|(?:19|20)\d\d([-/.])\d{1,2}\2\d{1,2}|(?:19|20)\d\d\s?[年년]\s?\d{1,2}\s?[月월]\s?\d{1,2}\s?[日일]"
    r"|\d{1,2}(?:st|nd|rd|th|\.|er|º|ª)?\s?(?:de\s|of\s)?[^\W\d_]{3,12}\.?,?\s(?:de\s|del\s)?(?:19|20)\d\d"
    r"|[^\W\d_]{3,12}\.?\s\d{1,2}(?:st|nd|rd|th)?,?\s(?:19|20)\d\d)(?!\d|[./-]\d)"
)
_YEARS = re.compile(r"20\d\d"), re.compile(r"19\d\d")
_MADE = re.compile(
    r"\b(?:publi\w*|pubbl\w+|veröffentlicht|erschienen|erstellt|eingestellt|gepostet|verfasst|geschrieben|datum|date|posted|created|written"
    r"|en ligne|geplaatst|gepubliceerd|opublikowano|дата|опубликовано|(?:article was|artikel wurde)|(?:by|von|par|por|door)\s[^.,;\d]{2,25})"
    r"\b[^.\d]{0,25}\Z",
    re.IGNORECASE,
)
_CHANGED = (
    r"\b(?:aktualisiert|geändert|änderung|bearbeitet|up-?dated?|modified|modification|edited|revised|changed?|mise? à jour"
    r"|actuali[sz]\w+|modifi\w+|aggiornat\w+|bijgewerkt|gewijzigd|atualizad\w+|uppdaterad|oppdatert|opdateret|обновлено|изменено"
)
_AS_OF = re.compile(_CHANGED + r"|stand)\b[^.\d]{0,25}\Z", re.IGNORECASE)
_OF_OTHERS = re.compile(
    _CHANGED
    + r"|joined|registriert|registered|since|seit|geboren|born|erscheinungsdatum|inscrit)\b[^.\d]{0,25}\Z",
    re.IGNORECASE,
)
_IN_SCRIPT = re.compile(r"20\d\d-\d\d-\d\d[T :.\dZ+-]{0,20}")
_KEY = re.compile(
    r"(publi(?:shed|cation|sh)?|pub|creat(?:ed|ion)|created)(?:_?(?:at|on|date|time))?[\"'\\]*\s*[:=]\s*\\*[\"']\Z",
    re.IGNORECASE,
)
# A space to every pattern.
_BETWEEN = "\x1f"
_MAX_IN_SCRIPT, _MAX_YEARS, _LABEL = 500, 200, 50
# Where English is read, but 3/4 is a day of April; others are where pages often leave their language out.
_DAY_FIRST = frozenset({"uk", "au", "nz", "ie", "in", "za", "de", "fr", "it", "es", "nl", "br"})


def at_heading(document: Document) -> datetime | None:
    """The date that stands nearest to the heading of a page inside a site: of ten, nine are when it was published."""
    if is_front(document):
        return None
    first = day_first(document)
    near = (found for before, behind in around(document) for found in _near(before, behind, first))
    return min(near, key=lambda found: found[0], default=(0, None))[1]


def _near(
    before: list[str], behind: list[str], first: bool | None
) -> Iterator[tuple[int, datetime]]:
    """How many pieces a date is away from the heading, and the date; those behind it first."""
    text = _BETWEEN.join(behind)
    for when, said, at in _dates(text, first):
        if not _OF_OTHERS.search(said):
            yield text.count(_BETWEEN, 0, at), when
    text = _BETWEEN.join(before)
    for when, said, at in _dates(text, first):
        if not _OF_OTHERS.search(said):
            yield text.count(_BETWEEN, at), when


def labelled(document: Document, changed: bool = False) -> datetime | None:
    """A date behind a word that says it is when the page was published, or else `changed`."""
    label = _AS_OF if changed else _MADE
    text, first = document.text, day_first(document)
    # Looking for years, which few texts have, takes a hundredth of looking for dates.
    years = (year for pattern in _YEARS for year in islice(pattern.finditer(text), _MAX_YEARS))
    for year in years:
        around = " ".join(text[max(0, year.start() - _LABEL * 2) : year.end() + 20].split())
        for when, said, _ in _dates(around, first):
            if label.search(said):
                return when
    return None


def in_scripts(document: Document) -> datetime | None:
    """The one day that the data of its scripts give for a publication, else for a creation."""
    found: dict[str, dict[date, datetime]] = {"p": {}, "c": {}}
    for text in document.scripts:
        for mark in islice(_IN_SCRIPT.finditer(text), _MAX_IN_SCRIPT):
            key = _KEY.search(text, max(0, mark.start() - 40), mark.start())
            if key and (when := moment(mark[0])):
                found[key[1][0].lower()].setdefault(when.date(), when)
    only = (list(days.values()) for days in found.values() if len(days) == 1)
    return next(only, [None])[0]


def whole(text: str, first: bool | None) -> datetime | None:
    """The first date in the text."""
    return next((when for when, _, _ in _dates(text, first)), None)


def day_first(document: Document) -> bool | None:
    """Which of the two 3/4/2024 means to whoever the page is written for; None if that can't be told."""
    root = document.tree.css_first("html")
    language = ((root.attributes.get("lang") if root else None) or "").lower().replace("_", "-")
    if language == "en-us":
        return False
    if language[:2] not in ("en", ""):
        return True
    end = urls.host(document.url).rpartition(".")[2]
    return True if len(language) > 2 or end in _DAY_FIRST else None


def _dates(text: str, first: bool | None) -> Iterator[tuple[datetime, str, int]]:
    """Each date, what stands before it, and where it begins."""
    for found in _WHOLE_DATE.finditer(text):
        at = found.start()
        if when := moment(text[at : found.end() + 20], first):
            yield when, text[max(0, at - _LABEL) : at], at
