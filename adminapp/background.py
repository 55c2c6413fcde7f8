"""The background work of a process that serves pages, whatever server runs it."""

import asyncio
import logging
import os
from contextlib import suppress

from django.db import Error

from batches import engine, erasure
from dbcompat import loop

log = logging.getLogger(__name__)

# Between two looks for what is still to be erased.
LOOK_SECONDS = 60.0

_begun_in = 0


def begin() -> None:
    """At the start of a process, where the server says when that is."""
    global _begun_in
    _begun_in = os.getpid()
    loop.start()
    _start()


def ensure() -> None:
    """With each request, for servers that say nothing: a comparison, but for the first in a process.

    Not at import: with --preload that happens in the parent, and no thread survives a fork.
    """
    global _begun_in
    if _begun_in != os.getpid():
        _begun_in = os.getpid()
        # A request may still be answered while the process ends.
        with suppress(loop.LoopStopped):
            _start()


def _start() -> None:
    engine.start()
    loop.submit(_erase)


async def _erase() -> None:
    """What a page, a program or another process began to erase and could not end, as long as this one runs."""
    ending = asyncio.Event()
    loop.on_drain(ending.set)
    while not ending.is_set():
        try:
            await erasure.finish()
        except Error as error:
            # Its words may name whom nothing may name.
            log.error(
                "Could not erase what is not to be kept, trying again in a minute: %s.",
                type(error).__name__,
            )
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await ending.wait()
