"""References as the parser keeps them, whatever else is wrong with a file."""

import re

# After its first error libxml2 drops &amp; without a word; a number it keeps. A bare & is an error itself.
_AMPERSAND = re.compile(
    rb"&(?!#\d{1,7};|#x[\da-f]{1,6};)(?:(amp|lt|gt|quot|apos);)?", re.IGNORECASE
)
# Halves of a character, as some write those beyond the first 65,536: libxml2 keeps them, and nothing can read them.
_HALF = re.compile(
    rb"&#(?:x0*d[89a-f][\da-f]{2}|0*5(?:529[6-9]|5[3-9]\d\d|6\d{3}|7[0-2]\d\d|73[0-3]\d|734[0-3]));",
    re.IGNORECASE,
)
_NUMBERS = {
    b"amp": b"&#38;",
    b"lt": b"&#60;",
    b"gt": b"&#62;",
    b"quot": b"&#34;",
    b"apos": b"&#39;",
}
_LONGEST = 10  # Of what stands between & and ;.


class Ampersands:
    """Of a file that comes in pieces: one that goes on in the next piece waits for it."""

    def __init__(self) -> None:
        self._begun = b""

    def mended(self, piece: bytes) -> bytes:
        piece, self._begun = self._begun + piece, b""
        start = piece.rfind(b"&", -_LONGEST)
        if start >= 0 and b";" not in piece[start:]:
            piece, self._begun = piece[:start], piece[start:]
        return _HALF.sub(b"&#xFFFD;", _AMPERSAND.sub(_number, piece))

    def rest(self) -> bytes:
        return _AMPERSAND.sub(_number, self._begun)


def _number(found: re.Match[bytes]) -> bytes:
    return _NUMBERS[found[1].lower()] if found[1] else _NUMBERS[b"amp"]
