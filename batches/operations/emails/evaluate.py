"""What a script's expressions of texts come to, without running it: literals, sums, joins, codes, names given before.

Nothing else is understood, and nothing loops: each word costs a bounded number of steps, and all of them
together no more than MAX_STEPS.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from batches.operations.emails.values import (
    HALF,
    MAX_ITEMS,
    UNKNOWN,
    UNPACKED,
    Value,
    added,
    characters,
    item_of,
    of_list,
    of_text,
    shown,
    unescaped,
)  # fmt: skip

MAX_STEPS = 8_000
_MAX_DEPTH, _MOST = 12, 100_000
_TEXT = r"\"(?:[^\"\\\n]|\\.){0,2000}+\"|'(?:[^'\\\n]|\\.){0,2000}+'|`(?:[^`\\]|\\.){0,2000}+`"
_WORD = re.compile(
    rf"{_TEXT}|(?<=[(,])/(?:[^/\\\n]|\\.){{1,60}}+/[gimuy]{{0,4}}|0[xX][0-9a-fA-F]{{1,6}}|\d{{1,7}}|[A-Za-z_$][\w$]{{0,60}}+"
    r"|\.\.\.|\+=|=>|[=!]==?|[^\s]"
)
_FILLED = re.compile(r"\$\{\s{0,3}([\w$.]{1,80})\s{0,3}\}")
_BRACES = {"{": 1, "}": -1, ")": -1, "]": -1}
# What a value can begin with.
_BEGINS = re.compile(r"[\w$\"'`(\[]")
_AT_MAIL = frozenset({"mailto", "mail_to", "mailTo"})


def result(source: str) -> str:
    """The source with values in place of what could be told."""
    return _Evaluator(source).result()


@dataclass(slots=True)
class _Evaluator:
    """`inside` has the values of what stands within others; `room` is how many letters may be told in all."""

    source: str
    steps: int = MAX_STEPS
    room: int = _MOST
    names: dict[str, Value] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    at: int = 0
    inside: list[str] = field(default_factory=list)

    def result(self) -> str:
        for found in islice(_WORD.finditer(self.source), MAX_STEPS):
            self.words.append(found[0])
            self.starts.append(found.start())
        pieces, last = [], 0
        for start, end, value in self._values():
            pieces += [self.source[last:start], "\n", value, "\n"]
            last = end
        return "\n".join(["".join([*pieces, self.source[last:]]), *self.inside])

    def _values(self) -> Iterator[tuple[int, int, str]]:
        while self.at < len(self.words) and self.steps > 0:
            begin, text = self._statement(0)
            if text and self._fits(text):
                yield self.starts[begin], self._end(), text

    def _statement(self, depth: int) -> tuple[int, str]:
        """Where a value begins, and the text that it comes to; a word that is none is passed."""
        name = self._given()
        begin = self.at
        value = self._sum(depth)
        if name:
            self._keep(*name, value)
        if self.at == begin:
            self.at += not name
            return begin, ""
        return begin, shown(value)

    def _end(self) -> int:
        return self.starts[self.at - 1] + len(self.words[self.at - 1])

    def _given(self) -> tuple[str, str] | None:
        """The name and the sign, of what is given a name here: x = …, x += …, {x: …}"""
        name, sign = self._peek(), self._peek(1)
        if sign not in ("=", "+=", ":") or not (name[:1].isalpha() or name[:1] in "_$\"'"):
            return None
        self.at += 2
        return name.strip("\"'"), sign

    def _keep(self, name: str, sign: str, value: Value) -> None:
        if sign == "+=":
            value = added(self.names.get(name), value)
        if len(self.names) < MAX_ITEMS or name in self.names:
            self.names[name] = value
        if sign == "+=" and (text := shown(value)):
            self._tell(text)

    def _fits(self, text: str) -> bool:
        self.room -= len(text)
        return self.room > 0

    def _tell(self, text: str) -> None:
        if self._fits(text):
            self.inside.append(text)

    def _peek(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.words[place] if place < len(self.words) else ""

    def _sum(self, depth: int) -> Value:
        value = self._term(depth)
        while self._peek() == "+" and self.steps > 0:
            self.at += 1
            value = added(value, self._term(depth))
        return value

    def _term(self, depth: int) -> Value:
        self.steps -= 1
        if depth > _MAX_DEPTH or self.steps <= 0:
            return None
        value = self._first(depth)
        while self.steps > 0:
            self.steps -= 1
            sign, name = self._peek(), self._peek(1)
            if sign == "." and name[:1].isalpha():
                self.at += 2
                value = self._member(value, name, depth)
            elif sign == "[" and isinstance(value, list):
                self.at += 1
                items, _ = self._items("]", depth)
                value = item_of(value, items)
            else:
                break
        return value

    def _first(self, depth: int) -> Value:
        word = self._peek()
        if word[:1] in ("'", '"', "`") and len(word) > 1:
            self.at += 1
            return self._literal(word)
        if word[:1].isdigit():
            self.at += 1
            return int(word, 0) if word[:1] != "0" or word[:2] in ("0x", "0X") else 0
        if word[:1].isalpha() or word[:1] in ("_", "$"):
            self.at += 1
            return self._called(word, depth) if self._peek() == "(" else self.names.get(word)
        if word in ("[", "("):
            self.at += 1
            items, _ = self._items("]" if word == "[" else ")", depth)
            return items if word == "[" else (items[-1] if items else None)
        return None

    def _literal(self, word: str) -> str:
        text = unescaped(word[1:-1])
        if word[0] == "`" and "${" in text:
            text = _FILLED.sub(lambda name: self._filled(name[1]), text)
        return text

    def _filled(self, name: str) -> str:
        value = self.names.get(name.rpartition(".")[2])
        return value if isinstance(value, str) else UNKNOWN

    def _items(self, closing: str, depth: int) -> tuple[list[Value], str]:
        """The values up to the sign that closes, which is passed, and what is written there."""
        found: list[Value] = []
        begin = self.at
        while self.at < len(self.words) and self._peek() != closing and self.steps > 0:
            before = self.at
            spread = self._peek() == "..."
            self.at += spread
            value = self._sum(depth + 1)
            found += list(value) if spread and isinstance(value, str) else [value]
            if self._peek() == ",":
                self.at += 1
            elif self._peek() != closing:
                self._body(closing, depth + 1)
                if self.at == before:
                    break
        end = self.at
        self.at = min(self.at + 1, len(self.words))
        return found[:MAX_ITEMS], " ".join(self.words[begin : min(end, begin + 60)])

    def _body(self, closing: str, depth: int) -> None:
        """To the comma, or to the end of what is open: a function, with statements of its own."""
        opened = 0
        while self.at < len(self.words) and self.steps > 0:
            word = self._peek()
            if not opened and word in (",", closing):
                self.at += word == ","
                return
            self.steps -= 1
            if word in _BRACES:
                opened += _BRACES[word]
                if opened < 0:
                    return
                self.at += 1
            elif depth > _MAX_DEPTH or not _BEGINS.match(word):
                self.at += 1
            elif text := self._statement(depth)[1]:
                self._tell(text)

    def _called(self, name: str, depth: int) -> Value:
        self.at += 1
        items, written = self._items(")", depth)
        return self._applied(name, items, written)

    def _applied(self, name: str, items: list[Value], written: str) -> Value:
        first = items[0] if items else None
        if name in UNPACKED:
            return UNPACKED[name](first) if isinstance(first, str) else None
        if name == "fromCharCode":
            return characters(items)
        if HALF.search(name) and isinstance(first, str):
            return codecs.decode(first, "rot13")
        if name in _AT_MAIL and 2 <= len(items) <= 3 and all(isinstance(i, str) for i in items):
            return f"{items[0]}@{'.'.join(map(str, items[1:]))}"
        for item in items:
            if text := shown(item):
                self._tell(text)
        return None

    def _member(self, value: Value, name: str, depth: int) -> Value:
        if self._peek() != "(":
            # Of an object whose parts were given names: a.user
            if name == "fromCharCode" and self._peek() == ".":
                self.at += 2
                self.at += self._peek() == "("
                return characters(self._items(")", depth)[0])
            return self.names.get(name) if value is None or isinstance(value, str | int) else None
        self.at += 1
        items, written = self._items(")", depth)
        if isinstance(value, str):
            return of_text(value, name, items, written)
        if isinstance(value, list):
            return of_list(value, name, items, written)
        return self._applied(name, items, written)
