"""SQLAlchemy as anybody would use it, for tests that show what goes wrong with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from dbcompat.address import asyncpg_arguments

NO_CACHES = {"statement_cache_size": 0, "prepared_statement_cache_size": 0}


def plain(entry: dict[str, Any], arguments: dict[str, Any], **options: Any) -> AsyncEngine:
    """`arguments` go to the driver, `options` to the engine."""
    given = {**asyncpg_arguments(entry), **arguments}
    return create_async_engine("postgresql+asyncpg://", connect_args=given, **options)


@asynccontextmanager
async def opened(engine: AsyncEngine) -> AsyncIterator[AsyncEngine]:
    try:
        yield engine
    finally:
        await engine.dispose()
