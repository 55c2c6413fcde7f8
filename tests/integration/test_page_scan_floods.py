"""Answers that are small to send and large to keep: what they take of memory and of everybody's time, measured."""

import asyncio
import gzip
import json
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest
from aiohttp import web
from backports import zstd

from tests.loopback import serving
from tests.servers import ROOT, environment

pytestmark = pytest.mark.alone

MEGABYTE = 1024 * 1024
FLOODS = {
    "paragraphs": "<p>",
    "pictures": "<img src=/x>",
    "links": '<a href="/x?y=z&k=%41">z</a>',
    "attributes": "<p a=1 b=2 c=3 d=4 e=5>",
    "addresses": "<p>a@b.example",
    "formatting": "</p><p><b id=x>x",
}


async def scanned(data: Path, address: str) -> dict[str, Any]:
    """What the second of two scans took: the first is of a page that means no harm."""
    command = [sys.executable, "-m", "tests.programs.scanning", f"{address}/fine", address]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=environment(data), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    found: dict[str, Any] = json.loads(output.splitlines()[1])
    return found


def answering(body: bytes, encoding: str = "identity") -> Callable[[web.Request], Any]:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/fine":
            return web.Response(text="<title>Fine</title><p>x", content_type="text/html")
        headers = {"Content-Type": "text/html", "Content-Encoding": encoding}
        return web.Response(body=body, headers=headers)

    return answer


async def flooded(data: Path, piece: str, end: str = "") -> dict[str, Any]:
    """What a page of nearly as much as is read took."""
    body = f"<title>Found</title><body>{piece * (int(4.9 * MEGABYTE) // len(piece.encode()))}{end}"
    async with serving(answering(body.encode())) as address:
        return await scanned(data, address)


@pytest.mark.parametrize("piece", FLOODS.values(), ids=FLOODS)
async def test_a_flood_of_elements_is_read_in_part(tmp_path: Path, piece: str) -> None:
    found = await flooded(tmp_path, piece)
    assert found["said"].startswith("Found the first ")
    assert found["grown"] < 150
    assert found["lag"] < 4  # Unguarded, up to 13 s, where the machine has nothing else to do.


LONG = {
    "wide letters": "😀😀😀😀😀😀😀 a@b.de ",
    "wide signs": f"<p>{'hello world ' * 20}a＠b.de",
    "words for signs": f"<p>{'hello world ' * 9}a [at] b.de",
    "nodes": "<p>hello a [at] b.de",
}


@pytest.mark.parametrize("piece", LONG.values(), ids=LONG)
async def test_of_wide_letters_no_more_copies_are_made_than_fit(tmp_path: Path, piece: str) -> None:
    # One emoji, and each letter of every copy takes four bytes.
    found = await flooded(tmp_path, piece, "😀")
    assert found["said"].startswith("Found")
    assert found["grown"] < 150


def gzipped(pieces: int) -> bytes:
    packer = zlib.compressobj(wbits=31)
    return b"".join(packer.compress(bytes(MEGABYTE)) for _ in range(pieces)) + packer.flush()


def brotlied(pieces: int) -> bytes:
    packer = brotli.Compressor(quality=1)
    packed = b"".join(packer.process(bytes(MEGABYTE)) for _ in range(pieces))
    return bytes(packed + packer.finish())


def zstandard(pieces: int) -> bytes:
    packer = zstd.ZstdCompressor()
    return b"".join(packer.compress(bytes(MEGABYTE)) for _ in range(pieces)) + packer.flush()


def members(pieces: int) -> bytes:
    return gzip.compress(bytes(MEGABYTE)) * pieces


BOMBS: dict[str, Callable[[int], bytes]] = {
    "gzip": gzipped,
    "br": brotlied,
    "zstd": zstandard,
    "gzip, member by member": members,
}


@pytest.mark.parametrize("kind", BOMBS)
async def test_a_gigabyte_in_a_small_box_is_left_packed(tmp_path: Path, kind: str) -> None:
    body = BOMBS[kind](1024)
    assert len(body) < 2 * MEGABYTE
    async with serving(answering(body, kind.partition(",")[0])) as address:
        found = await scanned(tmp_path, address)
    assert found["said"] == "The page is larger than 5 MB."
    assert found["grown"] < 60
    assert found["lag"] < 1
