"""SQLAlchemy as anybody would use it, for tests that show what goes wrong with it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from dbcompat.address import asyncpg_arguments

# Odd: of an even number that take turns each would meet the same one of two servers, again and again.
CLIENTS, TURNS = 13, 60
NO_CACHES = {"statement_cache_size": 0, "prepared_statement_cache_size": 0}


def unique() -> str:
    """As the dialect's documentation has it."""
    return f"__asyncpg_{uuid4()}__"


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


async def first_fault(
    engine: AsyncEngine, use: Callable[[AsyncEngine, int], Awaitable[None]]
) -> str:
    """What many clients at once run into: the first error's words, or nothing after so many turns of each."""
    found: list[str] = []

    async def client(number: int) -> None:
        for turn in range(TURNS):
            try:
                await use(engine, number + turn)
            except Exception as error:  # noqa: BLE001 -- whichever it is, it is the fault
                found.append(f"{type(error).__name__}: {error}")
            if found:
                return

    async with opened(engine), asyncio.TaskGroup() as group:
        for number in range(CLIENTS):
            group.create_task(client(number))
    return found[0] if found else ""
