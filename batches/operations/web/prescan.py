"""A look at a page before it is parsed: some are made to keep a parser busy for minutes.

Threads can't be stopped, so a page that would take too long must not be begun. Measured on such pages: 100,000
nested div, 15 s; one tag with 100,000 attributes, 19 s. Real pages nest 33 deep, 173 by this naive count.
"""

import re

MAX_DEPTH = 3_000
MAX_TAG = 64 * 1024

_TAGS = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)([^>]*)>?")
_VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "li",
        "p",
        "td",
        "th",
        "tr",
        "dt",
        "dd",
        "option",
    ]
)


def is_hostile(html: str) -> bool:
    """Whether parsing would take more than time in proportion to the page."""
    depth = 0
    for tag in _TAGS.finditer(html):
        if tag.end() - tag.start() > MAX_TAG:
            return True
        if tag[1]:
            depth = max(0, depth - 1)
        elif tag[2].lower() not in _VOID and not tag[3].endswith("/"):
            depth += 1
            if depth > MAX_DEPTH:
                return True
    return False
