"""gzip inside an answer, told by its first bytes: neither a name nor a header can be relied on."""

import zlib
from collections.abc import Iterator

MAGIC = b"\x1f\x8b"
# What one call gives back; a small file may unfold to gigabytes.
_PIECE = 256 * 1024


class TooMuch(Exception):
    """More than is read of one file, or of one page in it; the message says what."""


class Unpacker:
    """Pieces of a file as they come, packed or not, out as plain pieces; `most` bytes of them at most.

    Several packed parts, one after the other, are one file; what follows the last and is none is left out.
    A file that was packed twice is unpacked twice. `whole` says whether the last part had its end.
    """

    def __init__(self, most: int, layers: int = 2) -> None:
        self.whole = True
        self._most, self._given = most, 0
        self._layers = layers
        self._head = b""
        self._begun = False
        self._inflate: zlib._Decompress | None = None
        self._inner: Unpacker | None = None
        self._over = False

    @property
    def packed(self) -> bool:
        return self._inflate is not None

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Raises TooMuch."""
        if not self._begun:
            piece = self._head = self._head + piece
            if len(piece) < len(MAGIC):
                return
            self._begin(piece)
        for plain in self._plain(piece):
            for given in self._inner.feed(plain) if self._inner is not None else (plain,):
                self._given += len(given)
                if self._given > self._most:
                    raise TooMuch(
                        f"larger than {self._most // 1024 // 1024} MB once it is unpacked"
                    )
                yield given

    def close(self) -> Iterator[bytes]:
        """What was too short to tell what it is."""
        if not self._begun and self._head:
            yield self._head
        if self._inner is not None:
            yield from self._inner.close()
            self.whole = self.whole and self._inner.whole

    def _begin(self, head: bytes) -> None:
        self._begun, self._head = True, b""
        if head.startswith(MAGIC) and self._layers:
            self._inflate = zlib.decompressobj(31)
            self.whole = False
            self._inner = Unpacker(self._most, self._layers - 1)

    def _plain(self, piece: bytes) -> Iterator[bytes]:
        if self._inflate is None:
            yield piece
            return
        while piece and not self._over:
            try:
                yield self._inflate.decompress(piece, _PIECE)
            except zlib.error:
                # Damaged from here on: what came before is good.
                self._over = True
                return
            piece = self._inflate.unconsumed_tail
            if self._inflate.eof:
                piece = self._next_part(self._inflate.unused_data)

    def _next_part(self, rest: bytes) -> bytes:
        self.whole = True
        if not rest.startswith(MAGIC[: len(rest)]):
            self._over = True
            return b""
        self._inflate = zlib.decompressobj(31)
        if rest:
            self.whole = False
        return rest
