"""The background work of a process that serves pages, whatever server runs it."""

import os
from contextlib import suppress

from batches import engine, erasure
from dbcompat import loop

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
    loop.submit(erasure.finish)
