"""How much of a page may be given to the parser: some are made to keep it busy for minutes.

Threads can't be stopped, so a page that would take too long must not be begun. What takes longer than in
proportion, measured on one core: 100,000 open div, 15 s; one tag with 100,000 attributes, 19 s; 300,000 names
that are all different, 4 minutes; a thousand open <b id=…>, reopened by three thousand paragraphs, 3 s and 1 GB.
What merely takes much: two million <p>, 14 s and 600 MB.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from sys import getsizeof

from batches.operations.html.tags import (
    ANY_TAG,
    FEW_ATTRIBUTES,
    GAP,
    ONE_ATTRIBUTE,
    START,
    START_TAG,
    TAG_NAME,
    TOKEN,
    count_signs,
)

# Open elements, summed over all tags: each tag may have to look through all that are open. 0.3 s.
MAX_STEPS = 100_000_000
# Each attribute of a tag is compared with all others of it: squares of their numbers, summed. 0.5 s.
MAX_COMPARISONS = 250_000_000
# Elements that the parser makes of its own accord, to reopen formatting, and tags. 60 MB.
MAX_REOPENED = 250_000
# Elements, the texts between them and their attributes. 60 MB, and as much again for a copy of them. Of the largest
# pages known, with 115,000 elements in 5 MB, nine tenths.
MAX_NODES = 380_000
# Of tags and attributes, each different: a new one is compared with many before, in each copy. 1 s.
MAX_NAMES = 15_000

# Of those without attributes, three of a kind at most are reopened. An open <a> is closed by the next.
_FORMATTING = frozenset({
    "b", "big", "code", "em", "font", "i", "s", "small", "strike", "strong", "tt", "u",
})  # fmt: skip
_OF_A_KIND = 3
_ANY_FORMATTING = "|".join(sorted(_FORMATTING))
_REOPENED = re.compile(rf"<(?:{_ANY_FORMATTING})[ \t\n\f\r/]", re.IGNORECASE)
_FIRST = "".join(sorted({name[0] + name[0].upper() for name in _FORMATTING}))
_EITHER_CASE = "|".join(
    "".join(f"[{letter}{letter.upper()}]" for letter in name) for name in sorted(_FORMATTING)
)
# The same without regard to upper and lower case, which an expression does letter by letter in half of the time,
# and a look at the first letter in a quarter.
_MARKS = re.compile(f"<(?=[{_FIRST}])(?:{_EITHER_CASE})[ \\t\\n\\f\\r/>]")
_PLAIN = re.compile(rf"<({_ANY_FORMATTING})>", re.IGNORECASE)
_PLAIN_AND_OPEN = re.compile(rf"<({_ANY_FORMATTING})>(?![^<]*+</\1>)", re.IGNORECASE)
# Icons, mostly: opened and closed at once, beyond any doubt.
_CLOSED_AT_ONCE = re.compile(
    rf"<({_ANY_FORMATTING})(?:{GAP}++[a-z-]++=\"[^\"'<>]*+\")++{GAP}*+>[^<]*+</\1>"
)
# Nothing goes inside, or the next of the kind closes it. In a drawing, these end the drawing.
_LEAVES = frozenset({"br", "hr", "img", "meta", "embed", "p", "body", "head"})
# The same, but in a drawing they are names like any other, and nest.
_LEAVES_IN_TEXT = frozenset({
    "area", "base", "caption", "col", "colgroup", "html", "input", "link", "option", "param",
    "source", "tbody", "td", "tfoot", "th", "thead", "tr", "track", "wbr",
})  # fmt: skip
# A list inside a list of the other sort is no end of it.
_NEXT_CLOSES = {"li": ("li",), "dd": ("dd", "dt"), "dt": ("dd", "dt")}


def fitting(html: str) -> int:
    """How many characters of the page, from its beginning, can be parsed in time proportional to them."""
    if _is_usual(html):
        return len(html)
    end = _few_attributes(html)
    flat = end if _surely_flat(html, end) else _Walk(html).until(end)
    return _few_nodes(html[:flat], _most_nodes(html))


def _is_usual(html: str) -> bool:
    """Whether no limit can be reached, by mere counts: so it is with nearly every page.

    Between any two attributes stands one of the signs, and a mark of formatting is reopened once a tag at most.
    """
    tags, signs = html.count("<"), count_signs(html)
    few = signs < MAX_NAMES and signs * signs < MAX_COMPARISONS and tags * tags < 2 * MAX_STEPS
    return few and _marks(html, len(html)) * tags <= MAX_REOPENED


def _marks(html: str, end: int) -> int:
    return sum(1 for _ in _MARKS.finditer(html, 0, end))


def _few_attributes(html: str) -> int:
    end = comparisons = 0
    while (found := FEW_ATTRIBUTES.match(html, end)) and found.end() < len(html):
        end = found.end()
        tag = START_TAG.match(html, end)
        assert tag is not None  # Any number of attributes, and the end of the page ends it, too.
        comparisons += len(ONE_ATTRIBUTE.findall(tag[1])) ** 2 + len(tag[0])
        if comparisons > MAX_COMPARISONS:
            return end
        end = _behind(tag)
    return len(html)


def _behind(tag: "re.Match[str]") -> int:
    """Where to look for the next. What one seems to swallow is looked at, too: it may itself stand in a script."""
    return tag.start() + 1 if "<" in tag[0][1:] else tag.end()


def _few_nodes(html: str, most: int) -> int:
    if len(html) < MAX_NAMES or _surely_few(html, most):
        return len(html)
    at = nodes = looked = 0
    names = set[str]()
    while (tag := ANY_TAG.search(html, at)) is not None:
        own = ONE_ATTRIBUTE.findall(tag[3] or "")
        # An attribute takes a little more than an element, and is rarely alone.
        nodes += len(own) * 5 // 4 + (1 if tag[1] else 2)
        names.update(own, [tag[2] or ""])
        looked += len(tag[0])
        if nodes > most or len(names) > MAX_NAMES or looked > 3 * len(html):
            return tag.start()
        at = _behind(tag)
    return len(html)


def _most_nodes(html: str) -> int:
    # With one emoji in it, each copy of the text takes four bytes a character, and less is left for elements.
    return MAX_NODES if getsizeof(html) < 4 * len(html) else MAX_NODES * 3 // 4


def _surely_few(html: str, most: int) -> bool:
    """Whether there can't be many of anything: true of nearly every page, and quickly seen."""
    tags = html.count("<")
    inside = " ".join(START_TAG.findall(html))
    attributes = count_signs(inside)
    if 2 * tags + attributes > most:
        return False
    if tags + attributes < MAX_NAMES:
        return True
    different = " ".join({*inside.split(), *TAG_NAME.findall(html)})
    return count_signs(different) < MAX_NAMES


def _surely_flat(html: str, end: int) -> bool:
    """Whether the limits hold whatever is inside what: true of nearly every page, and quickly seen."""
    tags = html.count("<", 0, end)
    if tags * tags > 2 * MAX_STEPS and (tags - html.count("</", 0, end)) * tags > 2 * MAX_STEPS:
        return False
    if _marks(html, end) * tags <= MAX_REOPENED:
        return True
    plain = Counter(name.lower() for name in _PLAIN_AND_OPEN.findall(html, 0, end))
    reopened = sum(1 for _ in _REOPENED.finditer(html, 0, end)) + _of_each(plain)
    if reopened * tags > MAX_REOPENED:
        reopened -= sum(1 for _ in _CLOSED_AT_ONCE.finditer(html, 0, end))
    return reopened * tags <= MAX_REOPENED


def _of_each(plain: Counter[str]) -> int:
    return sum(min(number, _OF_A_KIND) for number in plain.values())


@dataclass(slots=True)
class _Walk:
    """Counts what is open: never less than the parser would find.

    An end tag closes only what was opened last. Where the two may disagree on what is a tag at all
    (comments, quotes, drawings), whatever looks like the start of one counts as open for good.
    """

    html: str
    open: list[str] = field(default_factory=list)
    for_good: int = 0
    formatting: int = 0
    plain: Counter[str] = field(default_factory=Counter)
    drawings: int = 0
    steps: int = 0
    reopened: int = 0

    @property
    def depth(self) -> int:
        return len(self.open) + self.for_good

    def until(self, end: int) -> int:
        """The place, at most `end`, where a limit is reached."""
        for token in TOKEN.finditer(self.html, 0, end):
            self.count(token)
            if self.steps > MAX_STEPS or self.reopened > MAX_REOPENED:
                return token.start()
        return end

    def count(self, token: "re.Match[str]") -> None:
        tags = self.html.count("<", token.start(), token.end())
        if token[2] is None or tags > 1:
            self._swallow(token.start() + 1, token.end())
        if token[2] is not None:
            name = token[2].lower() if token[2].isascii() else token[2]
            if token[1]:
                self._close(name)
            else:
                self._open(name, bool(token[3]), token[0].endswith("/>"))
        self.steps += tags * self.depth
        # One for each tag is no flood.
        self.reopened += tags * max(1, self.formatting)

    def _swallow(self, begin: int, end: int) -> None:
        self.for_good += sum(1 for _ in START.finditer(self.html, begin, end))
        self.formatting += sum(1 for _ in _REOPENED.finditer(self.html, begin, end))
        for name in _PLAIN.findall(self.html, begin, end):
            self._format(name.lower(), 1)

    def _open(self, name: str, attributed: bool, closed: bool) -> None:
        if name in _LEAVES:
            # In a drawing, or in a text inside one: from here on, either may be the case.
            self.drawings += self.drawings > 0
        elif name in _LEAVES_IN_TEXT and (closed or not self.drawings):
            pass
        elif closed or name in _LEAVES_IN_TEXT:
            # The slash closes in a drawing only, and there only are those not leaves.
            self.for_good += 1
        else:
            self._close_implied(_NEXT_CLOSES.get(name, ()))
            # Told apart on the stack: any number of those with attributes is reopened.
            star = "*" if attributed and name in _FORMATTING else ""
            self.open.append(name + star)
            self._format(name + star, 1)
            self.drawings += name in ("svg", "math")

    def _close(self, name: str) -> None:
        if len(self.open) > 1 and self.open[-2] == name:
            self._close_implied(tuple(_NEXT_CLOSES))
        last = self.open[-1] if self.open else ""
        if last.rstrip("*") == name:
            self.open.pop()
            self._format(last, -1)
            self.drawings -= name in ("svg", "math")

    def _format(self, name: str, change: int) -> None:
        if name.endswith("*"):
            self.formatting += change
        elif name in _FORMATTING:
            before = min(self.plain[name], _OF_A_KIND)
            self.plain[name] += change
            self.formatting += min(self.plain[name], _OF_A_KIND) - before

    def _close_implied(self, names: tuple[str, ...]) -> None:
        if self.open and self.open[-1] in names:
            self.open.pop()
