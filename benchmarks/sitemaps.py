"""Reading a sitemap against ultimate-sitemap-parser, and how much memory a million pages take.

Both read 50,000 pages with date, frequency and priority, plain, packed, and with two images, three languages or news
each, from memory and on one core; rounds take turns, so that a busy machine slows both. Ours reads 64 KiB at a time, as
they come from the web.
"""

import gzip
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from batches.operations.sitemaps.reader import PIECE, Reader
from batches.operations.sitemaps.unpacking import Unpacker

ROUNDS, PAGES, MANY = 5, 50_000, 1_000_000
_MOST = 1024 * 1024 * 1024
_HEAD = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    b' xmlns:image="http://www.google.com/schemas/sitemap-image/1.1" xmlns:xhtml="http://www.w3.org/1999/xhtml"'
    b' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">\n'
)
_END = b"</urlset>\n"
_PEER = "from benchmarks.sitemaps import peer; peer('{name}')"
_MEMORY = "from benchmarks.sitemaps import memory; memory()"


def run(items: int) -> None:
    """Print pages a second of processor time of both, their ratio, and megabytes; `items` is not used."""
    for name in ("plain", "packed", *_MORE):
        data = _data(name)
        rounds = [(_told(_PEER.format(name=name)), _ours(data)) for _ in range(ROUNDS)]
        theirs, ours = (statistics.median(side) for side in zip(*rounds, strict=True))
        ratio = statistics.median(second / first for first, second in rounds)
        print(f"{name}: ultimate-sitemap-parser {theirs:>9,.0f} pages/s/core")
        print(
            f"{name}: ours                    {ours:>9,.0f} pages/s/core, {ratio:.1f} times as many"
        )
    print(f"{MANY:,} pages: {_told(_MEMORY):.1f} MB more than before")


def _data(name: str) -> bytes:
    more = _MORE.get(name)
    pages = (_page(number, more(number) if more else "") for number in range(PAGES))
    plain = b"".join([_HEAD, *pages, _END])
    return gzip.compress(plain) if name == "packed" else plain


def _page(number: int, more: str = "") -> bytes:
    day, second = number % 28 + 1, number % 60
    return (
        f"<url><loc>https://www.example.com/shop/part-{number % 50}/some-product-{number}.html?a=1&amp;b=2</loc>"
        f"<lastmod>2026-05-{day:02}T{number % 24:02}:{number // 60 % 60:02}:{second:02}+00:00</lastmod>"
        f"<changefreq>weekly</changefreq><priority>0.{number % 10}</priority>{more}</url>\n"
    ).encode()


def _images(number: int) -> str:
    return "".join(
        f"<image:image><image:loc>https://cdn.example.com/images/{number}-{n}.jpg</image:loc>"
        f"<image:title>Product {number}, view {n}</image:title></image:image>"
        for n in range(2)
    )


def _languages(number: int) -> str:
    return "".join(
        f'<xhtml:link rel="alternate" hreflang="{name}" href="https://www.example.com/{name}/product-{number}.html"/>'
        for name in ("en", "de", "fr")
    )


def _news(number: int) -> str:
    return (
        "<news:news><news:publication><news:name>The Post</news:name><news:language>en</news:language>"
        "</news:publication><news:publication_date>2026-05-04</news:publication_date>"
        f"<news:title>What happened {number}</news:title></news:news>"
    )


_MORE: dict[str, Callable[[int], str]] = {
    "images": _images,
    "languages": _languages,
    "news": _news,
}


def _ours(data: bytes) -> float:
    began = time.process_time()
    found = sum(1 for _ in _read(data[at : at + PIECE] for at in range(0, len(data), PIECE)))
    assert found == PAGES, found
    return PAGES / (time.process_time() - began)


def _read(pieces: Iterator[bytes]) -> Iterator[object]:
    reader, unpacker = Reader(), Unpacker(_MOST)
    for piece in pieces:
        for plain in unpacker.feed(piece):
            yield from reader.feed(plain)
    yield from reader.close()


def peer(name: str) -> None:
    """In a process of its own: it keeps what it read, and writes to the log."""
    from usp.fetch_parse import XMLSitemapParser
    from usp.helpers import gunzip
    from usp.web_client.requests_client import RequestsWebClient

    data = _data(name)
    began = time.process_time()
    text = (gunzip(data) if name == "packed" else data).decode()
    parser = XMLSitemapParser(
        "https://www.example.com/sitemap.xml", text, 0, RequestsWebClient(), set()
    )
    found = sum(1 for _ in parser.sitemap().all_pages())
    assert found == PAGES, found
    print(json.dumps(PAGES / (time.process_time() - began)))


def memory() -> None:
    """Megabytes by which the process grows while it reads."""
    import psutil

    def pieces() -> Iterator[bytes]:
        yield _HEAD
        for start in range(0, MANY, 500):
            yield b"".join(_page(number) for number in range(start, start + 500))
            most[0] = max(most[0], process.memory_info().rss)
        yield _END

    process = psutil.Process()
    before = process.memory_info().rss
    most = [before]
    assert sum(1 for _ in _read(pieces())) == MANY
    print(json.dumps((most[0] - before) / 1024 / 1024))


def _told(program: str) -> float:
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)  # noqa: S603
    return float(json.loads(done.stdout.splitlines()[-1]))
