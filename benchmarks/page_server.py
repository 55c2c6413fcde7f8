"""A server of a hundred pages of some 50 kB, each with all that a page usually has, in a process of its own."""

import asyncio
import json
import random

PAGES = 100
WORDS = [
    "the",
    "shop",
    "has",
    "been",
    "here",
    "since",
    "then",
    "and",
    "many",
    "a",
    "guest",
    "came",
    "back",
    "for",
    "more",
    "of",
    "what",
    "is",
    "made",
    "by",
    "hand",
    "with",
    "care",
    "every",
    "day",
    "of",
    "the",
    "week",
    "but",
    "Sunday",
    "when",
    "nobody",
    "works",
    "and",
    "all",
    "go",
    "out",
    "to",
    "see",
    "what",
    "the",
    "river",
    "has",
    "brought",
]


def page(number: int) -> str:
    """The same for the same number."""
    chance = random.Random(number)  # noqa: S311 - It makes up texts.
    stated = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "Organization", "name": f"Shop {number}", "url": "/", "logo": "/logo.svg"},
            {"@type": "WebPage", "name": f"Page {number}", "datePublished": "2024-05-01"},
        ],
    }
    items = "".join(
        f'<li class="menu-item menu-item-{n}"><a class="link" href="/page/{(number * 7 + n) % PAGES}?from={n}">'
        f"{_text(chance, 2)}</a></li>"
        for n in range(90)
    )
    parts = "".join(
        f'<section class="part"><h2>{_text(chance, 4)}</h2><p>{_text(chance, 100)}</p>'
        f'<p>{_text(chance, 30)} <a href="https://other-{n}.example/about/{number}">{_text(chance, 3)}</a></p></section>'
        for n in range(58)
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Page {number} of the shop</title>'
        f'<meta name="description" content="{_text(chance, 20)}"><link rel="canonical" href="/page/{number}">'
        f'<meta property="og:title" content="Page {number}"><meta property="og:type" content="website">'
        f'<meta property="og:image" content="/img/{number}.jpg"><link rel="icon" href="/icon.svg">'
        f'<link rel="stylesheet" href="/style.css"><script src="/main.js"></script>'
        f'<script type="application/ld+json">{json.dumps(stated)}</script></head><body><nav><ul>{items}</ul></nav>'
        f"<h1>Page {number}</h1>{parts}<p>Write to info&#64;shop-{number}.de or"
        f' <a href="mailto:sales@shop-{number}.de">sales</a>.</p><script>{"var x = 1;" * 200}</script></body></html>'
    )


def _text(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(WORDS, k=words)).capitalize()


async def serve() -> None:
    """Until it is ended. Prints the port."""
    answers = [_answer(page(number).encode()) for number in range(PAGES)]

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.readuntil(b"\r\n\r\n"):
                place = request.split(b" ", 2)[1].partition(b"?")[0].rpartition(b"/")[2]
                writer.write(answers[int(place) % PAGES if place.isdigit() else 0])
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def _answer(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


if __name__ == "__main__":
    asyncio.run(serve())
