"""What stands around the heading of a page: there it says who wrote it, and when."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from selectolax.lexbor import LexborNode

from batches.operations.html.document import Document
from batches.operations.html.titles import heading, headline

_FEW, _MAX_PLACES, _MAX_SHORT, _MAX_BEGINNING, _BEHIND, _BEFORE, _BEGINNING, _MAX_UP = (
    8,
    5,
    90,
    40,
    30,
    12,
    30,
    12,
)
# 18.01.2018 - Farmers …; Dover (18.01.2018). Farmers …
_DATED_PROSE = re.compile(r"\W{0,2}\d|[^\d(]{0,25}\(\d|\W{0,2}[^\W\d_]{3,9}\.? \d")
# Said of something else: a comment, another page.
_ELSEWHERE = re.compile(
    r"comment|sidebar|related|recommend|popular|teaser|footer|recent|archive", re.IGNORECASE
)


def around(document: Document) -> Iterator[tuple[list[str], list[str]]]:
    """Of each place that shows the name of the page: the pieces of text before it, and those behind."""
    pieces = document.pieces
    for place in _places(document, pieces):
        before = reversed(pieces[max(0, place - _BEFORE) : place])
        behind = pieces[place + 1 : place + 1 + _BEHIND]
        yield [*_until_prose(before, 1)][::-1], [*_until_prose(behind, 2)]


def _places(document: Document, pieces: list[str]) -> Iterator[int]:
    names = filter(None, (headline(document, None), heading(document)))
    for name in dict.fromkeys(names):
        likely = (
            place for place, piece in enumerate(pieces) if piece[:_FEW] == name[: len(piece[:_FEW])]
        )
        yield from islice((p for p in likely if _names(pieces[p], name)), _MAX_PLACES)


def _names(piece: str, name: str) -> bool:
    """Whether the text is the name of the page, or the beginning of it, as where a part is emphasised."""
    piece, begins = " ".join(piece[: _BEGINNING * 10].split()), name[:_BEGINNING]
    if len(piece) < len(begins):
        return len(piece) > _BEGINNING / 3 and begins.startswith(piece)
    return piece.startswith(begins) and (len(name) >= _BEGINNING or piece == name)


def _until_prose(pieces: Iterable[str], most: int) -> Iterator[str]:
    """Of what is long, only a date that it begins with: those inside are of what it tells."""
    for piece in pieces:
        piece = " ".join(piece[: _MAX_SHORT * 10].split())
        if len(piece) <= _MAX_SHORT:
            yield piece
            continue
        most -= 1
        yield piece[:_MAX_BEGINNING] if _DATED_PROSE.match(piece) else ""
        if not most:
            return


def is_front(document: Document) -> bool:
    """Whether it is the first page of its site."""
    return document.url.count("/") < 4 and document.url.endswith("/")


def elsewhere(node: LexborNode) -> str:
    """What it stands in, if that is a comment (`comment`) or beside what the page is about; else nothing."""
    parent = node.parent
    for _ in range(_MAX_UP):
        if parent is None or parent.tag in ("body", "html", "main", None):
            return ""
        own = parent.attributes
        found = _ELSEWHERE.search(f"{own.get('class') or ''} {own.get('id') or ''}")
        if found or parent.tag in ("aside", "footer", "nav"):
            return found[0].lower() if found else parent.tag or ""
        parent = parent.parent
    return ""
