"""The e-mail addresses that a page shows, however they are written."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from batches.operations.emails.hosts import JOINT
from batches.operations.emails.marked import Said, coded, said
from batches.operations.emails.scripts import written
from batches.operations.emails.shown import Shown
from batches.operations.emails.text import Mark, marks, marks_in_words, plain
from batches.operations.emails.valid import cleaned, is_plausible, is_usual, validated
from batches.operations.html.document import Document
from batches.operations.html.urls import host, registrable

MAX_FOUND, MAX_CONTEXT = 200, 200
# Candidates, however often one is repeated; those among them that are asked about at length; and of those, the
# letters in other alphabets: each takes as long as a plain address.
_MAX_TRIED, _MAX_DISTINCT, _MAX_DOUBTFUL, _MAX_LETTERS = 20_000, 5_000, 300, 3_000
_WORD = re.compile(r"\A\S+")
_STATED = ("mailto", "json-ld", "cloudflare")
_NAMED = re.compile(
    r"((?:[A-Z\u00c0-\u00de\u0391-\u03a9\u0410-\u042f][\w.'\u2019-]{0,30}\s(?:(?:van|von|de|der|la|di|da|del)\s){0,2}){1,3}"
    r"[A-Z\u00c0-\u00de\u0391-\u03a9\u0410-\u042f][\w.'\u2019-]{1,30})\s{0,2}[<(\[]$"
)


@dataclass(frozen=True, slots=True)
class Found:
    """`how` it was written: mailto, text, written out, attribute, cloudflare, json-ld, script, backwards."""

    address: str
    name: str = ""
    context: str = ""
    how: str = "text"


class _Candidate(NamedTuple):
    """`around`: the text and the place that it was found in, from which to tell the rest if it is one."""

    address: str
    how: str
    name: str = ""
    around: tuple[str, Mark] | None = None

    def name_beside(self) -> str:
        return self.name or (_name_before(*self.around) if self.around else "")

    def context(self) -> str:
        return _context(*self.around) if self.around else ""


def find(document: Document, deobfuscate: bool = True) -> list[Found]:
    """Each address once, as it was written most openly, in the order of finding.

    What is written so that robots shall not read it is found only to `deobfuscate`; what is hidden from
    people never is.
    """
    found = _Gathered(registrable(host(document.url)))
    for one in _candidates(document, deobfuscate):
        if not found.add(one):
            break
    return found.all()


def _candidates(document: Document, deobfuscate: bool) -> Iterator[_Candidate]:
    shown = Shown(document)
    yield from _texts(said(shown.tree, document.html, deobfuscate), deobfuscate)
    yield from _stated(document)
    if deobfuscate:
        yield from _texts(coded(shown.tree), deobfuscate=False)
        backwards = (Said(text, "backwards") for text in shown.backwards())
        yield from _texts(backwards, deobfuscate)
    framed = shown.framed()
    yield from _shown(shown, deobfuscate)
    if deobfuscate:
        yield from _scripts(document)
    for html in framed:
        yield from _candidates(Document(html, document.url), deobfuscate)


class _Gathered:
    """At most so many addresses, out of at most so many candidates."""

    def __init__(self, own: str) -> None:
        self._own = own
        self._found: dict[str, Found] = {}
        self._seen: dict[str, str] = {}
        self._tried = self._doubtful = self._letters = 0

    def add(self, one: _Candidate) -> bool:
        """Whether there is room for more."""
        self._tried += 1
        if address := self._address(one):
            known = self._found.get(address, Found(address, how=one.how))
            if not known.name or not known.context:
                name = known.name or one.name_beside()
                known = Found(address, name, known.context or one.context(), known.how)
            self._found[address] = known
        return (
            self._tried < _MAX_TRIED
            and len(self._seen) < _MAX_DISTINCT
            and len(self._found) < MAX_FOUND
        )

    def _address(self, one: _Candidate) -> str:
        """In normal form; empty if it is none, or nobody's."""
        written = one.address
        if written not in self._seen:
            address = cleaned(written)
            plausible = is_plausible(address, self._own, one.how in _STATED)
            self._seen[written] = self._valid(address) if plausible else ""
        return self._seen[written]

    def _valid(self, address: str) -> str:
        if is_usual(address):
            return address
        self._doubtful += 1
        self._letters += 0 if address.isascii() else len(address)
        few = self._doubtful <= _MAX_DOUBTFUL and self._letters <= _MAX_LETTERS
        return validated(address) if few else ""

    def all(self) -> list[Found]:
        return list(self._found.values())


def _texts(pieces: Iterable[Said], deobfuscate: bool) -> Iterator[_Candidate]:
    for one in pieces:
        if one.whole:
            yield _Candidate(one.text, one.how, one.name)
            continue
        for mark in marks(plain(one.text), deobfuscate):
            yield _Candidate(mark.text, "written out" if mark.spoken else one.how, one.name)


def _stated(document: Document) -> Iterator[_Candidate]:
    """By machines for machines."""
    for node in document.structured.nodes:
        for key in ("email", "emails"):
            for text in document.structured.written(node.data.get(key, ())):
                name = next(iter(document.structured.names(node.data.get("name", ()))), "")
                for mark in marks(plain(text.removeprefix("mailto:"))):
                    yield _Candidate(mark.text, "json-ld", name[:100])


def _shown(shown: Shown, deobfuscate: bool) -> Iterator[_Candidate]:
    for text, spelt in shown.text(deobfuscate):
        how = "written out" if spelt else "text"
        for mark in marks_in_words(text) if spelt else marks(text, deobfuscate=False):
            yield _Candidate(mark.text, how, around=(text, mark))


def _name_before(text: str, mark: Mark) -> str:
    """Ada Lovelace <ada@engine.org>"""
    before = text[max(0, mark.start - 100) : mark.start].replace(JOINT, "")
    found = _NAMED.search(before) if before.rstrip()[-1:] in ("<", "(", "[") else None
    return found[1] if found else ""


def _context(text: str, mark: Mark) -> str:
    spare = max(0, MAX_CONTEXT - (mark.end - mark.start)) // 2
    begin, end = max(0, mark.start - spare), mark.end + spare
    before, after = text[begin : mark.start], text[mark.end : end]
    # Whole words only: a piece of another address could not be told from any other word.
    before = _WORD.sub("", before, 1) if begin else before
    after = _WORD.sub("", after[::-1], 1)[::-1] if end < len(text) else after
    around = f"{before}{text[mark.start : mark.end]}{after}"
    return " ".join(around.replace(JOINT, "").split())[:MAX_CONTEXT]


def _scripts(document: Document) -> Iterator[_Candidate]:
    for text in written(document.scripts):
        for mark in marks(plain(text), deobfuscate=False):
            yield _Candidate(mark.text, "script")
