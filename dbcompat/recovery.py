"""Bookkeeping after a failure, in a session that the failure has not touched."""

import logging
from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from dbcompat.sessions import get_background_session

log = logging.getLogger(__name__)


async def recover[T](
    bookkeeping: Callable[[AsyncSession], Awaitable[T]], error: BaseException, what: str
) -> T | None:
    """Run `bookkeeping` in a fresh session after `what` failed with `error`.

    Never raises: if the bookkeeping fails as well, both tracebacks are logged and None is returned, so
    that the first error is the one the caller goes on with.
    """
    try:
        async with get_background_session() as session:
            return await bookkeeping(session)
    except Exception as second:
        log.error("%s failed:", what, exc_info=error)
        log.error("And recording that failed too:", exc_info=second)
        return None
