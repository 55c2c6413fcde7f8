"""Finding e-mail addresses against the regular expression that everybody uses; and megabytes made to keep us busy.

Prose: a megabyte with some seven hundred addresses. Rounds take turns, so that a busy machine slows both. What a
page takes to be parsed is no part of it.
"""

import re
import time
from collections.abc import Callable
from functools import partial

from batches.operations.emails.find import find
from batches.operations.emails.text import marks, plain
from batches.operations.html.document import Document

ROUNDS, MEGABYTE = 7, 1_000_000
_USUAL = re.compile(r"[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}")
_SENTENCES = [
    "The committee met in the town hall to discuss the new bakery, and hardly anybody had a word against it.",
    "What it will cost is not known yet; the mayor spoke of less than two million, and of the year after next.",
    "People who live near the river had asked for a bridge since the flood, as old maps show one there.",
    "Nobody was at home (as ever) when the post came, so the letter went back to the office in the capital.",
    "Bread is made by hand there, every day of the week but Sunday, when all go out to see what the river brought.",
]
_SIGNED = (
    "Whoever wants to come along may write to clerk{}@town-{}.org until Friday, with a line on why."
)
_HOSTILE = {
    "letters": "a",
    "at signs": "@",
    "letter and at": "a@",
    "half addresses": "a@a.",
    "dotted names": "x.a.a.a@",
    "hyphens": "a@a-a-",
    "brackets": "([{<",
    "bracketed at": "(at)",
    "words": " a at b dot",
    "open elements": "<div>",
    "links": "<a href=mailto:a@b.de>x</a>",
    "hidden": "<p style=display:none>a@b.de</p>",
    "scripts": "<script>'a'+'@'+'b.de'</script>",
    "entities": "&#64;",
    "coded": '<i data-cfemail="42282d02342d253660262729">x</i>',
}


def run(items: int) -> None:
    """Print milliseconds of processor time, and the ratio of the two; `items` is not used."""
    text = _prose()
    page = _page(f"<p>{'</p><p>'.join(text[at : at + 400] for at in range(0, len(text), 400))}</p>")
    rounds = [
        (
            _milliseconds(lambda: _USUAL.findall(text)),
            _milliseconds(lambda: list(marks(plain(text)))),
            _milliseconds(lambda: find(page)),
        )
        for _ in range(ROUNDS)
    ]
    usual, ours, whole = (min(side) for side in zip(*rounds, strict=True))
    print(f"prose, the usual expression: {usual:6.1f} ms")
    print(f"prose, every way of writing: {ours:6.1f} ms, {usual / ours:.1f} times as fast")
    print(f"prose as a page, everything: {whole:6.1f} ms")
    for name, piece in _HOSTILE.items():
        hostile = _page(piece * (MEGABYTE // len(piece)))
        took = min(_milliseconds(partial(find, hostile)) for _ in range(ROUNDS))
        print(f"a megabyte of {name + ':':<15} {took:6.1f} ms")


def _prose() -> str:
    """Each 14th sentence has an address."""
    return " ".join(
        _SIGNED.format(n, n % 50) if n % 14 == 0 else _SENTENCES[n % len(_SENTENCES)]
        for n in range(MEGABYTE // 103)
    )


def _page(body: str) -> Document:
    document = Document(f"<!doctype html><html><body>{body}</body></html>", "https://town.org/")
    assert document.scripts is not None
    assert document.structured.nodes is not None
    return document


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1000
