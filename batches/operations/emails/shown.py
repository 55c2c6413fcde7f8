"""The page as people see it: without what is hidden, and with words that tags cut in one piece."""

import re
from collections.abc import Iterator

from batches.operations.emails.hidden import seen, styles
from batches.operations.emails.hosts import JOINT
from batches.operations.emails.text import fewer_signs, is_spelt, plain
from batches.operations.html.document import Document
from batches.operations.html.search import ends

_UNSEEN = ["script", "style", "template"]
_ATTRIBUTES = r"\b[^\"<>]*+(?:\"[^\"]*+\"[^\"<>]*+)*+>"
# Between these, words are apart; any other tag may stand in the middle of one.
_APART = re.compile(
    r"</?(?:p|div|br|li|t[dhr]|h[1-6r]|ul|ol|d[dlt]|img|input|button|label|option|select|textarea|address|article|aside"
    r"|audio|area|blockquote|body|canvas|caption|center|col|colgroup|details|dialog|dir|embed|fieldset|figcaption|figure"
    r"|footer|form|frame|frameset|header|hgroup|iframe|legend|listing|main|map|menu|meter|nav|noscript|object|optgroup"
    rf"|picture|pre|progress|r[pt]|search|section|summary|svg|table|tbody|text|tfoot|thead|title|video|xmp){_ATTRIBUTES}"
)
_TAG = re.compile(rf"</?[a-zA-Z]{_ATTRIBUTES.replace(chr(92) + 'b', '', 1)}")
# Beside anything but a letter, a tag makes no difference to what is written out.
_BEFORE, _BESIDE = re.compile(rf"{JOINT}+(?![\w.])"), re.compile(rf"{JOINT}(?<![\w.]{JOINT})")
_ESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&amp;", "&"))
# Any other sign for an @ is made one only where all of the text is read.
_WIDE_SIGNS, _ESCAPED_SIGNS = ("\uff20", "\ufe6b"), ("&amp;#", "&amp;commat")
# So much of the markup around an @ holds its address, even with each letter in a tag, and words to quote.
_AROUND = 800
# Of all that is around an @: a list of thousands ends there.
_MOST, _MOST_BACKWARDS, _MOST_FRAMED = 400_000, 100_000, 50_000


class Shown:
    """`tree` is the page's without what is hidden; `text` takes scripts out of it, too, so it comes last."""

    def __init__(self, document: Document) -> None:
        self._html = document.html
        found = styles(document)
        self.tree, self._own = seen(document, found)
        self._backwards = found.backwards

    def backwards(self) -> Iterator[str]:
        """What style sheets turn around, as it is read then."""
        selectors = ["[style*=bidi]", "bdo[dir=rtl]", *sorted(self._backwards)[:50]]
        left = _MOST_BACKWARDS
        for node in self.tree.css(", ".join(selectors))[:100]:
            # Each may be inside of the one before.
            if left <= 0:
                break
            text = node.text()
            left -= len(text)
            yield text[:1_000][::-1]

    def framed(self) -> list[str]:
        """Pages that stand within the page, each much smaller than the one around it."""
        most = min(_MOST_FRAMED, len(self._html) // 2)
        frames = self.tree.css("iframe[srcdoc]")[:2] if "srcdoc" in self._html else []
        return [(frame.attributes.get("srcdoc") or "")[:most] for frame in frames]

    def text(self, deobfuscate: bool) -> Iterator[tuple[str, bool]]:
        """`plain`, where an address can stand in it; and whether to look for those that are spelt out, and only them."""
        body = self.tree.body
        if body is None:
            return
        if self._own:
            self.tree.strip_tags(_UNSEEN if body.css_first("text") else [*_UNSEEN, "svg"])
        html = body.html or ""
        all_of_it = any(sign in html for sign in _WIDE_SIGNS) or (
            "&" in html and any(sign in html for sign in _ESCAPED_SIGNS)
        )
        # First what is plain to see: whoever has found enough asks for no more.
        if all_of_it or "@" in html:
            yield plain(words(ends(html) if all_of_it else _around_marks(html))), False
        # With a space in place of each tag, for a look that costs little: most pages spell nothing out, and
        # to tell tags that part words from those that don't costs more than all the rest.
        if deobfuscate and is_spelt(plain(_spaced(ends(body.text(separator=JOINT))))):
            yield _BESIDE.sub("", _BEFORE.sub("", plain(words(ends(html))))), True


def _around_marks(html: str) -> str:
    """The markup around each @, from the end of a tag to the beginning of one; what overlaps is one piece."""
    pieces, left, at = [], _MOST, html.find("@")
    while at >= 0 and left > 0:
        start = html.find(">", max(0, at - _AROUND), at) + 1 or max(0, at - _AROUND)
        end, last = at + _AROUND, at
        while (further := html.rfind("@", last + 1, min(end, start + left))) >= 0:
            end, last = further + _AROUND, further
        tag = html.rfind("<", start, end)
        pieces.append(html[start : tag if tag > last and end < len(html) else end])
        left -= end - start
        at = html.find("@", end)
    return "\n".join(pieces)


def words(html: str) -> str:
    """The text of markup as a serializer writes it, with a JOINT for each tag that may stand within a word."""
    if "<" in html:
        html = _without_comments(html).replace("@<br>", "@")
        html = _TAG.sub(JOINT, _APART.sub("\n", html))
    # All that a serializer escapes in text.
    if "&" in html:
        for escape, character in _ESCAPES:
            html = html.replace(escape, character)
    return html


def _spaced(text: str) -> str:
    # An @ in a tag of its own is none with space around it.
    text = fewer_signs(text)
    if f"@{JOINT}" in text or f"{JOINT}@" in text:
        text = "@".join(part.strip(JOINT) for part in text.split("@"))
    return text.replace(JOINT, " ")


def _without_comments(html: str) -> str:
    first, *others = html.split("<!--")
    return first + "".join(one.partition("-->")[2] if "-->" in one else one for one in others)
