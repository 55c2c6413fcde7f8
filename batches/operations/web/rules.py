"""What one robots.txt says to us. https://www.rfc-editor.org/rfc/rfc9309

Where the RFC leaves something open, it is as Google documents it:
https://developers.google.com/search/docs/crawling-indexing/robots/robots_txt
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

import ada_url

# Google reads no more of a line: eight times the longest address that browsers agreed on.
MAX_LINE = 16_664
_LINE_END = re.compile(r"\r\n?|\n")
# RFC 9309, 2.2: more than these is part of a path.
_SPACES = " \t\f\v"
# RFC 9309, 2.2.1: what a product token is made of.
_TOKEN = re.compile(r"[A-Za-z_-]*")
_ANYBODY = re.compile(r"\*(?:\s|$)")
_FIELDS = {
    "user-agent": "agent", "useragent": "agent", "user agent": "agent",
    "allow": "allow",
    # As people write it.
    "disallow": "disallow", "dissallow": "disallow", "dissalow": "disallow", "disalow": "disallow",
    "diasllow": "disallow", "disallaw": "disallow",
    "sitemap": "sitemap", "site-map": "sitemap",
    "crawl-delay": "delay", "crawldelay": "delay", "crawl delay": "delay",
    "request-rate": "rate", "request rate": "rate",
}  # fmt: skip
_SECONDS = re.compile(r"\d{1,9}(?:\.\d{0,6})?|\.\d{1,6}")
_RATE = re.compile(r"(\d{1,9})\s*/\s*(\d{1,9})\s*([smhd]?)", re.IGNORECASE)
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
_STARS, _STAR = re.compile(r"\*+"), "%2A"
# What may be written either way: all but what divides a path, the star that is none, and the sign itself.
_UNESCAPED = {f"%{ord(sign):02X}": sign for sign in _PRINTABLE if sign not in "/?%*"}
# In a query nothing is divided: RFC 9309, 2.2.2 has both spellings match.
_UNESCAPED_QUERY = _UNESCAPED | {"%2F": "/", "%3F": "?"}
_INDEX = "/index.htm"
# Of the bytes that a rule takes up in memory, measured: most is not its text.
_RULE_SIZE, _PIECE_SIZE = 160, 8

_BOMS = [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16le"), (codecs.BOM_UTF16_BE, "utf-16be")]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Rule:
    """`parts` are what is between the stars; `whole` if nothing may follow. `length` in octets."""

    allow: bool
    parts: tuple[str, ...]
    whole: bool
    length: int

    def matches(self, path: str) -> bool:
        if not path.startswith(self.parts[0]):
            return False
        first, *others = self.parts
        at = len(first)
        if not others:
            return not self.whole or len(path) == at
        *middle, last = others
        for part in middle:
            # The first place is as good as any: the rest has most room behind it.
            at = path.find(part, at)
            if at < 0:
                return False
            at += len(part)
        if self.whole:
            return len(path) - len(last) >= at and path.endswith(last)
        return path.find(last, at) >= 0


@dataclass(frozen=True, slots=True)
class Rules:
    """`delay`: seconds from one request to the next. `sitemaps`: as they stand there.

    `size`: bytes in memory; `pieces`: what to look for in a path, at most.
    """

    delay: float | None = None
    sitemaps: tuple[str, ...] = ()
    size: int = 0
    pieces: int = 0
    # The first that matches decides.
    _rules: tuple[_Rule, ...] = ()

    def allow(self, url: ada_url.URL) -> bool:
        path = _spelled(url.href[len(url.origin) :]).replace("*", _STAR)
        if path.partition("?")[0] == "/robots.txt":
            return True
        return next((rule.allow for rule in self._rules if rule.matches(path)), True)


@dataclass(slots=True, eq=False)
class _Group:
    """What the lines for one user agent say, all its groups taken together."""

    named: bool = False
    rules: set[_Rule] = field(default_factory=set)
    delay: float | None = None


def decode(body: bytes) -> str:
    """By its byte order mark, else UTF-8. Bytes that are neither are kept, to be compared as bytes."""
    for bom, name in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(name, "replace")
    return body.decode("utf-8", "surrogateescape")


def is_html(text: str) -> bool:
    """Whether a page was sent instead; some servers call their true robots.txt text/html."""
    return text.lstrip("\ufeff \t\r\n").startswith("<")


def read(text: str, product: str) -> Rules:
    """The rules for `product`, a bare token, or those for anybody where none name it."""
    ours, anybody = _Group(), _Group()
    ruled, paced = set[_Group](), set[_Group]()
    sitemaps = []
    naming, last = False, ""
    for name, value in _fields(text):
        if name == "sitemap":
            sitemaps.append(value)
            continue
        if name == "agent":
            meant = _meant(value, product, ours, anybody)
            # No line but a rule ends the list of those that rules are for. RFC 9309, 2.2.4.
            ruled = ruled | meant if naming else meant
            paced = paced | meant if last == "agent" else meant
            naming = True
        elif name in _PACES:
            _note(paced, _PACES[name](value))
        else:
            naming = False
            for group in ruled:
                group.rules.update(_read(name == "allow", value))
        last = name
    return _rules(ours if ours.named else anybody, tuple(filter(None, sitemaps)))


def _fields(text: str) -> Iterator[tuple[str, str]]:
    for raw in _LINE_END.split(text.removeprefix("\ufeff")):
        line = raw[:MAX_LINE].partition("#")[0].strip(_SPACES)
        name, _, value = line.partition(":")
        if known := _FIELDS.get(name.strip().lower()):
            yield known, value.strip(_SPACES)
        elif len(words := line.split(None, 2)) == 2 and (known := _FIELDS.get(words[0].lower())):
            # Without a colon, if there is no doubt.
            yield known, words[1]


def _meant(value: str, product: str, ours: _Group, anybody: _Group) -> set[_Group]:
    if _ANYBODY.match(value):
        group = anybody
    elif (token := _TOKEN.match(value)) and token[0].lower() == product.lower():
        group = ours
    else:
        return set()
    group.named = True
    return {group}


def _note(groups: set[_Group], seconds: float | None) -> None:
    for group in groups:
        if seconds is not None:
            group.delay = max(group.delay or 0.0, seconds)


def _read(allow: bool, pattern: str) -> Iterator[_Rule]:
    """None for a pattern that is no path and matches nothing."""
    if not pattern.startswith(("/", "*")):
        return
    whole = pattern.endswith("$")
    pattern = pattern.removesuffix("$")
    yield _rule(allow, pattern, whole)
    folder, index, rest = pattern.rpartition(_INDEX)
    # Google: whoever allows the index of a folder allows the folder.
    if allow and index and "/" not in rest:
        yield _rule(allow, f"{folder}/", whole=True)


def _rule(allow: bool, pattern: str, whole: bool) -> _Rule:
    pattern = _spelled(pattern)
    parts = tuple(_STARS.split(pattern))
    return _Rule(allow, parts, whole, len(pattern) + whole)


def _spelled(path: str) -> str:
    """A path and its query, or a pattern, in the one way in which they are compared."""
    # What is not UTF-8 came as lone surrogates, one for a byte.
    path = quote(path.encode("utf-8", "surrogateescape"), safe=_PRINTABLE)
    if "%" not in path:
        return path
    path, mark, query = path.partition("?")
    return _ESCAPE.sub(_unescaped, path) + mark + _ESCAPE.sub(_unescaped_query, query)


def _unescaped(found: re.Match[str]) -> str:
    escape = found[0].upper()
    return _UNESCAPED.get(escape, escape)


def _unescaped_query(found: re.Match[str]) -> str:
    escape = found[0].upper()
    return _UNESCAPED_QUERY.get(escape, escape)


def _seconds(value: str) -> float | None:
    found = _SECONDS.match(value)
    return float(found[0]) if found else None


def _rate(value: str) -> float | None:
    """From "1/10", "30/1m": so many documents in so many seconds."""
    found = _RATE.match(value)
    if not found or not int(found[1]):
        return None
    return int(found[2]) * _UNITS[found[3].lower()] / int(found[1])


_PACES = {"delay": _seconds, "rate": _rate}


def _rules(group: _Group, sitemaps: tuple[str, ...]) -> Rules:
    """The longest first; of two as long, the one that allows. RFC 9309, 2.2.2."""
    rules = tuple(sorted(group.rules, key=lambda rule: (-rule.length, not rule.allow)))
    texts = sum(map(len, sitemaps)) + sum(rule.length for rule in rules)
    pieces = sum(len(rule.parts) for rule in rules)
    size = texts + _RULE_SIZE * len(rules) + _PIECE_SIZE * pieces
    return Rules(group.delay, sitemaps, size, pieces, rules)
