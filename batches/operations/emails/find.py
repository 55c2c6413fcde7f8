"""The e-mail addresses that a page shows, however they are written."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from batches.operations.emails.marked import Said, coded, said
from batches.operations.emails.scripts import written
from batches.operations.emails.shown import Shown
from batches.operations.emails.text import Mark, marks, plain
from batches.operations.emails.valid import valid
from batches.operations.html.document import Document

MAX_FOUND, MAX_CONTEXT = 200, 200
_MAX_TRIED = 1_000
_NAMED = re.compile(
    r"((?:[A-Z\u00c0-\u00de\u0391-\u03a9\u0410-\u042f][\w.'\u2019-]{0,30}\s(?:(?:van|von|de|der|la|di|da|del)\s){0,2}){1,3}"
    r"[A-Z\u00c0-\u00de\u0391-\u03a9\u0410-\u042f][\w.'\u2019-]{1,30})\s{0,2}[<(\[]$"
)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Found:
    """`how` it was written: mailto, text, written out, attribute, cloudflare, json-ld, script, backwards."""

    address: str
    name: str = ""
    context: str = ""
    how: str = "text"


def find(document: Document, deobfuscate: bool = True) -> list[Found]:
    """Each address once, as it was written most openly, in the order of finding.

    What is written so that robots shall not read it is found only to `deobfuscate`; what is hidden from
    people never is.
    """
    found = _Gathered()
    for one in _candidates(document, deobfuscate):
        if not found.add(one):
            break
    return found.all()


def _candidates(document: Document, deobfuscate: bool) -> Iterator[Found]:
    shown = Shown(document)
    yield from _texts(said(shown.tree, document.html, deobfuscate), deobfuscate)
    yield from _stated(document)
    if deobfuscate:
        yield from _texts(coded(shown.tree), deobfuscate)
        backwards = (Said(text, "backwards") for text in shown.backwards())
        yield from _texts(backwards, deobfuscate)
    yield from _shown(shown, deobfuscate)
    if deobfuscate:
        yield from _scripts(document)


class _Gathered:
    """At most so many addresses, out of at most so many candidates."""

    def __init__(self) -> None:
        self._found: dict[str, Found] = {}
        self._tried = 0

    def add(self, one: Found) -> bool:
        """Whether there is room for more."""
        self._tried += 1
        if address := valid(one.address):
            known = self._found.get(address)
            if known is None:
                self._found[address] = Found(address, one.name, one.context, one.how)
            elif not known.name or not known.context:
                name, context = known.name or one.name, known.context or one.context
                self._found[address] = Found(address, name, context, known.how)
        return self._tried < _MAX_TRIED and len(self._found) < MAX_FOUND

    def all(self) -> list[Found]:
        return list(self._found.values())


def _texts(pieces: Iterable[Said], deobfuscate: bool) -> Iterator[Found]:
    for one in pieces:
        for mark in marks(plain(one.text), deobfuscate):
            how = "written out" if mark.spoken else one.how
            yield Found(mark.text, one.name, "", how)


def _stated(document: Document) -> Iterator[Found]:
    """By machines for machines."""
    for node in document.structured.nodes:
        for key in ("email", "emails"):
            for text in document.structured.written(node.data.get(key, ())):
                name = next(iter(document.structured.names(node.data.get("name", ()))), "")
                for mark in marks(plain(text.removeprefix("mailto:"))):
                    yield Found(mark.text, name[:100], "", "json-ld")


def _shown(shown: Shown, deobfuscate: bool) -> Iterator[Found]:
    for text, spelt in shown.text(deobfuscate):
        for mark in marks(text, spelt):
            how = "written out" if mark.spoken else "text"
            yield Found(mark.text, _name_before(text, mark), _context(text, mark), how)


def _name_before(text: str, mark: Mark) -> str:
    """Ada Lovelace <ada@engine.org>"""
    found = _NAMED.search(text[max(0, mark.start - 100) : mark.start])
    return found[1] if found else ""


def _context(text: str, mark: Mark) -> str:
    spare = max(0, MAX_CONTEXT - (mark.end - mark.start)) // 2
    around = text[max(0, mark.start - spare) : mark.end + spare]
    return _SPACE.sub(" ", around).strip()[:MAX_CONTEXT]


def _scripts(document: Document) -> Iterator[Found]:
    for script in document.scripts:
        if script.lstrip()[:1] in "{[":
            # Keys that say what is what are all that most data has of it: "@type".
            if script.count("@") == script.count('"@') and "\\" not in script:
                continue
            script = _data(script)
        for text in written(script):
            for mark in marks(plain(text), deobfuscate=False):
                yield Found(mark.text, how="script")


def _data(script: str) -> str:
    """JSON for a script of the page: the escapes in it are undone."""
    try:
        return json.dumps(json.loads(script), ensure_ascii=False)
    except (ValueError, RecursionError):
        return script
