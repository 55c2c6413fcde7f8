"""Whole transactions again, where that can help and is safe."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from functools import wraps

from dbcompat.errors import may_pass

log = logging.getLogger(__name__)

# Seconds. Seven waits of these are four to nine seconds: a restart of the server or its pooler.
FIRST, LONGEST = 0.1, 3.0


def repeatable[**P, T](
    attempts: int = 8,
) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """Marks a function that opens a session as safe to run again, from its beginning.

    It is, after a conflict, a time limit or a lost connection, `attempts` times in all. Safe means also
    after a commit that nobody knows of: the connection may have broken while it was under way. Raises
    what the last attempt raised.
    """

    def mark(work: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        @wraps(work)
        async def run(*args: P.args, **kwargs: P.kwargs) -> T:
            for tried in range(attempts - 1):
                try:
                    return await work(*args, **kwargs)
                except Exception as error:
                    if not may_pass(error):
                        raise
                    log.warning("%s failed, again: %s", work.__name__, error)
                await asyncio.sleep(backoff(tried))
            return await work(*args, **kwargs)

        return run

    return mark


def backoff(tried: int) -> float:
    """Seconds: doubling, and half of it chance, or all who were thrown out would come back at once."""
    longest = min(LONGEST, FIRST * 2**tried)
    return random.uniform(longest / 2, longest)  # noqa: S311 -- nobody gains by guessing it
