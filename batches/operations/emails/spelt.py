"""Addresses written out: jo [at] shop (dot) de, jo at shop dot de, in many languages."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import NamedTuple

from batches.operations.emails.hosts import JOINT, is_host, joined
from batches.operations.html.search import lowered, places

_MAX_JOINED, _MAX_SIGNS, _LONGEST = 1_000, 5_000, 160
# Most pages have a tenth of it; a book has many words and no address among them.
_MOST_WORDS = 120_000
_AT = (
    r"a(?:t(?:-?(?:sign|zeichen|teken))?|\st|et|rroba|robas?e?|penstaartje|ffe)?|@|\u00e4t|\u00e6t|\u00e1t|et|chez|chiocciola"
    r"|k(?:ukac|lammeraffe)|zavin(?:\u00e1\u010d|ac)|ma(?:lpa|\u0142pa)|snabel(?:-?a)?"
    r"|\u0441\u043e\u0431\u0430(?:\u043a|\u0447\u043a)\u0430|\u30a2\u30c3\u30c8|\uc5d0\uc774\uc8fc"
)
_DOT = r"dot|d0t|punkt|punktum|punto|ponto|point|punt|piste|te\u010dka|tecka|kropka|\u0442\u043e\u0447\u043a\u0430|pont|doht|\.|pkt|nokta"
_SAID_DOT = (
    r"dot|punktum|punkt|punto|ponto|punt|te\u010dka|kropka|\u0442\u043e\u0447\u043a\u0430|d0t"
)
_OPEN, _CLOSE = r"[\[({<\u00ab|*_~/\\#=-]", r"[\])}>\u00bb|*_~/\\#=-]"
_BETWEEN = (
    rf"(?:\.(?:(?:dot|punkt)\.)?|\s\.\s|\s{{0,2}}[\[({{<*_|-]{{1,2}}\s{{0,2}}(?:{_DOT})\s{{0,2}}[\])}}>*_|-]{{1,2}}\s{{0,2}}"
    rf"|\s{{1,2}}(?:{_SAID_DOT})\s{{1,2}})"
)
_NAME = r"[^\W_](?:[^\W_]|-){0,62}"
_HOST = re.compile(rf"{_NAME}(?:{_BETWEEN}{_NAME}){{1,5}}", re.IGNORECASE)
_LABELS = re.compile(_BETWEEN, re.IGNORECASE)
# Between two labels, anything but the dot itself.
_SPELT = re.compile(r"[^\w.-]|_")
_BEFORE = re.compile(rf"(?:{_BETWEEN})\Z", re.IGNORECASE)
_LOCAL = re.compile(r"[\w.%+'-]{1,64}")  # Backwards.
# Of words in brackets, the first letters of most tell that they are no sign; regard to upper and lower case costs more
# than that.
_UNLIKE = r"(?-i:(?![bdf-jln-rt-yBDF-JLN-RT-Y]|[aA][b-eg-oqsu-zB-EG-OQSU-Z]))"
_BRACKETED = {
    sign: re.compile(
        rf"{re.escape(sign)}{_UNLIKE}{_OPEN}{{0,2}}\s{{0,2}}(?:{_AT})\s{{0,2}}{_CLOSE}{{1,3}}(?=[\s{JOINT}]{{0,3}}[^\W_])",
        re.IGNORECASE,
    )
    for sign in "[({<*|\u00ab"
} | {
    sign: re.compile(rf"{re.escape(sign)}(?:at|\u00e4t){re.escape(sign)}(?=[\s{JOINT}]{{0,2}}[^\W_])", re.IGNORECASE)
    for sign in "-_#=\\"
}  # fmt: skip
_DOTTED = re.compile(r"\.at\.(?=[^\W_][\w-]{0,62}+\.dot\.)")
_WORDS = (
    "at",
    "arroba",
    "chez",
    "chiocciola",
    "klammeraffe",
    "kukac",
    "snabela",
    "apenstaartje",
    "at-teken",
)
# Words for the sign and for nothing else.
_ONLY_SIGNS = frozenset({"klammeraffe", "snabela", "apenstaartje", "at-teken"})
_WIDE_WORDS = ("\u00e4t", "zavin\u00e1\u010d", "ma\u0142pa", "\u0441\u043e\u0431\u0430\u043a\u0430")
# At least one of these stands in a text in which an address is written out.
_HINT = re.compile(
    rf"[\[({{<*|\u00ab]|[\s_=#.\\-](?:{'|'.join((*_WORDS, *_WIDE_WORDS))})[\s_=#.\\-]",
    re.IGNORECASE,
)
# In prose no host follows a mere word, and nothing more needs to be asked.
_AFTER = rf"(?=[\s{JOINT}]?[^\W_][\w{JOINT}-]{{0,62}}+[\s{JOINT}]{{0,3}}+[\[({{<*_|-]{{0,2}}+\s{{0,2}}+(?:{_DOT}))"
_LONE = re.compile(rf"@ {_AFTER}", re.IGNORECASE)
# Before a mere "at", or an @ with space around it, nobody but these is a mailbox: "look at shop.de" is a sentence.
_BOXES = frozenset({
    "info", "mail", "email", "e-mail", "contact", "kontakt", "office", "hello", "hallo", "support", "sales",
    "service", "team", "admin", "webmaster", "booking", "press", "presse", "post", "kundenservice", "contacto",
})  # fmt: skip
# And only where a line begins, or after one of these: "our office at shop.de" is a sentence, too.
_INTRODUCES = re.compile(
    r"(?:^|[\n:;,|(\[>\u2022\u2013\u2014/-]|\be-?mail|\bmailto|\bto|\ban|\bvia)[\s:]*\Z",
    re.IGNORECASE,
)
_CREDITS = re.compile(
    r"\b(?:by|par|por|von|photos?|fotos?|with|mit|live|dj)[\s:]+\Z", re.IGNORECASE
)


class Spelt(NamedTuple):
    """An address as it would be without the trouble, and where it stands."""

    text: str
    start: int
    end: int


def may_be_spelt(text: str) -> bool:
    """Whether it is worth looking: of ten short texts, nine are done with in a tenth of the time."""
    return " @ " in text or _HINT.search(text) is not None


def spelt(text: str) -> Iterator[Spelt]:
    """In a text without invisible characters."""
    return islice(_all(text), _MAX_JOINED)


def _all(text: str) -> Iterator[Spelt]:
    for found in islice(_bracketed(text), _MAX_JOINED):
        yield from _joined(text, found.start(), found.end())
    # Footers come last.
    half = _MOST_WORDS // 2
    parts = (0, half), (max(half, len(text) - half), len(text))
    for begin, end in parts:
        for found in _spoken(text, lowered(text[begin:end]), begin):
            yield from _joined(text, begin + found.start(), begin + found.end())


def _bracketed(text: str) -> Iterator[re.Match[str]]:
    """jo [at] shop (dot) de, and the like."""
    for sign, expression in _BRACKETED.items():
        for at in places(text, sign, _MAX_SIGNS):
            if found := expression.match(text, at):
                yield found
    # One letter is found at the speed of memory, three are not.
    for at in places(text, "@", 4 * _MAX_SIGNS):
        found = _LONE.match(text, at) if text.startswith(" @ ", at - 1) else None
        if found and not _CREDITS.search(_before_word(text, at)):
            yield found


@cache
def _said(word: str) -> re.Pattern[str]:
    return re.compile(f" {word} {_AFTER}")


def _spoken(text: str, lower: str, begin: int) -> Iterator[re.Match[str]]:
    """info at shop dot de: words alone, so only beside a dot that is written out, or after a usual box."""
    for word in _WORDS if lower.isascii() else (*_WORDS, *_WIDE_WORDS):
        if f" {word} " not in lower:
            continue
        for found in islice(_said(word).finditer(lower), _MAX_JOINED):
            end = begin + found.end()
            host = _HOST.match(text[end : end + _LONGEST].replace(JOINT, "").lstrip())
            alone = word in _ONLY_SIGNS or (host and _SPELT.search(host[0]))
            if host and (alone or _is_box(text, begin + found.start(), host[0])):
                yield found
    if ".at." in lower:
        yield from islice(_DOTTED.finditer(lower), _MAX_JOINED)


def _is_box(text: str, end: int, host: str) -> bool:
    box = text[max(0, end - 20) : end].rpartition(" ")[2]
    box = box.rpartition("\n")[2].lower()
    introduced = _INTRODUCES.search(_before_word(text, end))
    other = host.lower().startswith("www.") or host.lower().endswith(f".{box}")
    return box in _BOXES and introduced is not None and not other


def _before_word(text: str, end: int) -> str:
    """What stands before the word that ends there."""
    before = text[max(0, end - 100) : end].replace(JOINT, "")
    word = _LOCAL.match(before.rstrip()[::-1])
    return before.rstrip()[: -len(word[0])] if word else before


def _joined(text: str, before: int, after: int) -> Iterator[Spelt]:
    """What stands before the mark and after it, as one address."""
    local, length = _local(text[max(0, before - 120) : before].replace(JOINT, ""))
    host, reached = _host(text[after : after + _LONGEST])
    if local and host:
        yield Spelt(f"{local}@{host}", max(0, before - length), after + reached)


def _host(text: str) -> tuple[str, int]:
    """The host that it begins with, and its length as it is written: across tags if that makes one, else up to one."""
    for _ in range(8):
        whole = text.replace(JOINT, "")
        found = _HOST.match(whole, len(whole) - len(whole.lstrip()))
        if found and is_host(host := joined(".".join(filter(None, _LABELS.split(found[0]))))):
            return host, found.end()
        text, tag, _ = text.rpartition(JOINT)
        if not tag:
            break
    return "", 0


def _local(text: str) -> tuple[str, int]:
    """The name that it ends with, and how far back that begins: john dot doe [at] shop.de"""
    rest, words = text.rstrip(), []
    for _ in range(5):
        word = _LOCAL.match(rest[::-1])
        if not word:
            break
        words.append(word[0][::-1])
        rest = rest[: -len(word[0])]
        dot = _BEFORE.search(rest[-12:])
        if not dot:
            break
        rest = rest[: -len(dot[0])]
    return ".".join(reversed(words)), len(text) - len(rest)
