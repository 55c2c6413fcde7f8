"""Bytes into text as browsers do it, with nothing a server says taken further than it should be."""

import codecs
import re
import tomllib
from collections import Counter
from pathlib import Path

import webencodings

_BOMS = [
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16le"),
    (codecs.BOM_UTF16_BE, "utf-16be"),
]
_META = re.compile(
    rb"""<meta[^>]{0,500}?charset\s*=\s*["']?\s*([a-zA-Z0-9_:.-]{1,40})""", re.IGNORECASE
)
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:.-]{1,40})", re.IGNORECASE)
_USUAL = tomllib.loads((Path(__file__).parent / "usual_characters.toml").read_text("utf-8"))
# Of languages in Latin letters: the others that they are written with, by encoding.
_LATIN_LETTERS: dict[str, list[frozenset[str]]] = {
    name: [frozenset(letters + letters.upper()) for letters in languages.values()]
    for name, languages in _USUAL.pop("latin").items()
}
# Those that are guessed by the looks of a text: many can be read in all of these, but then it is not what people
# write.
_COMMON = {name: frozenset(text) for name, text in _USUAL.items()}
_COMMON["euc-jp"] = _COMMON["shift_jis"]
_ASCII = bytes(range(128))
_SUPPOSED = "windows-1252"
# Signs that stand in all of these encodings are no letters.
_WORD = re.compile(rb"[A-Za-z\x80-\xff]{3,}")
_SIGNS = bytes([0x80, 0x82, 0x84, 0x85, 0x86, 0x87, 0x89, 0x8B, *range(0x91, 0x98), 0x99, 0x9B, 0xA0, 0xA7, 0xA9, 0xAB, 0xAD, 0xAE, 0xB0, 0xB7, 0xBB])  # fmt: skip
# By a few accents nobody can tell them apart. A page in several languages has letters of all of them: it must be
# of none in the usual encoding, and of one in another. Tried with the translations of Django: of 12,000 texts in
# languages of the usual encoding none was read otherwise, and of 19,000 in two or three of them at once, two.
_LEAST_LATIN, _ODD, _CERTAIN, _LEAST_OTHER, _OTHER = 8, 0.97, 0.98, 3, 0.04
_TAGS = re.compile(
    rb"<(?:script|style)\b[^<>]*+>[^<]*+</(?:script|style)>|<[^<>]*+>", re.IGNORECASE
)
# Bytes: enough for a few sentences, and read in some milliseconds.
_LOOKED_AT, _READ, _LEAST_FOREIGN = 64 * 1024, 4 * 1024, 4
_SURE, _SINGLE_BYTES, _LATIN = (
    0.4,
    ("windows-1251", "koi8-r", "windows-1253"),
    re.compile("[a-zA-Z]"),
)
_TITLE = re.compile(rb"<title[^>]{0,200}>([^<]{1,1000})", re.IGNORECASE)
_ESCAPING = frozenset({"iso-2022-jp", "utf-16le", "utf-16be"})


def decode(body: bytes, content_type: str = "") -> tuple[str, str]:
    """The text and the name of the encoding. Never raises: what can't be decoded becomes U+FFFD.

    In order: byte order mark, UTF-16 if its tags are, UTF-8 if the bytes are, HTTP header, meta tag, the looks of
    it, windows-1252.
    """
    for bom, name in _BOMS:
        if body.startswith(bom):
            return _replacing(body[len(bom) :], name), name
    if wide := _wide(body):
        return _replacing(body, wide), wide
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


def _wide(body: bytes) -> str:
    """UTF-16 without a mark or a label shows by its tags: every second byte of them is a NUL."""
    if b"\0" not in body[:200]:
        return ""
    start = body[:_LOOKED_AT].lower()
    for name in ("utf-16le", "utf-16be"):
        # At an odd place, it is the other one.
        if any(start.find(tag.encode(name)) % 2 == 0 for tag in ("<html", "<title")):
            return name
    return ""


def _guessed(body: bytes) -> str:
    """By the looks of those words that are written with hardly any ASCII letter, those of the title first.

    Then by the accents of a whole text. If there are none, or it can't be told, it is windows-1252, as browsers suppose.
    """
    title = _TITLE.search(body[:_LOOKED_AT])
    first = _guess(title[1]) if title else ""
    text = _TAGS.sub(b" ", body[:_LOOKED_AT])
    return first or _guess(text) or _latin(text) or _SUPPOSED


def _latin(text: bytes) -> str:
    """An encoding in which all is of one language, where it is of none in the usual one."""
    words = _WORD.findall(text.translate(bytes.maketrans(_SIGNS, b" " * len(_SIGNS))))
    counts = Counter(b"".join(words).translate(None, _ASCII))
    if counts.total() < _LEAST_LATIN or _one_language(counts, _SUPPOSED) > _ODD:
        return ""
    names = [name for name in _LATIN_LETTERS if _makes_a_difference(counts, name)]
    rated = {name: _one_language(counts, name) for name in names}
    best = max(rated, key=lambda name: rated[name], default="")
    return best if best and rated[best] >= _CERTAIN else ""


def _one_language(counts: Counter[int], name: str) -> float:
    """How many of the bytes are letters of one language, the one of which most are."""
    read = [(_letter(byte, name), count) for byte, count in counts.items()]
    most = max(
        sum(count for letter, count in read if letter in letters)
        for letters in _LATIN_LETTERS[name]
    )
    return most / counts.total()


def _makes_a_difference(counts: Counter[int], name: str) -> bool:
    """Whether enough is read otherwise there: by one name from abroad, a language is not known."""
    other = sum(n for byte, n in counts.items() if _letter(byte, name) != _letter(byte, _SUPPOSED))
    return other >= max(_LEAST_OTHER, _OTHER * counts.total())


def _letter(byte: int, name: str) -> str:
    return _replacing(bytes([byte]), name)


def _guess(text: bytes) -> str:
    words = [
        word for word in text.split() if 4 <= len(word) <= 2 * len(word.translate(None, _ASCII))
    ]
    foreign = b" ".join(words)[:_READ]
    if len(foreign.translate(None, _ASCII)) < _LEAST_FOREIGN:
        return ""
    rated = {name: _share(foreign, name) for name in _COMMON}
    best = max(rated, key=lambda name: rated[name])
    return best if rated[best] >= _SURE else ""


def _share(text: bytes, name: str) -> float:
    """How much of a text, read so, is what is usual there; of one that can't be read so, nothing."""
    read = _replacing(text, name)
    if name in _SINGLE_BYTES:
        # A Latin word with many accents has other letters, too.
        read = " ".join(word for word in read.split() if not _LATIN.search(word))
    letters = [letter for letter in read if letter > "\x7f"]
    if "\ufffd" in read[:-1] or not letters:
        return 0.0
    return sum(letter in _COMMON[name] for letter in letters) / len(letters)


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
