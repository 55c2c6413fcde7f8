"""Background work for tests of how processes begin and end."""

import asyncio
from collections.abc import Callable

from django.contrib.auth.models import Group
from sqlalchemy import insert, text

from dbcompat.sessions import get_background_session
from dbcompat.tables import table_for


async def backend() -> int:
    async with get_background_session() as session:
        return int(await session.scalar(text("SELECT pg_backend_pid()")) or 0)


async def hold(name: str, seconds: float, begun: Callable[[], object]) -> None:
    """A transaction that makes a group; `begun` is called in the middle of it."""
    async with get_background_session() as session:
        await session.execute(insert(table_for(Group)).values(name=name))
        begun()
        await asyncio.sleep(seconds)
