"""What a page hides from people, what it turns around, and where it shows an @ that is not in its text."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

from batches.operations.html.document import Document, copied

# More than any page that people read has; of one that has more, the beginning is looked at.
_MAX_TAGS, _MAX_DEEP_TAGS, _MAX_OPEN = 40_000, 10_000, 1_000
_MAX_CHECKED, _MAX_CLASSES, _MAX_SHEETS, _MAX_RULES = 5_000, 50, 500_000, 5_000
_ZERO = r"\s{0,3}:\s{0,3}(?:0+(?:\.0*)?|\.0+)(?![.\d])"
_HIDDEN = re.compile(
    r"display\s{0,3}:\s{0,3}none|visibility\s{0,3}:\s{0,3}(?:hidden|collapse)"
    rf"|(?:font-size|opacity){_ZERO}|(?:left|right|top|bottom|text-indent|margin-left|margin-top)\s{{0,3}}:\s{{0,3}}-\d{{3,}}"
    r"|transform\s{0,3}:\s{0,3}scale(?:[xy]|3d)?\(\s{0,3}0*\.?0*\s{0,3}[,)]"
    r"|clip\s{0,3}:\s{0,3}rect\(\s{0,2}[01](?:px)?[\s,]{1,3}[01](?:px)?[\s,]{1,3}[01](?:px)?[\s,]{1,3}[01](?:px)?\s{0,2}\)"
    r"|clip-path\s{0,3}:\s{0,3}inset\(\s{0,2}(?:50|100)%",
    re.IGNORECASE,
)
_FLAT, _CUT = re.compile(rf"(?<![\w-])(?:max-)?(?:height|width){_ZERO}", re.IGNORECASE), re.compile(r"overflow(?:-[xy])?\s{0,3}:\s{0,3}(?:hidden|clip)", re.IGNORECASE)  # fmt: skip
_BACKWARDS = re.compile(
    r"unicode-bidi\s{0,3}:\s{0,3}(?:bidi-override|isolate-override)", re.IGNORECASE
)
_SHOWS_AT = re.compile(r"content\s{0,3}:\s{0,3}(?:\"(?:@|\\0{0,4}40|\(at\)|\[at\])\s?\"|'(?:@|\\0{0,4}40|\(at\)|\[at\])\s?')", re.IGNORECASE)  # fmt: skip
# Of one element alone: what is hidden inside of another may be shown elsewhere.
_ALONE = re.compile(r"[a-z0-9]{0,20}([.#]-?[a-zA-Z_][\w-]{0,80})(?:::?(before|after))?")
_USED = re.compile(r"(?:class|id)=[\"']?([^\"'>]{1,200})")
# Whatever is hidden by its own style has one of these words in it.
_WORDS = (
    "none",
    "hidden",
    "collapse",
    "opacity",
    "font-size",
    ":-",
    ": -",
    "scale",
    "clip",
    "bidi",
)
_WORDS_IN_RULES = (*_WORDS, "content")
_MAY_HIDE = ", ".join(f'[style*="{word}" i]' for word in _WORDS)
_ICONS = frozenset({".fa-at", ".icon-at", ".bi-at", ".ti-at", ".glyphicon-at", ".dashicons-at"})
_ICON = ", ".join(sorted(_ICONS))
_HIDES = "[hidden], input[type=hidden], img[alt*='@'], img[alt*='at)' i], img[alt*='at]' i]"
# As nearly everybody writes it: without regard to upper and lower case, a search takes six times as long.
_STYLE = re.compile(r"style[ \t\n\f\r]*+=")
_LARGE = 200_000
_UNREAD = "script, style, template, svg"


@dataclass(slots=True)
class Styles:
    """Selectors of what the style sheets of a page say of its elements."""

    hidden: set[str] = field(default_factory=set)
    backwards: set[str] = field(default_factory=set)
    at: set[str] = field(default_factory=set)

    def note(self, selectors: str, rules: str) -> None:
        for selector in selectors.split(",")[:50]:
            found = _ALONE.fullmatch(selector.strip())
            if found and found[2]:
                self.at |= {found[1]} if _SHOWS_AT.search(rules) else set()
            elif found:
                self.hidden |= {found[1]} if is_hidden(rules) else set()
                self.backwards |= {found[1]} if _BACKWARDS.search(rules) else set()


def is_hidden(style: str) -> bool:
    return bool(_HIDDEN.search(style) or (_FLAT.search(style) and _CUT.search(style)))


def is_backwards(style: str) -> bool:
    return bool(_BACKWARDS.search(style))


def styles(document: Document) -> Styles:
    """Of the sheets that stand in the page, and of what they say of screens of any size."""
    found = Styles()
    for selectors, rules in islice(_all_rules(document.scripts), _MAX_RULES):
        if len(rules) < 1_000 and any(word in rules for word in _WORDS_IN_RULES):
            found.note(selectors, rules)
    return found


def _all_rules(sheets: Iterable[str]) -> Iterator[tuple[str, str]]:
    left = _MAX_SHEETS
    for sheet in sheets:
        if "{" in sheet and left > 0:
            yield from _rules(sheet[:left])
            left -= len(sheet)


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    elsewhere = False
    for block in sheet.split("}", _MAX_RULES):
        outer, inside, head = block.rpartition("{")
        if not inside:
            elsewhere = False
            continue
        medium, nested, selectors = outer.rpartition("{")
        if nested:
            elsewhere = "print" in medium or "(" in medium
        if not elsewhere:
            yield selectors or outer, head


def seen(document: Document, found: Styles) -> tuple[LexborHTMLParser, bool]:
    """The tree of what people see; and whether it is a copy, to be taken apart."""
    hidden, at = _used(document, found.hidden), _used(document, found.at)
    html, tree = document.html, document.tree
    # A long list of selectors takes its time on the shortest page, a look for a word on the longest.
    large = len(html) > _LARGE
    parts = [_HIDES, *hidden, *at]
    parts += [_MAY_HIDE] if large or _has_style(html) else []
    parts += [_ICON] if large or "-at" in html else []
    selected = ", ".join(parts)
    if html.count("<", 0, document.read) > _MAX_TAGS:
        tree = LexborHTMLParser(_beginning(html))
    elif tree.css_first(_UNREAD) is None and tree.css_first(selected) is None:
        return tree, False
    else:
        tree = copied(document)
    for number, node in enumerate(tree.css(selected)):
        # Who hides thousands of elements is not to be read for the sake of the one among them that is not.
        if number >= _MAX_CHECKED or _is_unseen(node, hidden):
            node.decompose()
        elif _shows_at(node, at):
            node.replace_with("@")
    return tree, True


def _has_style(html: str) -> bool:
    """Whether an element may have a style of its own: nearly every page has a sheet, and the word for it."""
    return _STYLE.search(html) is not None or "Style" in html or "STYLE" in html


def _is_unseen(node: LexborNode, hidden: set[str]) -> bool:
    own = node.attributes
    return (
        "hidden" in own
        or (node.tag == "input" and (own.get("type") or "").lower() == "hidden")
        or is_hidden((own.get("style") or "")[:500])
        or bool(hidden and hidden & _called(own))
    )


def _shows_at(node: LexborNode, at: set[str]) -> bool:
    own = node.attributes
    if node.tag == "img":
        return (own.get("alt") or "").strip(" ()[]").lower() in ("@", "at")
    return bool((at | _ICONS) & _called(own)) and not node.text(strip=True)


def _called(own: dict[str, str | None]) -> set[str]:
    """Its selectors, by class and by name."""
    return {f".{name}" for name in (own.get("class") or "").split()} | {f"#{own.get('id')}"}


def _used(document: Document, selectors: set[str]) -> set[str]:
    """Those of which the page has an element: most sheets have many more."""
    if not selectors:
        return selectors
    used = set(" ".join(_USED.findall(document.html)).split())
    return set(sorted(selector for selector in selectors if selector[1:] in used)[:_MAX_CLASSES])


def _beginning(html: str) -> str:
    """As much as can be parsed once more, and walked through: less of it if it is deep."""
    first = _up_to_tag(html, _MAX_TAGS)
    deep = first.count("<") - 2 * first.count("</") > _MAX_OPEN
    return _up_to_tag(first, _MAX_DEEP_TAGS) if deep else first


def _up_to_tag(html: str, number: int) -> str:
    rest = html.split("<", number)
    return html[: -len(rest[number]) - 1] if len(rest) > number else html
