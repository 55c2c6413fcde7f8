"""A body piece by piece: the little that the client does not do by itself."""

import asyncio
from collections.abc import Awaitable
from math import inf

import aiohttp
from aiohttp.streams import EmptyStreamReader

_PIECE = 64 * 1024


async def next_piece(content: aiohttp.StreamReader) -> bytes:
    """Empty at the end. Raises what went wrong, once all that came before it has been given."""
    try:
        return await content.read(_PIECE)
    except (aiohttp.ClientError, OSError):
        # The client keeps what nobody had read yet to itself: of a short answer, all of it.
        if rest := _rest(content):
            return rest
        raise


def _rest(content: aiohttp.StreamReader) -> bytes:
    if isinstance(content, EmptyStreamReader):
        return b""
    return content._read_nowait(-1)  # noqa: SLF001 -- the public way repeats what went wrong


def transferred(content: aiohttp.StreamReader) -> int:
    """Bytes as they came, packed. The reader of an answer that has no body can't be asked."""
    return 0 if isinstance(content, EmptyStreamReader) else content.total_raw_bytes


async def unhurried(work: Awaitable[None], patience: asyncio.Timeout) -> None:
    """What takes us long is not the site's time."""
    loop = asyncio.get_running_loop()
    left = (patience.when() or inf) - loop.time()
    patience.reschedule(None)
    await work
    patience.reschedule(loop.time() + left)
