"""Bytes into text as browsers do it, with nothing a server says taken further than it should be."""

import codecs
import re

import webencodings

_BOMS = [
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
]
_META = re.compile(
    rb"""<meta[^>]{0,500}?charset\s*=\s*["']?\s*([a-zA-Z0-9_:.-]{1,40})""", re.IGNORECASE
)
_HEADER = re.compile(r"charset\s*=\s*[\"']?([a-zA-Z0-9_:.-]{1,40})", re.IGNORECASE)


def decode(body: bytes, content_type: str = "") -> tuple[str, str]:
    """The text and the name of the encoding. Never raises: what can't be decoded becomes U+FFFD.

    In order: byte order mark, HTTP header, meta tag, UTF-8 if it is, windows-1252.
    """
    for bom, name in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(name, "replace"), name
    named = _label(_HEADER.search(content_type)) or _label(_META.search(body[:4096]))
    # A label that the bytes contradict is a mistake of the server's, and UTF-8 does not occur by accident.
    try:
        return body.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        encoding = named if named and named != "utf-8" else "windows-1252"
    return _codec(encoding).decode(body, "replace")[0], encoding


def _label(found: "re.Match[bytes] | re.Match[str] | None") -> str:
    if found is None:
        return ""
    label = found[1].decode() if isinstance(found[1], bytes) else found[1]
    # Only labels of the web: Python would also know "zlib" and, in quadratic time, "punycode".
    encoding = webencodings.lookup(label)
    return encoding.name if encoding else ""


def _codec(name: str) -> codecs.CodecInfo:
    encoding = webencodings.lookup(name)
    assert encoding is not None
    found: codecs.CodecInfo = encoding.codec_info
    return found
