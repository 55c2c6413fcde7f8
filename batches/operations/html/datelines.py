"""Dates that people read on a page: at its heading, behind a word such as “Published”, in what is named after dates."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import islice

from selectolax.lexbor import LexborNode

from batches.operations.html import urls
from batches.operations.html.dates import moment
from batches.operations.html.document import BETWEEN, Document
from batches.operations.html.titles import heading, headline

# Day, month and year, in numbers or words; nothing that could be a price or a telephone number.
_WHOLE_DATE = re.compile(
    r"(?<![\w.,/-])(?:\d{1,2}([./-])\s?\d{1,2}\1\s?(?:19|20)\d\d|\d{1,2}\.\d{1,2}\.\d\d|\d{1,2}/\d{1,2}/\d\d"
    r"|(?:19|20)\d\d([-/.])\d{1,2}\2\d{1,2}|(?:19|20)\d\d\s?[年년]\s?\d{1,2}\s?[月월]\s?\d{1,2}\s?[日일]"
    r"|\d{1,2}(?:st|nd|rd|th|\.|er|º|ª)?\s?(?:de\s|of\s)?[^\W\d_]{3,12}\.?,?\s(?:de\s|del\s)?(?:19|20)\d\d"
    r"|[^\W\d_]{3,12}\.?\s\d{1,2}(?:st|nd|rd|th)?,?\s(?:19|20)\d\d)(?!\d|[./-]\d)"
)
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
_MAX_LOOKED, _MAX_PLACES, _MAX_SHORT, _MAX_BEGINNING = 100_000, 5, 90, 40
_MAX_IN_SCRIPT, _BEHIND, _BEFORE, _LABEL, _BEGINNING, _MAX_UP = 500, 30, 12, 50, 30, 12
# 18.01.2018 - Farmers …; Dover (18.01.2018). Farmers …
_DATED_PROSE = re.compile(r"\W{0,2}\d|[^\d(]{0,25}\(\d|\W{0,2}[^\W\d_]{3,9}\.? \d")
# Where English is read, but 3/4 is a day of April; others are where pages often leave their language out.
_DAY_FIRST = frozenset({"uk", "au", "nz", "ie", "in", "za", "de", "fr", "it", "es", "nl", "br"})
# Said of something else: a comment, another page.
_ELSEWHERE = re.compile(
    r"comment|sidebar|related|recommend|popular|teaser|footer|recent|archive", re.IGNORECASE
)


def at_heading(document: Document) -> datetime | None:
    """The date that stands nearest to the heading of a page inside a site: of ten, nine are when it was published."""
    if is_front(document):
        return None
    pieces, first = _pieces(document), day_first(document)
    near = (found for place in _headings(document, pieces) for found in _near(pieces, place, first))
    return min(near, key=lambda found: found[0], default=(0, None))[1]


def _near(pieces: list[str], place: int, first: bool | None) -> Iterator[tuple[int, datetime]]:
    """How many pieces a date is away from the one at `place`, and the date; behind it first."""
    behind = BETWEEN.join(_until_prose(pieces[place + 1 : place + 1 + _BEHIND], 2))
    before = BETWEEN.join(
        [*_until_prose(reversed(pieces[max(0, place - _BEFORE) : place]), 1)][::-1]
    )
    for when, said, at in _dates(behind, first):
        if not _OF_OTHERS.search(said):
            yield behind.count(BETWEEN, 0, at), when
    for when, said, at in _dates(before, first):
        if not _OF_OTHERS.search(said):
            yield before.count(BETWEEN, at), when


def _until_prose(pieces: Iterable[str], most: int) -> Iterator[str]:
    """Of what is long, only a date that it begins with: those inside are of what it tells."""
    for piece in pieces:
        if len(piece) <= _MAX_SHORT:
            yield piece
            continue
        most -= 1
        yield piece[:_MAX_BEGINNING] if _DATED_PROSE.match(piece) else ""
        if not most:
            return


def labelled(document: Document, changed: bool = False) -> datetime | None:
    """A date behind a word that says it is when the page was published, or else `changed`."""
    label = _AS_OF if changed else _MADE
    dates = _dates(" ".join(_pieces(document)), day_first(document))
    return next((when for when, said, _ in dates if label.search(said)), None)


def is_front(document: Document) -> bool:
    return document.url.count("/") < 4 and document.url.endswith("/")


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


def elsewhere(node: LexborNode) -> bool:
    """Whether it stands in a comment, or beside what the page is about."""
    parent = node.parent
    for _ in range(_MAX_UP):
        if parent is None or parent.tag in ("body", "html", "main", None):
            return False
        own = parent.attributes
        if parent.tag in ("aside", "footer", "nav") or _ELSEWHERE.search(
            f"{own.get('class') or ''} {own.get('id') or ''}"
        ):
            return True
        parent = parent.parent
    return False


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


def _pieces(document: Document) -> list[str]:
    found = (" ".join(p.split()) for p in document.pieces[:_MAX_LOOKED].split(BETWEEN))
    return [piece for piece in found if piece]


def _headings(document: Document, pieces: list[str]) -> Iterator[int]:
    """Where a heading ends or goes on, in the order of the page."""
    names = filter(None, (headline(document, None), heading(document)))
    for name in dict.fromkeys(names):
        begins = name[:_BEGINNING]
        places = (
            place
            for place, piece in enumerate(pieces)
            if (piece.startswith(begins) and (len(name) >= _BEGINNING or piece == name))
            or (len(piece) > _BEGINNING / 3 and begins.startswith(piece))
        )
        yield from islice(places, _MAX_PLACES)


def _dates(text: str, first: bool | None) -> Iterator[tuple[datetime, str, int]]:
    """Each date, what stands before it, and where it begins."""
    for found in _WHOLE_DATE.finditer(text):
        at = found.start()
        if when := moment(text[at : found.end() + 20], first):
            yield when, text[max(0, at - _LABEL) : at], at
