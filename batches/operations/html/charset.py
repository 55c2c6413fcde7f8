"""Bytes into text as browsers do it, with nothing a server says taken further than it should be."""

import codecs
import re

import webencodings
from charset_normalizer import from_bytes

_BOMS = [
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16le"),
    (codecs.BOM_UTF16_BE, "utf-16be"),
]
_META = re.compile(
    rb"""<meta[^>]{0,500}?charset\s*=\s*["']?\s*([a-zA-Z0-9_:.-]{1,40})""", re.IGNORECASE
)
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:.-]{1,40})", re.IGNORECASE)
# Their texts can be read as UTF-8, too, and come out as something else. Texts in any other never are UTF-8
# by accident, so there the bytes are believed before what a server says of them.
# By Python's names. Of Latin ones only the usual one: by a few accents nobody can tell them apart.
_GUESSED = {
    "gb18030": "gb18030", "big5": "big5", "cp932": "shift_jis", "euc_jp": "euc-jp", "cp949": "euc-kr",
    "cp1251": "windows-1251", "koi8_r": "koi8-r", "cp1253": "windows-1253", "cp1252": "windows-1252",
}  # fmt: skip
_ASCII = bytes(range(128))
_SUPPOSED = "windows-1252"
_TAGS = re.compile(
    rb"<(?:script|style)\b[^<>]*+>[^<]*+</(?:script|style)>|<[^<>]*+>", re.IGNORECASE
)
# Bytes: enough for a few sentences, and read in some milliseconds.
_LOOKED_AT, _READ, _LEAST_FOREIGN = 64 * 1024, 4 * 1024, 8
_ESCAPING = frozenset({"iso-2022-jp", "utf-16le", "utf-16be"})


def decode(body: bytes, content_type: str = "") -> tuple[str, str]:
    """The text and the name of the encoding. Never raises: what can't be decoded becomes U+FFFD.

    In order: byte order mark, UTF-8 if the bytes are, HTTP header, meta tag, the looks of it, windows-1252.
    """
    for bom, name in _BOMS:
        if body.startswith(bom):
            return _replacing(body[len(bom) :], name), name
    labels = _labels(body, content_type)
    first = [name for name in labels if name in _ESCAPING and _escapes(body, name)]
    for name in [*first, "utf-8", *labels]:
        if (text := _strictly(body, name)) is not None:
            return text, name
    # No encoding fits: some byte is damaged, or the page is sewn together from several.
    text = _replacing(body, "utf-8")
    if _mostly_whole(text):
        return text, "utf-8"
    named = (name for name in labels if name not in {"utf-8", *_ESCAPING})
    guess = next(named, "") or _guessed(body)
    return _replacing(body, guess), guess


def _guessed(body: bytes) -> str:
    """By the looks of a text that names no encoding: those that are written with hardly any ASCII letter.

    Of all others, windows-1252 is the one that browsers suppose, and that detectors take for something else.
    """
    words = _TAGS.sub(b" ", body[:_LOOKED_AT])
    foreign = len(words.translate(None, _ASCII))
    if foreign < _LEAST_FOREIGN or foreign * 4 < len(b"".join(words.split())):
        return _SUPPOSED
    best = from_bytes(words[:_READ], cp_isolation=list(_GUESSED)).best()
    return _GUESSED.get(best.encoding, _SUPPOSED) if best else _SUPPOSED


def declared(content_type: str) -> str | None:
    """The label in a Content-Type, in lower case, known or not."""
    found = _HEADER.search(content_type[:500])
    return found[1].lower() if found else None


def _mostly_whole(text: str) -> bool:
    """Whether more than twice as many characters came through as were lost. ASCII always does, so is left out."""
    lost = text.count("\ufffd")
    return len(text.encode()) - len(text) - 2 * lost > 2 * lost


def _escapes(body: bytes, name: str) -> bool:
    """Whether a text bears the marks of such an encoding; plain ASCII would pass for any of them."""
    return (b"\x1b" if name == "iso-2022-jp" else b"\0") in body


def _labels(body: bytes, content_type: str) -> list[str]:
    """The encodings that the header and the page name, the header first."""
    header, meta = _HEADER.search(content_type), _META.search(body[:4096])
    named = [_known(header[1])] if header else []
    if meta:
        name = _known(meta[1].decode("ascii"))
        # A tag that can be read as ASCII is not written in UTF-16.
        named.append("utf-8" if name.startswith("utf-16") else name)
    return [name for name in named if name]


def _known(label: str) -> str:
    # Only labels of the web: Python would also know "zlib" and, in quadratic time, "punycode".
    encoding = webencodings.lookup(label)
    return encoding.name if encoding else ""


def _strictly(body: bytes, name: str) -> str | None:
    try:
        return _codec(name).decode(body, "strict")[0]
    except (UnicodeError, LookupError):
        return None


def _replacing(body: bytes, name: str) -> str:
    return _codec(name).decode(body, "replace")[0]


def _codec(name: str) -> codecs.CodecInfo:
    encoding = webencodings.lookup(name)
    assert encoding is not None
    found: codecs.CodecInfo = encoding.codec_info
    return found
