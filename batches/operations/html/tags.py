"""Tags as text, as the standard reads them. https://html.spec.whatwg.org/multipage/parsing.html#tag-open-state"""

import re

GAP = r"[ \t\n\f\r]"
_ATTRIBUTE_NAME = r"[^ \t\n\f\r/>][^ \t\n\f\r/>=]*+"


def _attribute(name: str = _ATTRIBUTE_NAME, quoted: str = r"\"[^\"]*+\"?+|'[^']*+'?+") -> str:
    """As the standard reads it: a quote counts only behind an equals sign."""
    value = rf"{GAP}*+={GAP}*+(?:{quoted}|(?![\"'])[^ \t\n\f\r>]*+)"
    return rf"(?:[ \t\n\f\r/]*+{name}(?:{value}|(?!{GAP}*+=)))"


_ATTRIBUTE = _attribute()
_END = r"[ \t\n\f\r/]*+(?:>|\Z)"
_NAME = r"[a-zA-Z][^ \t\n\f\r/>]*+"
ONE_ATTRIBUTE = re.compile(_attribute(f"({_ATTRIBUTE_NAME})"))
START_TAG = re.compile(f"<{_NAME}({_ATTRIBUTE}*+){_END}")
# Of end tags, those of p and br make an element that nobody opened.
ANY_TAG = re.compile(
    rf"<(?=[a-zA-Z/!?])(?:(/)(?!(?:[pP]|[bB][rR])[ \t\n\f\r/>])|({_NAME})({_ATTRIBUTE}*+){_END})?"
)
_FEW = 500
_HOLDS_NO_TAG = _attribute(quoted=r"\"[^\"<]*+(?:\"|\Z)|'[^'<]*+(?:'|\Z)")
# Up to the first tag with more attributes than that, or with one that could hold another tag.
FEW_ATTRIBUTES = re.compile(
    rf"(?:[^<]++|<(?![a-zA-Z])|<{_NAME}{_HOLDS_NO_TAG}{{0,{_FEW}}}+{_END})*+"
)
TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<[!?][^>]*+>?+|</[^a-zA-Z>][^>]*+>?+"
    rf"|<(/?+)({_NAME})({_ATTRIBUTE}*+){_END}",
    re.DOTALL,
)
START = re.compile(r"<[a-zA-Z]")
TAG_NAME = re.compile(f"<{_NAME}")
# Beginnings of tags, and what stands between two attributes.
_SIGNS = b"< \t\n\f\r/="


def count_signs(html: str) -> int:
    """No less than there are tags and attributes: in one pass, instead of one for each sign."""
    data = html.encode("utf-8", "replace")
    return len(data) - len(data.translate(None, _SIGNS))
