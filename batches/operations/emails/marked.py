"""What the markup of a page says of addresses: in links, in attributes, in Cloudflare's way."""

import codecs
import re
from base64 import b64decode
from binascii import Error
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser, LexborNode

from batches.operations.emails.hosts import is_host
from batches.operations.emails.scripts import uncrypted, written

_MAX_NODES, _MAX_DISTINCT, _MAX_SAME, _MAX_NAMES = 10_000, 1_000, 3, 10_000
_MAX_CODED, _MAX_CODES, _LONGEST_LINK, _LONGEST_VALUE = 2_000, 200, 20_000, 2_000
# Of so long a page, to look for a word takes longer than to ask for what it is in.
_LARGE = 200_000
_CODED = re.compile(r"/cdn-cgi/l/email-protection#([0-9a-fA-F]{6,400})")
_PROTECTED = '[data-cfemail], [href*="/cdn-cgi/l/email-protection#"]'
# Browsers pass over a space before it, and over tabs and line ends in it. A search inside of all addresses takes
# three times as long.
_LINKS = (
    '[href^="mailto:" i], [href^=" "], [href^="\\a "], [href^="mail\\9"], form[action^="mailto:" i], '
    '[href*="view=cm"], [href*="/compose?"], [href^="javascript:" i]'
)
_BREAKS = re.compile(r"[\t\n\r]")
# Nothing but an address: more may stand before the @ than in running text.
_WHOLE = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[\w.-]{3,254}")
_IN_BRACKETS = re.compile(r"<([^<>]{3,320})>\s{0,3}\Z")
_UNCRYPT = re.compile(r"[uU]n_?[cC]rypt\w{0,20}\(\s{0,3}['\"]([^'\"]{8,400})['\"]")
_DATA = ("data-email", "data-mail", "data-mailto", "data-e-mail", "data-address", "data-contact", "data-href",
         "data-clipboard-text", "data-copy", "data-b64", "data-encoded", "data-mail-to", "data-enc-email", "data-mailto-token")  # fmt: skip
_COMMON = ("title", "aria-label", "alt", "content", "value", "onclick")
_PARTS = [("data-user", "data-domain"), ("data-name", "data-domain"), ("data-local", "data-domain"), ("data-u", "data-d"), ("data-l", "data-d"),
          ("data-user", "data-host"), ("data-user", "data-website"), ("data-mailbox", "data-domain"), ("data-before", "data-after"),
          ("data-first", "data-last"), ("data-account", "data-domain"), ("data-part1", "data-part2")]  # fmt: skip
_TOPS = ("data-tld", "data-part3")
_ANY_DATA = re.compile(r"data-[a-z0-9-]+")
_DATA_NAMES = frozenset({*_DATA, *(one for one, _ in _PARTS)})
_BASE64 = re.compile(r"[A-Za-z0-9+/]{8,400}={0,2}")


class Said(NamedTuple):
    """A text that could hold an address, and whose name stands there; `whole` if it is nothing else."""

    text: str
    how: str
    name: str = ""
    whole: bool = False


def said(tree: LexborHTMLParser, html: str, deobfuscate: bool) -> Iterator[Said]:
    """Of links and attributes; `html` is all of the page, hidden or not."""
    codes: list[str] = []
    yield from _linked(tree, codes)
    if deobfuscate:
        yield from _scripted(codes)
    spelt = deobfuscate and (len(html) > _LARGE or "at)" in html or "at]" in html)
    attributes = ("@", "at)", "at]") if spelt else ("@",)
    selectors = [f'[{name}*="{mark}" i]' for name in _COMMON for mark in attributes]
    if "data-" in html:
        names = {found[0] for found in islice(_ANY_DATA.finditer(html), _MAX_NAMES)}
        selectors += [f"[{name}]" for name in sorted(_DATA_NAMES & names)]
    for node in tree.css(", ".join(selectors))[:_MAX_CODED]:
        yield from _attributed(node, deobfuscate)


def coded(tree: LexborHTMLParser) -> Iterator[Said]:
    """What Cloudflare has put in place of addresses."""
    for node in tree.css(_PROTECTED)[:_MAX_CODED]:
        found = _CODED.search(node.attributes.get("href") or "")
        text = node.attributes.get("data-cfemail") or (found[1] if found else "")
        yield Said(_uncoded(text or ""), "cloudflare")


def _linked(tree: LexborHTMLParser, codes: list[str]) -> Iterator[Said]:
    """What links lead to; scripts in them go to the `codes`."""
    seen: Counter[str] = Counter()
    for node in tree.css(_LINKS)[:_MAX_NODES]:
        own = node.attributes
        href = _BREAKS.sub("", (own.get("href") or own.get("action") or "")[:_LONGEST_LINK]).strip()
        seen[href] += 1
        if seen[href] > _MAX_SAME:
            continue
        if len(seen) > _MAX_DISTINCT:
            break
        if href[:7].lower() == "mailto:":
            yield from _mailto(href[7:], node)
        elif href[:11].lower() == "javascript:" and len(codes) < _MAX_CODES:
            codes.append(unquote(href[11:2_000]))
        elif href.startswith("http"):
            yield from _others(href.partition("?")[2], "")


def _mailto(address: str, node: LexborNode) -> Iterator[Said]:
    to, _, query = address.lstrip("/").partition("?")
    words = " ".join(node.text()[:300].split())
    name = words if _is_name(words) else ""
    for part in re.split(r"[,;]", to)[:50]:
        yield _one(part, name)
    yield from _others(query, name)


def _others(query: str, name: str) -> Iterator[Said]:
    for part in query.replace("&amp;", "&").split("&")[:10]:
        key, _, value = part.partition("=")
        if key.lower() in ("to", "cc", "bcc"):
            yield _one(value, name)


def _one(part: str, name: str) -> Said:
    text = unquote(part).strip()
    inner = found[1].strip() if (found := _IN_BRACKETS.search(text)) else text
    host = inner.rpartition("@")[2]
    whole = _WHOLE.fullmatch(inner) is not None and is_host(host)
    return Said(inner if whole else text, "mailto", name, whole)


def _scripted(codes: list[str]) -> Iterator[Said]:
    for code in codes:
        if token := _UNCRYPT.search(code):
            yield Said(uncrypted(token[1]), "script")
    for text in written(codes):
        yield Said(text, "script")


_ASKS = re.compile(
    r"mail|contact|kontakt|write|schreib|send|click|here|hier|us\b|uns\b|@|\d", re.IGNORECASE
)


def _is_name(words: str) -> bool:
    """Whether it can be the name of somebody: a few words, none of which asks to write."""
    return 2 <= len(words.split()) <= 5 and len(words) <= 60 and not _ASKS.search(words)


def _uncoded(coded: str) -> str:
    """What Cloudflare has made unreadable: each byte after the first, XOR the first."""
    try:
        data = bytes.fromhex(coded[:600])
    except ValueError:
        return ""
    return bytes(byte ^ data[0] for byte in data[1:]).decode("utf-8", "replace") if data else ""


def _attributed(node: LexborNode, deobfuscate: bool) -> Iterator[Said]:
    own = node.attributes
    if deobfuscate:
        yield from _in_parts(own)
    # What a field shows before it is filled in is nobody's address.
    if node.tag in ("input", "textarea") and own.get("type") != "button":
        return
    for name in (*_DATA, *_COMMON):
        if value := own.get(name):
            yield Said(value[:_LONGEST_VALUE], "attribute")
            if deobfuscate and name in _DATA:
                yield Said(_readable(name, value[:_LONGEST_VALUE].strip()), "attribute")


def _in_parts(own: dict[str, str | None]) -> Iterator[Said]:
    for one, other in _PARTS:
        if own.get(one) and own.get(other):
            first, last = (own[one] or "").rstrip("@"), (own[other] or "").lstrip("@")
            top = next((found for name in _TOPS if (found := own.get(name))), "")
            yield Said(f"{first}@{last}{'.' + top.lstrip('.') if top else ''}", "attribute")


def _readable(name: str, value: str) -> str:
    """What a script would make of it: moved by half of the alphabet, packed, escaped, or turned around."""
    if name == "data-enc-email":
        return codecs.decode(value.replace("[at]", "@"), "rot13")
    if name == "data-mailto-token":
        return uncrypted(value)
    if "@" not in value:
        return _unpacked(value) if _BASE64.fullmatch(value) else unquote(value)
    return "" if is_host(value.rpartition("@")[2]) else value[::-1]


def _unpacked(value: str) -> str:
    try:
        return b64decode(value).decode("utf-8")
    except (Error, ValueError):
        return ""
