"""What the markup of a page says of addresses: in links, in attributes, in Cloudflare's way."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser, LexborNode

_MAX_NODES, _MAX_NAMES, _LONGEST_LINK = 2_000, 10_000, 20_000
_CODED = re.compile(r"/cdn-cgi/l/email-protection#([0-9a-fA-F]{6,400})")
_PROTECTED = '[data-cfemail], [href*="/cdn-cgi/l/email-protection#"]'
# Browsers pass over a space before it. A search inside of all addresses takes three times as long.
_LINKS = '[href^="mailto:" i], [href^=" "], [href^="\\a "]'
_DATA = ("data-email", "data-mail", "data-mailto", "data-e-mail", "data-address", "data-contact", "data-href",
         "data-clipboard-text", "data-copy")  # fmt: skip
_COMMON = ("title", "aria-label", "alt", "content", "value", "onclick")
_PARTS = [("data-user", "data-domain"), ("data-name", "data-domain"), ("data-local", "data-domain"), ("data-u", "data-d"),
          ("data-user", "data-host"), ("data-mailbox", "data-domain"), ("data-before", "data-after"), ("data-first", "data-last"), ("data-account", "data-domain")]  # fmt: skip
_ANY_DATA = re.compile(r"data-[a-z-]+")
_DATA_NAMES = frozenset({*_DATA, *(one for one, _ in _PARTS)})


class Said(NamedTuple):
    """A text that could hold an address, and whose name stands there; `whole` if it is nothing else."""

    text: str
    how: str
    name: str = ""
    whole: bool = False


def said(tree: LexborHTMLParser, html: str, deobfuscate: bool) -> Iterator[Said]:
    """Of links and attributes; `html` is all of the page, hidden or not."""
    for node in tree.css(_LINKS)[:_MAX_NODES]:
        href = (node.attributes.get("href") or "").strip()
        if href[:7].lower() == "mailto:":
            yield from _mailto(href[7:_LONGEST_LINK], node)
    attributes = ("@", "at)", "at]") if deobfuscate else ("@",)
    selectors = [f'[{name}*="{mark}" i]' for name in _COMMON for mark in attributes]
    if "data-" in html:
        names = {found[0] for found in islice(_ANY_DATA.finditer(html), _MAX_NAMES)}
        selectors += [f"[{name}]" for name in sorted(_DATA_NAMES & names)]
    for node in tree.css(", ".join(selectors))[:_MAX_NODES]:
        yield from _attributed(node)


def coded(tree: LexborHTMLParser) -> Iterator[Said]:
    """What Cloudflare has put in place of addresses."""
    for node in tree.css(_PROTECTED)[:_MAX_NODES]:
        found = _CODED.search(node.attributes.get("href") or "")
        text = node.attributes.get("data-cfemail") or (found[1] if found else "")
        yield Said(_uncoded(text or ""), "cloudflare")


def _mailto(address: str, node: LexborNode) -> Iterator[Said]:
    to, _, query = address.lstrip("/").partition("?")
    words = " ".join(node.text()[:300].split())
    name = words if _is_name(words) else ""
    copies = [part.partition("=") for part in query.replace("&amp;", "&").split("&")[:10]]
    others = [value for key, _, value in copies if key.lower() in ("to", "cc", "bcc")]
    for part in [*re.split(r"[,;]", to)[:50], *others]:
        yield Said(unquote(part), "mailto", name)


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


def _attributed(node: LexborNode) -> Iterator[Said]:
    own = node.attributes
    for one, other in _PARTS:
        if own.get(one) and own.get(other):
            first, last = (own[one] or "").rstrip("@"), (own[other] or "").lstrip("@")
            top = own.get("data-tld") or ""
            yield Said(f"{first}@{last}{'.' + top.lstrip('.') if top else ''}", "attribute")
    # What a field shows before it is filled in is nobody's address.
    if node.tag in ("input", "textarea") and node.attributes.get("type") != "button":
        return
    for name in (*_DATA, *_COMMON):
        if value := own.get(name):
            yield Said(value[:2_000], "attribute")
