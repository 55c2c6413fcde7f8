"""What the markup of a page says of addresses: links, attributes, what is hidden, what is written backwards."""

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from selectolax.lexbor import LexborNode

from batches.operations.html.document import Document, copied

_MAX_NODES = 2_000
_HIDDEN = re.compile(
    r"display\s{0,3}:\s{0,3}none|visibility\s{0,3}:\s{0,3}hidden|font-size\s{0,3}:\s{0,3}0(?![.\d])"
    r"|(?:left|top|text-indent)\s{0,3}:\s{0,3}-\d{3,}|opacity\s{0,3}:\s{0,3}0(?![.\d])",
    re.IGNORECASE,
)
_BACKWARDS = re.compile(
    r"unicode-bidi\s{0,3}:\s{0,3}(?:bidi-override|isolate-override)", re.IGNORECASE
)
_RULE = re.compile(r"([.#])([\w-]{1,80})\s{0,5}\{([^{}]{1,500})\}")
_SELECTED = "[hidden], [style], input[type=hidden]"
# Between these, words are apart; any other tag may stand in the middle of one.
_APART = re.compile(
    r"</?(?:address|article|aside|blockquote|br|dd|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]"
    r"|header|hr|li|main|nav|ol|option|p|pre|section|select|table|tbody|td|tfoot|th|thead|tr|ul|button|label)\b[^>]*>",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^>]*>")
_ESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&amp;", "&"))
_CODED = re.compile(r"/cdn-cgi/l/email-protection#([0-9a-fA-F]{6,400})")
_ATTRIBUTES = ("data-email", "data-mail", "data-mailto", "data-e-mail", "data-address", "data-contact", "data-href",
               "data-clipboard-text", "data-copy", "title", "aria-label", "alt", "content", "value", "onclick")  # fmt: skip
_PARTS = [("data-user", "data-domain"), ("data-name", "data-domain"), ("data-local", "data-domain"), ("data-u", "data-d"),
          ("data-user", "data-host"), ("data-mailbox", "data-domain"), ("data-before", "data-after"), ("data-first", "data-last"), ("data-account", "data-domain")]  # fmt: skip


class Said(NamedTuple):
    """A text that could hold an address, and whose name stands there."""

    text: str
    how: str
    name: str = ""


class Shown:
    """The page as people see it: without what is hidden, and with words that tags cut in one piece."""

    def __init__(self, document: Document) -> None:
        self._tree = copied(document)
        hidden, self._backwards = _classes(document)
        self._drop(hidden)

    def _drop(self, hidden: set[str]) -> None:
        nodes = self._tree.css(_SELECTED)[:_MAX_NODES]
        for selector in sorted(hidden)[:50]:
            nodes += self._tree.css(selector)[:200]
        for node in nodes:
            own = node.attributes
            if "style" not in own or "hidden" in own or _HIDDEN.search((own["style"] or "")[:500]):
                node.decompose()
            elif _BACKWARDS.search((own["style"] or "")[:500]):
                continue
            elif node.tag == "input":
                node.decompose()

    def backwards(self) -> Iterator[Said]:
        selectors = ["[style*=bidi]", "bdo[dir=rtl]", *sorted(self._backwards)[:50]]
        for selector in selectors:
            for node in self._tree.css(selector)[:50]:
                yield Said(node.text()[:1_000][::-1], "backwards")

    def text(self) -> str:
        self._tree.strip_tags(["script", "style", "template", "svg"])
        body = self._tree.body
        html = (body.html or "") if body else ""
        text = _TAG.sub("", _APART.sub("\n", html))
        # All that a serializer escapes in text.
        for escape, character in _ESCAPES:
            text = text.replace(escape, character)
        return text

    def coded(self) -> Iterator[Said]:
        """What Cloudflare has put in place of addresses."""
        for node in self._tree.css('[data-cfemail], [href*="/cdn-cgi/l/email-protection#"]')[
            :_MAX_NODES
        ]:
            found = _CODED.search(node.attributes.get("href") or "")
            coded = node.attributes.get("data-cfemail") or (found[1] if found else "")
            yield Said(_uncoded(coded or ""), "cloudflare")

    def said(self) -> Iterator[Said]:
        """Of links and attributes."""
        for node in self._tree.css("a[href], area[href]")[:_MAX_NODES]:
            href = (node.attributes.get("href") or "").strip()
            if href[:7].lower() == "mailto:":
                yield from _mailto(href[7:], node)
        selector = ", ".join(f"[{name}]" for name in (*_ATTRIBUTES, *{one for one, _ in _PARTS}))
        for node in self._tree.css(selector)[:_MAX_NODES]:
            yield from _attributed(node)


def _classes(document: Document) -> tuple[set[str], set[str]]:
    """Selectors of what the style sheets of the page hide, and of what they turn around."""
    hidden, backwards = set(), set()
    for sheet in document.scripts[:50]:
        if "{" not in sheet:
            continue
        for kind, name, rules in _RULE.findall(sheet[:200_000])[:2_000]:
            if _HIDDEN.search(rules):
                hidden.add(f"{kind}{name}")
            if _BACKWARDS.search(rules):
                backwards.add(f"{kind}{name}")
    return hidden, backwards


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
    for name in _ATTRIBUTES:
        if value := own.get(name):
            yield Said(value[:2_000], "attribute")
