"""The page as people see it: without what is hidden, and with words that tags cut in one piece."""

import re
from collections.abc import Iterator

from batches.operations.emails.text import is_spelt, plain
from batches.operations.html.document import Document, copied

_MAX_NODES, _MAX_MARKS = 2_000, 5_000
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
_UNSEEN = ["script", "style", "template", "svg"]
# Between these, words are apart; any other tag may stand in the middle of one.
_APART = re.compile(
    r"</?(?:address|article|aside|blockquote|br|dd|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]"
    r"|header|hr|li|main|nav|ol|option|p|pre|section|select|table|tbody|td|tfoot|th|thead|tr|ul|button|label)\b[^>]*>",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^>]*>")
_ESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&amp;", "&"))
# So much of the markup around an @ holds its address, even with each letter in a tag, and words to quote.
_AROUND = 800
# Of a list of thousands, the first pieces may be enough.
_LONGEST = 16_000


class Shown:
    """`tree` is a copy of the page's without what is hidden; `text` takes scripts out of it, too."""

    def __init__(self, document: Document) -> None:
        self.tree = copied(document)
        hidden, self._backwards = _classes(document)
        self._drop(hidden)

    def _drop(self, hidden: set[str]) -> None:
        nodes = self.tree.css(_SELECTED)[:_MAX_NODES]
        for selector in sorted(hidden)[:50]:
            nodes += self.tree.css(selector)[:200]
        for node in nodes:
            own = node.attributes
            if "style" not in own or "hidden" in own or _HIDDEN.search((own["style"] or "")[:500]):
                node.decompose()
            elif _BACKWARDS.search((own["style"] or "")[:500]):
                continue
            elif node.tag == "input":
                node.decompose()

    def backwards(self) -> Iterator[str]:
        """What style sheets turn around, as it is read then."""
        selectors = ["[style*=bidi]", "bdo[dir=rtl]", *sorted(self._backwards)[:50]]
        for selector in selectors:
            for node in self.tree.css(selector)[:50]:
                yield node.text()[:1_000][::-1]

    def text(self, deobfuscate: bool) -> Iterator[tuple[str, bool]]:
        """In pieces, `plain`, those that an address can stand in; and whether it can be spelt out there."""
        self.tree.strip_tags(_UNSEEN)
        body = self.tree.body
        if body is None:
            return
        # With a space in place of each tag, for a look that costs little: most pages show no address, and
        # to tell tags that part words from those that don't costs more than all the rest.
        quick = body.text(separator=" ")
        meant = plain(quick)
        if meant.count("@") == quick.count("@"):
            # First what is plain to see: whoever has found enough asks for no more.
            pieces = _around_marks(body.html or "") if "@" in meant else ()
            yield from ((plain(_words(piece)), False) for piece in pieces)
            if not deobfuscate or not is_spelt(meant):
                return
        yield plain(_words(body.html or "")), deobfuscate


def _around_marks(html: str) -> Iterator[str]:
    """The markup around each @, from the end of a tag to the beginning of one; what overlaps is mostly one piece."""
    at, marks = html.find("@"), 0
    while at >= 0 and marks < _MAX_MARKS:
        start = html.find(">", max(0, at - _AROUND), at) + 1 or max(0, at - _AROUND)
        end, most = at + _AROUND, start + _LONGEST
        while 0 <= (at := html.find("@", at + 1)) < min(end, most) and marks < _MAX_MARKS:
            end, marks = at + _AROUND, marks + 1
        marks += 1
        tag = html.rfind("<", start, end)
        yield html[start : tag if tag > start and end < len(html) else end]


def _words(html: str) -> str:
    text = _TAG.sub("", _APART.sub("\n", html)) if "<" in html else html
    # All that a serializer escapes in text.
    if "&" in text:
        for escape, character in _ESCAPES:
            text = text.replace(escape, character)
    return text


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
