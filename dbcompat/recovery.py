"""Bookkeeping after a failure, in a session that the failure has not touched."""

import logging
from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from dbcompat.sessions import get_background_session

log = logging.getLogger(__name__)


async def recover[T](
    bookkeeping: Callable[[AsyncSession], Awaitable[T]], error: BaseException, what: str
) -> T | None:
    """Run `bookkeeping` in a fresh session after `what` failed with `error`; call it outside the old one.

    If the bookkeeping fails as well, both tracebacks are logged and None is returned, so that the first
    error is the one the caller goes on with. Only being cancelled is passed on, after the same logging.
    """
    try:
        async with get_background_session() as session:
            return await bookkeeping(session)
    except BaseException as second:
        log.error("%s failed:", what, exc_info=error)
        log.error("And recording that failed too:", exc_info=second)
        if not isinstance(second, Exception):
            raise
        return None
