"""Images, videos, news and languages of a page, written as nearly all systems write them: read without a tree.

As in `plain`, what is not of exactly this form is for the parser.
"""

import re
from html import unescape
from typing import Any

from batches.operations.sitemaps.details import BLOCKS, alternate, described


def _parts(kind: str, group: str, more: str = "") -> str:
    """A row of texts, whose names all have the kind in front."""
    name = rf"(?P<{group}>{kind}:(?!{kind}>)[a-z_]{{1,30}}+)"
    return rf"(?:\s*+(?:<{name}>[^<>\x00-\x08\x0b-\x1f]{{0,4096}}+</(?P={group})>{more}))*+\s*+"


def _block(kind: str, more: str = "") -> str:
    return rf"<{kind}:{kind}>{_parts(kind, kind, more)}</{kind}:{kind}>"


_URL = r"[!#-;=?-~\x80-\xff]{1,2048}+"
_LANGUAGE = r"[a-zA-Z-]{1,20}+"
_LINKS = [
    rf'<xhtml:link\s++rel="alternate"\s++hreflang="{_LANGUAGE}"\s++href="{_URL}"\s*+/>',
    rf'<xhtml:link\s++rel="alternate"\s++href="{_URL}"\s++hreflang="{_LANGUAGE}"\s*+/>',
]
_BLOCKS = [
    _block("image"),
    _block("video"),
    _block("news", f"|<news:publication>{_parts('news', 'publication')}</news:publication>"),
    r"<mobile:mobile\s*+/>",
]
_TEXTS = [
    r"<lastmod>[!-%'-;=-~ ]{0,60}+</lastmod>",
    r"<changefreq>\s*+[a-zA-Z]{0,20}+\s*+</changefreq>",
    r"<priority>\s*+[0-9.,]{0,20}+\s*+</priority>",
]
# What stands behind an address, to the end of the page. Possessive: where one does not match, no other way is tried.
REST = re.compile(
    rf"((?:\s*+(?:{'|'.join((*_LINKS, *_BLOCKS, *_TEXTS))}))*+)\s*+</url>".encode("latin-1")
)
# What REST lets through, piece by piece.
_LINK = re.compile(
    r'<xhtml:link\s++rel="alternate"\s++(?:href="([^"]*+)"\s++)?hreflang="([^"]*+)"(?:\s++href="([^"]*+)")?'
)
_LEAVES = [
    (kind, f"<{kind}:{kind}>", re.compile(rf"<{kind}:([a-z_]++)>([^<]*+)</"))
    for kind in sorted(BLOCKS)
]
_TEXT = re.compile(r"<(lastmod|changefreq|priority)>([^<]*+)")
_REFERENCE = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)")
# No characters of XML: the parser knows what becomes of them.
_NO_CHARACTERS = re.compile("[\ufffe\uffff]")


def said(found: re.Match[bytes], utf8: bool) -> str | None:
    """Of a match of REST; None for what is not beyond doubt."""
    raw = found[1]
    if b"&" in raw and _REFERENCE.search(raw):
        return None
    if raw.isascii():
        return raw.decode()
    try:
        text = raw.decode("utf-8" if utf8 else "ascii")
    except UnicodeDecodeError:
        return None
    return None if _NO_CHARACTERS.search(text) else text


def rows(said: str) -> dict[str, list[Any]]:
    """Images, links and so on, as `details.counted` takes them."""
    found: dict[str, list[Any]] = {}
    clean = unescape if "&" in said else _as_it_is
    if "<xhtml:" in said:
        links = _LINK.findall(said)
        found["link"] = [row for a, name, b in links if (row := alternate(name, clean(a or b)))]
    for kind, begin, leaves in _LEAVES:
        if begin in said:
            blocks = [leaves.findall(block) for block in said.split(begin)[1:]]
            if clean is unescape:
                blocks = [[(name, clean(text)) for name, text in block] for block in blocks]
            found[kind] = [described(kind, block) for block in blocks]
    if "<mobile:" in said:
        found["mobile"] = []
    return found


def texts(said: str) -> dict[str, str]:
    """Date, frequency and priority, where they stand behind the rest. The first of each counts."""
    if "</lastmod>" in said or "</changefreq>" in said or "</priority>" in said:
        return dict(reversed(_TEXT.findall(said)))
    return {}


def _as_it_is(text: str) -> str:
    return text
