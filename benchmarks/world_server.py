"""Thousands of small sites on loopback, each on a port of its own, in a process of its own: most well, some not.

Two in a hundred are dead, three slow, one hostile; others redirect, refuse, forbid or answer with errors, as the
web does. The same for the same seed. Prints the ports as JSON, then serves until it is ended.
"""

import asyncio
import gzip
import json
import random
import socket
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

from benchmarks.page_server import WORDS

FIRST_PORT, LAST_PORT = 5_000, 32_000
_HEAD = "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\n{more}\r\n"
_TEXTS = {
    "de": ("Bäckerei Müller in Köln", "Schöne Grüße an alle Gäste", "utf-8"),
    "fr": ("Café à la crème", "Très bien préparé, c'est ça", "iso-8859-1"),
    "ru": ("Магазин в Москве", "Добро пожаловать на наш сайт", "windows-1251"),
    "zh": ("北京旅游网", "欢迎来到我们的网站", "gb18030"),
    "en": ("The Old Bakery", "Bread is made by hand there", "utf-8"),
}


class Kind(NamedTuple):
    """A kind of site, and how many in a thousand are like that."""

    name: str
    share: int


KINDS = [
    Kind("plain", 800), Kind("moved", 50), Kind("forbidding", 20), Kind("not found", 20), Kind("forbidden", 10),
    Kind("broken", 10), Kind("busy", 10), Kind("too often", 10), Kind("picture", 10), Kind("dead", 20),
    Kind("slow", 30), Kind("hostile", 10),
]  # fmt: skip


def page(number: int) -> bytes:
    """With all that a page usually has; of five languages, 5 to 300 kB."""
    chance = random.Random(number)  # noqa: S311 - It makes up texts.
    language = chance.choice(list(_TEXTS))
    title, text, encoding = _TEXTS[language]
    parts = chance.choice((5, 20, 40, 80, 400))
    stated = {"@context": "https://schema.org", "@type": "Organization", "name": f"{title} {number}", "email": f"office@site-{number}.org"}  # fmt: skip
    body = "".join(
        f"<section><h2>{text}</h2><p>{' '.join(chance.choices(WORDS, k=60))} "
        f'<a href="/page/{n}">{text}</a> <img src="/img/{n}.png" alt=""></p></section>'
        for n in range(parts)
    )
    html = (
        f'<!doctype html><html lang="{language}"><head><meta charset="{encoding}"><title>{title} {number}</title>'
        f'<meta name="description" content="{text}"><meta name="generator" content="WordPress 6.5">'
        f'<script type="application/ld+json">{json.dumps(stated)}</script></head><body><h1>{title}</h1>'
        f'<a href="/contact">Contact</a>{body}<a href="mailto:info@site-{number}.org">Mail</a></body></html>'
    )
    return html.encode(encoding, "replace")


def _answer(body: bytes, status: int = 200, kind: str = "text/html", more: str = "") -> bytes:
    return _HEAD.format(status=status, kind=kind, size=len(body), more=more).encode() + body


def _bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    packed = b"".join(packer.compress(bytes(1_000_000)) for _ in range(200)) + packer.flush()
    return _answer(packed, more="Content-Encoding: gzip\r\n")


_ENTITIES = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
_LAUGHS = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{_ENTITIES}]><urlset><url><loc>&l9;</loc></url></urlset>'
HOSTILE: dict[str, Callable[[], bytes]] = {
    "bomb": _bomb,
    "packed twice": lambda: _answer(
        gzip.compress(gzip.compress(b"x")), more="Content-Encoding: gzip, gzip\r\n"
    ),
    "not packed": lambda: _answer(b"plain", more="Content-Encoding: gzip\r\n"),
    "packing unknown": lambda: _answer(b"plain", more="Content-Encoding: rot13\r\n"),
    "deep": lambda: _answer(b"<div>" * 100_000),
    "deep and open": lambda: _answer(b"<a><b>" * 100_000),
    "attributes": lambda: _answer(b"<p " + b"".join(b"a%d=1 " % n for n in range(100_000)) + b">"),
    "headers": lambda: _answer(b"x", more="".join(f"X-{n}: y\r\n" for n in range(100_000))),
    "long header": lambda: _answer(b"x", more=f"X-Long: {'y' * 10_000_000}\r\n"),
    "circle": lambda: _answer(b"", 302, more="Location: /\r\n"),
    "nowhere": lambda: _answer(b"", 302, more="Location: javascript:alert(1)\r\n"),
    "inside": lambda: _answer(
        b"", 302, more="Location: http://169.254.169.254/latest/meta-data/\r\n"
    ),
    "short": lambda: _answer(b"x" * 100)[:-50],
    "no http": lambda: b"SSH-2.0-OpenSSH_9.6\r\n",
    "old http": lambda: b"<html>hello</html>",
    "two lengths": lambda: (
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\nhello"
    ),
    "minus": lambda: b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
    "bad chunk": lambda: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello",
    "charset": lambda: _answer(
        b"<title>x</title>\xff\x00\xed\xa0\x80", kind="text/html; charset=punycode"
    ),
    "letters": lambda: _answer(b"<p>" + b"x.a.a.a@" * 500_000),
    "brackets": lambda: _answer(b"<" * 5_000_000),
    "json": lambda: _answer(b'<script type="application/ld+json">' + b"[" * 1_000_000),
    "laughs": lambda: _answer(_LAUGHS.encode(), kind="application/xml"),
}


class World:
    """The kind of each site by its number. `seconds` is what a slow one takes."""

    def __init__(self, count: int, seconds: float) -> None:
        chance = random.Random(20_261_124)  # noqa: S311 - The same each time.
        shares = [kind.share for kind in KINDS]
        self.kinds = [kind.name for kind in chance.choices(KINDS, shares, k=count)]
        # Of a small world, too, each way to be hostile is a part.
        self.kinds[: len(HOSTILE)] = ["hostile"] * len(HOSTILE)
        self.seconds = seconds
        self.asked = [0] * count
        self._hostile = {name: make() for name, make in HOSTILE.items()}
        self._pages = [_answer(page(number)) for number in range(200)]

    async def talk(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while request := await reader.readuntil(b"\r\n\r\n"):
                path = request.split(b" ", 2)[1].decode("ascii", "replace")
                said = await self._said(number, path)
                writer.write(said)
                await writer.drain()
                if self.kinds[number] == "hostile":
                    break
        writer.close()

    async def _said(self, number: int, path: str) -> bytes:
        kind = self.kinds[number]
        if path == "/robots.txt":
            forbids = kind == "forbidding"
            text = f"User-agent: *\nDisallow: {'/' if forbids else ''}\nSitemap: /sitemap.xml\n"
            return _answer(text.encode(), kind="text/plain")
        if kind == "hostile":
            return self._hostile[list(HOSTILE)[number % len(HOSTILE)]]
        if path == "/sitemap.xml":
            return _answer(_sitemap(number), kind="application/xml")
        if kind == "slow":
            await asyncio.sleep(self.seconds)
        return self._usual(kind, number, path)

    def _usual(self, kind: str, number: int, path: str) -> bytes:
        self.asked[number] += 1
        moved = kind == "moved" and path == "/"
        again = kind == "too often" and self.asked[number] == 1
        errors = {"not found": 404, "forbidden": 403, "broken": 500}
        if kind in errors:
            return _answer(b"<title>Sorry</title>", errors[kind])
        if kind == "busy":
            return _answer(b"", 503, more="Retry-After: 1\r\n")
        if kind == "picture":
            return _answer(b"\x89PNG", kind="image/png")
        if moved or again:
            more = "Location: /home\r\n" if moved else "Retry-After: 1\r\n"
            return _answer(b"", 301 if moved else 429, more=more)
        return self._pages[(number + len(path)) % len(self._pages)]


def _sitemap(number: int) -> bytes:
    pages = "".join(f"<url><loc>/page/{n}</loc></url>" for n in range(number % 200))
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{pages}</urlset>'.encode()


async def serve(count: int, seconds: float) -> None:
    world, ports = World(count, seconds), iter(range(FIRST_PORT, LAST_PORT))
    told = []
    for number, kind in enumerate(world.kinds):
        made, port = _listening(ports)
        told.append((port, kind))
        if kind == "dead":
            made.close()
            continue

        async def talk(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int = number
        ) -> None:
            await world.talk(number, reader, writer)

        await asyncio.start_server(talk, sock=made)
    print(json.dumps(told), flush=True)
    await asyncio.Event().wait()


def _listening(ports: Iterator[int]) -> tuple[socket.socket, int]:
    """The next port that nobody uses."""
    for port in ports:
        with suppress(OSError):
            return socket.create_server(("127.0.0.1", port), backlog=16), port
    raise SystemExit("There are not so many free ports.")


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
