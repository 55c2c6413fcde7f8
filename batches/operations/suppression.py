"""Of whom nothing may be kept: asked before anything is, and taken out of everything that was found."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from unicodedata import normalize
from urllib.parse import unquote

import ada_url

from batches.operation import Context, Result, Row
from batches.operations.emails.hosts import joined
from batches.operations.emails.spelt import may_be_spelt
from batches.operations.emails.text import marks_in_words, plain
from batches.operations.emails.valid import cleaned

_LONGEST = 260
# Signs in one text, and in a link: a page that is made to keep us busy has thousands of addresses in each.
_MOST_SIGNS, _MOST_IN_LINK = 200, 20
# In place of the addresses in one that has more: all of them are left out, whoever they are.
CROWD = "@"
_HOST = re.compile(
    r"@([^\W_][\w-]{0,62}(?:\.[^\W_][\w-]{0,62}){0,8}\.(?:xn--[a-z0-9-]{1,59}|[^\W\d_]{2,63}))",
    re.IGNORECASE,
)
_WORD = re.compile(r"\S+")
_SIGN = re.compile("[@\uff20\ufe6b\u24d0]|%(?:25)?40|&(?:#|commat)")
# Backwards: all that a name may have in it, and what of that is seldom beside one: "to=jo@shop.de".
_LOCALS = [re.compile(rf"{one}{{1,90}}") for one in (r"[^\s<>\"(),:;\[\]\\@]", r"[\w.%+'-]")]
_LINKS = ("http://", "https://", "mailto:")
GONE = object()


def written(address: str) -> str:
    """In the one form in which addresses are compared: in lower case, the host in Unicode."""
    address = address.lower()
    if "@" not in address or len(address) > _LONGEST:
        return address  # No address: putting a long text in normal form may take long.
    local, _, host = normalize("NFC", address).rpartition("@")
    if host.isascii() and "xn--" not in host:
        return f"{local}@{host}"
    try:
        plain = ada_url.idna_to_unicode(ada_url.idna_to_ascii(host))
    except UnicodeError:
        return address
    # Of what is no name, not all is left.
    return f"{local}@{plain}" if "." in plain else address


def spellings(entry: str) -> set[str]:
    """How what `written` gives may stand in texts, upper and lower case apart."""
    local, at, host = entry.rpartition("@")
    encoded = ada_url.idna_to_ascii(host).decode()
    return {entry, f"{local}{at}{encoded}"} if "." in encoded else {entry}


async def suppressed(context: Context, addresses: Collection[str]) -> set[str]:
    """Those on the list, by themselves or with all of their domain ("@example.com")."""
    entries = entries_of(addresses)
    if not entries:
        return set()
    known = await context.storage.load("batches.Suppression", sorted(entries))
    return {address for address in addresses if is_named(address, known.keys())}


def entries_of(addresses: Iterable[str]) -> set[str]:
    """All that could be on the list because of them."""
    return {entry for address in addresses for entry in _entries(address)}


def is_named(address: str, entries: Collection[str]) -> bool:
    """Whether one of these names it."""
    return address == CROWD or any(entry in entries for entry in _entries(address))


def _entries(address: str) -> tuple[str, str]:
    address = written(address)
    return address, f"@{address.rpartition('@')[2]}"


def addresses_in(result: Result) -> set[str]:
    """As `written` gives them: all that could be an address of somebody, wherever it stands."""
    found: set[str] = set()
    less(result, found.add)
    return found


def nameable(rows: Sequence[Row]) -> Result:
    """Rows to be stored unless somebody is on the list. Few of them name anybody: the others are told from them fast."""
    shown = addresses_in(
        Result(rows=[row for row in rows if any(map(_may_name, row.values.values()))])
    )
    result = Result(rows=rows, unless=entries_of(shown - {CROWD}))
    return less(result, CROWD.__eq__) if CROWD in shown else result


def _may_name(value: Any) -> bool:
    text = repr(value) if isinstance(value, dict) else value
    if not isinstance(text, str):
        return False
    # A million of these are looked at, and an expression takes ten times as long as a search.
    rare = "%" in text or "&" in text or not text.isascii()
    return "@" in text or (rare and _SIGN.search(text) is not None)


def named_by(entry: str) -> Callable[[str], bool]:
    """Whether an address is the one that `entry` names, or one of those."""
    whole = entry.startswith("@")
    return lambda a: a in (entry, CROWD) or (whole and a.endswith(entry))


def less(result: Result, unwanted: Callable[[str], object]) -> Result:
    """What may be kept of it. Of a page whose own address is one of somebody, nothing is."""
    rows = []
    for row in result.rows:
        values = without(dict(row.values), unwanted)
        if values is not GONE and (
            row.table == "batches.Domain" or not _has_lost(row.values, values)
        ):
            rows.append(Row(row.table, values))
    return replace(result, data=without(dict(result.data), unwanted), rows=rows)


def without(data: Any, unwanted: Callable[[str], object]) -> Any:
    """Data for JSON less every unwanted address, wherever it stands in a text, and all that is said of one.

    `unwanted` is asked about addresses as `written` gives them. GONE if nothing is left.
    """
    match data:
        case str():
            return _cut(data, unwanted)
        case {"address": str(address)} if unwanted(written(address)):
            return GONE
        case dict():
            return _parts(data, unwanted)
        case [str(), int()]:  # A link, and how much it is worth.
            kept = _cut(data[0], unwanted)
            return GONE if kept is GONE else data
        case list() | tuple():
            both = ((one, without(one, unwanted)) for one in data)
            return [part for one, part in both if part is not GONE and not _has_lost(one, part)]
    return data


def _parts(data: dict[str, Any], unwanted: Callable[[str], object]) -> dict[str, Any]:
    kept = {}
    for key, value in data.items():
        part = without(value, unwanted)
        # What stands around an address says whose another is as well.
        told = (key == "context" and part != value) or _names(key, unwanted)
        if part is not GONE and not told:
            kept[key] = part
    return kept


def _names(key: str, unwanted: Callable[[str], object]) -> bool:
    return ("@" in key or "%40" in key) and _cut(key, unwanted) != key


def _has_lost(before: Any, after: Any) -> bool:
    """Its address: of what is listed by that, nothing is left to tell."""
    return isinstance(before, Mapping) and "url" in before and "url" not in after


def _cut(text: str, unwanted: Callable[[str], object]) -> Any:
    read, places = _places(text, unwanted)
    if not places:
        return text
    # Half a link leads nowhere.
    pieces = [] if _is_link(read) else _pieces(read, places)
    left = " ".join("".join(pieces).split())
    return left if re.search(r"\w", left) else GONE


def _places(text: str, unwanted: Callable[[str], object]) -> tuple[str, list[tuple[int, int]]]:
    """The text as it is read, and from where to where somebody unwanted stands in it."""
    if not _may_hold(text):
        return text, []
    read = plain(unquote(unquote(text)) if "%" in text else text)
    return read, [(start, end) for address, start, end in _addresses(read) if unwanted(address)]


def nameless(text: str) -> str:
    """The words of an error: of nobody, on the list or not, is the address needed there, and nobody would look for it."""
    read, places = _places(text, lambda address: True)
    # Of what may be a name before a sign, the shortest: the rest is the link that it stands in.
    shortest = {end: start for start, end in sorted(places)}
    return "\u2026".join(_pieces(read, [(s, e) for e, s in shortest.items()])) if places else text


def _may_hold(text: str) -> bool:
    """An address: most texts are links, and few of them have a sign in them."""
    if text.startswith(_LINKS):
        return "@" in text or "%40" in text or "%2540" in text
    return _SIGN.search(text) is not None or may_be_spelt(text)


def _pieces(text: str, places: list[tuple[int, int]]) -> list[str]:
    """What is left between them."""
    pieces, done = [], 0
    for start, end in sorted(places):
        if start >= done:
            pieces.append(text[done:start])
        done = max(done, end)
    return [*pieces, text[done:]]


def _addresses(text: str) -> Iterator[tuple[str, int, int]]:
    """Each as `written` gives it, and where it stands, in a `plain` text."""
    if text.count("@") > (_MOST_IN_LINK if _is_link(text) else _MOST_SIGNS):
        yield from _crowd(text)
    else:
        yield from _each(text)
    if may_be_spelt(text):
        for mark in marks_in_words(text):
            yield written(cleaned(mark.text)), mark.start, mark.end


def _crowd(text: str) -> Iterator[tuple[str, int, int]]:
    for word in _WORD.finditer(text):
        if "@" in word[0]:
            yield CROWD, word.start(), word.end()


def _each(text: str) -> Iterator[tuple[str, int, int]]:
    for found in _HOST.finditer(text):
        host = joined(found[1])
        at = found.start()
        for local in _locals(text, at):
            yield written(cleaned(f"{local}@{host}")), at - len(local), at + 1 + len(host)


def _is_link(text: str) -> bool:
    return text[:8].lower().startswith(_LINKS)


def _locals(text: str, at: int) -> set[str]:
    """What may be the name before an @: with signs that are often beside it, and without."""
    before = text[at - 1 : at - 91 if at > 91 else None : -1] if at else ""
    return {found[0][::-1] for one in _LOCALS if (found := one.match(before))}
