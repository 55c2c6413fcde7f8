"""Sitemaps made to fill the memory or to take for ever: 40 MB each, of which little may be felt."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count

import psutil
import pytest

from batches.operations.sitemaps.reader import PIECE, NotASitemap, Reader
from batches.operations.sitemaps.unpacking import TooMuch

ROOT = b'<?xml version="1.0"?><urlset>'
PIECES = 40 * 1024 * 1024 // PIECE
PAGE = b"<url><loc>http://a.example/%d</loc>%s</url>"


def repeated(first: bytes, unit: bytes, pieces: int = PIECES) -> Iterator[bytes]:
    yield first
    yield from [unit * (PIECE // len(unit))] * pieces


def named(first: bytes, form: Callable[[int], bytes]) -> Iterator[bytes]:
    """With names that are nowhere else."""
    yield first
    numbers = count()
    for _ in range(PIECES):
        yield b"".join(form(next(numbers)) for _ in range(PIECE // len(form(10_000))))


def of_elements(number: int) -> bytes:
    return PAGE % (number, b"".join(b"<t%d_%d/>" % (number, n) for n in range(20)))


def of_attributes(number: int) -> bytes:
    return PAGE % (number, b"<x %s/>" % b" ".join(b't%d_%d="1"' % (number, n) for n in range(20)))


LINE = b"http://a.example/1\n"
HOSTILE = {
    "a page that never ends": lambda: repeated(ROOT + b"<url>", b"<a/>"),
    "no page at all": lambda: repeated(ROOT, b"<a/>"),
    "a page with images for ever": lambda: repeated(
        ROOT + b"<url><loc>http://a.example/</loc>",
        b"<image:image><image:loc>http://a.example/i</image:loc></image:image>",
    ),
    "a channel without items": lambda: repeated(b"<rss><channel>", b"<category>x</category>"),
    "one tag": lambda: repeated(ROOT + b"<url ", b"a='1' "),
    "tags that never close": lambda: repeated(ROOT, b"<u"),
    "text": lambda: repeated(ROOT, b"text "),
    "one comment": lambda: repeated(b'<?xml version="1.0"?><!-- ', b"x"),
    "blanks in front of the root": lambda: repeated(b'<?xml version="1.0"?>', b" "),
    "ampersands": lambda: repeated(ROOT, b"&"),
    "pages in wrappers": lambda: repeated(ROOT, b"<a><url/></a>", PIECES // 4),
    "names of elements": lambda: named(ROOT + b"<!-- x -->", of_elements),
    "names of attributes": lambda: named(ROOT + b"<!-- x -->", of_attributes),
    "a list of one line": lambda: repeated(LINE, b"x"),
    "a list of empty lines": lambda: repeated(LINE, b"\n"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_memory_and_time_stay_small(name: str) -> None:
    process, reader, began = psutil.Process(), Reader(), time.process_time()
    before = most = process.memory_info().rss
    with suppress(TooMuch, NotASitemap):
        for piece in HOSTILE[name]():
            for _ in reader.feed(piece):
                pass
            most = max(most, process.memory_info().rss)
        list(reader.close())
    assert most - before < 80 * 1024 * 1024
    assert time.process_time() - began < 60


def test_what_came_before_is_good() -> None:
    reader = Reader()
    found = list(reader.feed(ROOT + PAGE % (1, b"") + b"<url>"))
    with pytest.raises(TooMuch, match="2 MB in a row in which no page ends"):
        found += reader.feed(b"<a/>" * 1024 * 1024)
    assert [page.url for page in found] == ["http://a.example/1"]
    assert (reader.kind, reader.whole) == ("urlset", False)


def test_a_feed_of_long_articles_is_read() -> None:
    """A megabyte each, and more of them than may stand open."""
    item = b"<item><link>http://a.example/%d</link><description>%s</description></item>"
    reader = Reader()
    found = list(reader.feed(b"<rss><channel>"))
    for number in range(5):
        found += reader.feed(item % (number, b"word " * 200_000))
    assert len(found) == 5
