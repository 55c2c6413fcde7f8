"""What one robots.txt says to us. https://www.rfc-editor.org/rfc/rfc9309

Protego finds the longest rule that matches. Which lines are for us, and which spellings are the same, is
settled here before, where it reads a file otherwise than the RFC and Google's documentation do:
https://developers.google.com/search/docs/crawling-indexing/robots/robots_txt
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

import ada_url
from protego import Protego

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
_DOLLAR = re.compile(r"\$|%24")
# Protego lets a "$" at the end stand for itself as well; where one really stands for itself, it is spelled so.
_PLAIN_DOLLAR = "%01"
_INDEX = "/index.htm"
# Of the bytes that a rule takes up in memory, measured: most is not its text.
_RULE_SIZE = 800

_BOMS = [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16le"), (codecs.BOM_UTF16_BE, "utf-16be")]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rules:
    """`delay`: seconds from one request to the next. `sitemaps`: as they stand there. `size`: bytes in memory."""

    delay: float | None = None
    sitemaps: tuple[str, ...] = ()
    size: int = 0
    count: int = 0
    _matcher: Protego | None = None

    def allow(self, url: ada_url.URL) -> bool:
        return self._matcher is None or bool(self._matcher.can_fetch(_place(url), "*"))


@dataclass(slots=True, eq=False)
class _Group:
    """What the lines for one user agent say, all its groups taken together."""

    named: bool = False
    lines: list[str] = field(default_factory=list)
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
                group.lines += [f"{name}: {pattern}" for pattern in _patterns(name, value)]
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


def _patterns(name: str, value: str) -> Iterator[str]:
    """A path in a rule, spelled as Protego understands it rightly; none where it matches nothing."""
    if not value.startswith(("/", "*")):
        return
    end = "$" if value.endswith("$") else ""
    value = _spelled(value.removesuffix("$"))
    yield value + end
    folder, index, rest = value.rpartition(_INDEX)
    # Google: whoever allows the index of a folder allows the folder.
    if name == "allow" and index and "/" not in rest:
        yield f"{folder}/$"


def _place(url: ada_url.URL) -> str:
    """What rules are compared with: the path and the query, behind a host that no rule looks at."""
    return f"http://host{_spelled(url.href[len(url.origin) :])}"


def _spelled(path: str) -> str:
    # What is not UTF-8 came as lone surrogates, one for a byte.
    path = quote(path.encode("utf-8", "surrogateescape"), safe=_PRINTABLE)
    path, mark, query = _DOLLAR.sub(_PLAIN_DOLLAR, path).partition("?")
    # In a query a slash divides nothing: RFC 9309, 2.2.2 has both spellings match.
    return path + mark + query.replace("%2F", "/").replace("%2f", "/")


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
    # A line that is there many times says no more than once.
    lines = list(dict.fromkeys(group.lines))
    size = sum(map(len, lines)) + sum(map(len, sitemaps)) + _RULE_SIZE * len(lines)
    matcher = Protego.parse("\n".join(["user-agent: *", *lines])) if lines else None
    return Rules(group.delay, sitemaps, size, len(lines), matcher)
