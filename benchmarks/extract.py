"""Fetching pages and reading their fields against Scrapy, on loopback; the server is a process of its own.

Both fetch the same pages, 32 at a time, from one host, without robots.txt, and read the same fields: title,
description, canonical address, Open Graph, links made absolute, e-mail addresses, JSON-LD. A third row is what
the page scan really reads, some forty fields. Rounds take turns, so that a busy machine slows both.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from typing import Any

from batches.operations.emails.find import find
from batches.operations.html import head, links, page, titles
from batches.operations.html.charset import decode
from batches.operations.html.document import Document
from batches.operations.site_operation import settle
from batches.operations.web.client import Answer
from batches.operations.web.fetch import Fetcher, Limits, is_small
from batches.operations.web.gate import Courtesy
from batches.operations.web.guard import Reach
from dbcompat import loop

ROUNDS, AT_ONCE = 5, 32
LOOPBACK = ip_network("127.0.0.0/8")

type Read = Callable[[str, str], dict[str, Any]]


def run(items: int) -> None:
    """Print pages a second of processor time of both, and their ratio; of a hundred `items`, one is a page."""
    settle()
    pages = max(100, items // 100 // ROUNDS)
    with _server() as address:
        rounds = [
            (
                _scrapy(address, pages),
                _ours(address, pages, _same),
                _ours(address, pages, page.parse),
            )
            for _ in range(ROUNDS)
        ]
    scrapy, same, all_fields = (statistics.median(side) for side in zip(*rounds, strict=True))
    print(f"Scrapy, seven fields:   {scrapy:>7,.0f} pages/s/core")
    print(f"ours, the same seven:   {same:>7,.0f} pages/s/core")
    print(f"ours, every field:      {all_fields:>7,.0f} pages/s/core")
    print(f"ratio: {statistics.median(ours / theirs for theirs, ours, _ in rounds):.2f}")
    print(
        f"ratio with every field: {statistics.median(ours / theirs for theirs, _, ours in rounds):.2f}"
    )


@contextmanager
def _server() -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.page_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - Our own.
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()


def _scrapy(address: str, pages: int) -> float:
    command = [sys.executable, "-m", "benchmarks.extract_scrapy", address, str(pages)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)  # noqa: S603
    measured = json.loads(done.stdout.splitlines()[-1])
    assert measured["pages"] == pages, measured
    return float(pages / measured["seconds"])


def _ours(address: str, pages: int, read: Read) -> float:
    began = time.process_time()
    loop.run(_scanned, address, pages, read, timeout=600)
    return pages / (time.process_time() - began)


async def _scanned(address: str, pages: int, read: Read) -> None:
    courtesy = Courtesy(places=AT_ONCE, delay=0)
    fetcher = Fetcher(lambda: Reach([LOOPBACK]), courtesy=courtesy)
    places = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with places:
            answer = await fetcher.get(f"{address}/page/{number}", Limits(robots=False))
            found = await fetcher.read(is_small(answer.body), _read, answer, read)
            assert found["title"]
            assert len(found["emails"]) == 2

    try:
        async with asyncio.TaskGroup() as group:
            for number in range(pages):
                group.create_task(one(number))
    finally:
        await fetcher.close()


def _read(answer: Answer, read: Read) -> dict[str, Any]:
    text, _ = decode(answer.body, answer.headers.get("content-type", ""))
    return read(text, answer.url)


def _same(html: str, url: str) -> dict[str, Any]:
    document = Document(html, url)
    return {
        "title": titles.title(document),
        "description": head.description(document),
        "canonical": links.canonical(document),
        **head.cards(document),
        "links": [link.url for link in document.links],
        "structured": [node.data for node in document.structured.nodes],
        "emails": [one.address for one in find(document, deobfuscate=False)],
    }
