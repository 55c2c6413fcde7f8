"""A background session against plain SQLAlchemy with the same arguments: what owner checks, guards and limits cost.

Both open a session, begin, select one row and commit, one after the other on one connection; rounds take
turns, so that a busy machine slows both.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable

from django.conf import settings
from django.db import connection
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from dbcompat import engines, loop
from dbcompat.address import asyncpg_arguments
from dbcompat.sessions import get_background_session

ROUNDS = 40
SELECT = text("SELECT 1")


def run(items: int) -> None:
    """Print microseconds of both, and their ratio; `items` is how many sessions of each kind."""
    rounds = loop.run(_measured, max(1, items // ROUNDS), timeout=600)
    plain, ours = (statistics.median(side) for side in zip(*rounds, strict=True))
    print(f"plain SQLAlchemy, the same arguments: {plain:>8.0f} µs a session")
    print(f"get_background_session():             {ours:>8.0f} µs a session")
    # Of each round's two, which were measured together: a machine that gets busy halfway moves both medians.
    print(f"ratio: {statistics.median(second / first for first, second in rounds):.2f}")


async def _measured(each: int) -> list[tuple[float, float]]:
    """Microseconds of a plain session and of ours, for each round."""
    engine = await _plain_engine()

    async def plain() -> None:
        async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
            await session.execute(SELECT)

    async def ours() -> None:
        async with get_background_session() as session:
            await session.execute(SELECT)

    try:
        # Ours first: it starts the embedded server, if that is what there is.
        for warm in (ours, plain):
            await _timed(warm, 100)
        return [(await _timed(plain, each), await _timed(ours, each)) for _ in range(ROUNDS)]
    finally:
        await engine.dispose()


async def _timed(work: Callable[[], Awaitable[None]], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        await work()
    await asyncio.sleep(0)
    return (time.perf_counter() - began) / times * 1e6


async def _plain_engine() -> AsyncEngine:
    database = connection.settings_dict
    profile = await engines.profile_of(database, settings.DBCOMPAT["POOLER"])
    arguments = {**asyncpg_arguments(database), **profile.arguments("benchmark")}
    return create_async_engine("postgresql+asyncpg://", connect_args=arguments, max_overflow=0)
