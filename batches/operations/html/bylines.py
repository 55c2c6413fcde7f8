"""Who wrote a page, as people read it: in what is named after authors, or behind a “by” at its heading."""

import re
from collections.abc import Iterator

from batches.operations.html.document import Document, written
from batches.operations.html.names import BY, people
from batches.operations.html.surroundings import around, elsewhere, is_front

_MAX_NODES, _MAX_BROAD, _MAX_LENGTH, _MAX_WORDS = 20, 60, 120, 5
_PLACES = (
    '[rel~="author" i]',
    ".author-name, .author__name, .byline__name, .byline-name, .entry-author-name, .p-author, .vcard .fn, .author .fn",
    'a[href*="/author/"], a[href*="/authors/"], a[href*="/autor/"], a[href*="/auteur/"]',
    ".byline, .post-author, .entry-author, .article-author, .article__author, .author, .posted-by, .c-byline__author",
)
# Names of classes that hold much else as well: only what looks like a name counts.
_BROAD = (
    '[class*="author" i], [class*="byline" i], [class*="autor" i], [class*="auteur" i], [class*="writer" i], [id*="author" i], [id*="byline" i]'
    ', [class*="contributor" i], .username, .submitted, a[href*="/profil"], a[href*="/staff/"], a[href*="/people/"], a[href*="author="]'
)
_ONLY_BY = re.compile(rf"(?:{BY})\s*:?", re.IGNORECASE)
_BEGINS_BY = re.compile(rf"(?:{BY})\b[\s:]+(?=\S)", re.IGNORECASE)
# What buttons beside a name say.
_NO_NAME = re.compile(
    r"\b(?:follow|articles?|artikel|bio|profile?|view|see|more|mehr|read|comments?|kommentare?|photos?|image|updated?|share|subscribe"
    r"|newsletter|login|information\w*|videos?|alerts?|min|minutes?|the|this|and|und|name|all|alle|about|über|blog|news|category)\b",
    re.IGNORECASE,
)
_PARTICLES = frozenset({
    "de", "da", "do", "dos", "das", "del", "della", "di", "du", "la", "le", "van", "von", "der", "den", "ten", "ter", "zu", "bin", "ben", "al", "el", "y", "e", "und", "of",
})  # fmt: skip


def seen(document: Document) -> Iterator[str]:
    """The texts that name whoever wrote it, of the surest place that has any."""
    marked = [n for n in document.tree.css('[itemprop~="author"]')[:_MAX_NODES] if not elsewhere(n)]
    if marked:
        # Those of other pages in a list stand elsewhere than the first.
        near = [n for n in marked if n.parent == marked[0].parent]
        yield from (written(n.css_first('[itemprop~="name"]') or n) or "" for n in near)
    beside: list[str] = []
    for selector in _PLACES:
        for node in document.tree.css(selector)[:_MAX_NODES]:
            if not (text := written(node)) or not _told(text):
                continue
            if not (where := elsewhere(node)):
                yield text
                return
            beside += [text] if where != "comment" else []
    yield from _broad(document) or _at_heading(document) or beside[:1]


def _told(text: str) -> bool:
    names = people(text)
    return bool(names) and not any(name[0].isdigit() or _NO_NAME.search(name) for name in names)


def _broad(document: Document) -> list[str]:
    for node in document.tree.css(_BROAD)[:_MAX_BROAD]:
        text = written(node)
        if text and len(text) <= _MAX_LENGTH and _surely(text) and not elsewhere(node):
            return [text]
    return []


def _at_heading(document: Document) -> list[str]:
    if is_front(document):
        return []
    for before, behind in around(document):
        for pieces in (behind, before):
            for place, piece in enumerate(pieces):
                text = (
                    f"{piece} {pieces[place + 1]}"
                    if _ONLY_BY.fullmatch(piece) and place + 1 < len(pieces)
                    else piece
                )
                if _BEGINS_BY.match(text) and _surely(text):
                    return [text]
    return []


def _surely(text: str) -> bool:
    """Whether it is nothing but names of people, as these are written."""
    names = people(text)
    # Behind a “by”, it may be what somebody is called in a forum.
    least = 1 if _BEGINS_BY.match(text) else 2
    return _told(text) and all(_like_a_person(name, least) for name in names)


def _like_a_person(name: str, least: int) -> bool:
    words = name.split()
    if name[0] > "\u3000":
        return len(name) <= 10
    return least <= len(words) <= _MAX_WORDS and all(
        word[0].isupper() or word.lower() in _PARTICLES or len(words) == 1 for word in words
    )
