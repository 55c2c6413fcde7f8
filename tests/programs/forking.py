"""A process forks while it has connections open, and says how it fares: python -m tests.programs.forking WHAT.

WHAT is "bare", an engine as SQLAlchemy makes it, treated in the child as its documentation says, or "ours", with
children that do to it whatever they can think of.
"""

import asyncio
import gc
import os
import sys
from collections.abc import Callable

import django

django.setup()

from django.conf import settings  # noqa: E402
from sqlalchemy import text  # noqa: E402
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine  # noqa: E402

from dbcompat import engines, loop  # noqa: E402
from dbcompat.pools import EngineElsewhere  # noqa: E402
from dbcompat.sessions import get_background_session  # noqa: E402

QUESTION = text("SELECT pg_backend_pid()")
made: list[AsyncEngine] = []
held: list[AsyncConnection] = []


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


async def ask_bare() -> None:
    if not made:
        url = settings.DBCOMPAT["URL"].replace("postgresql:", "postgresql+asyncpg:")
        made.append(create_async_engine(url))
    async with made[0].connect() as connection:
        await connection.execute(QUESTION)


async def ask() -> None:
    async with get_background_session() as session:
        await session.execute(QUESTION)


async def hold() -> None:
    made.append(await engines.engine_for(engines.BACKGROUND))
    held.append(await made[0].connect())
    await held[0].execute(QUESTION)


async def ask_held() -> None:
    await held[0].execute(QUESTION)


async def use_carried() -> None:
    async with made[0].connect():
        pass


def follows_the_documentation() -> None:
    made[0].sync_engine.dispose(close=False)


def drops_everything() -> None:
    made.clear()
    held.clear()


def uses_the_parents() -> None:
    try:
        loop.run(use_carried, timeout=10)
    except EngineElsewhere as error:
        say("refused", error)


def closes_the_parents() -> None:
    try:
        loop.run(made[0].dispose, timeout=10)
    except EngineElsewhere as error:
        say("refused", error)


def does_its_own_work() -> None:
    loop.run(ask, timeout=10)
    say("worked")


async def transact() -> None:
    async with get_background_session() as session:
        await session.execute(QUESTION)
        await asyncio.sleep(0.5)


def dies_in_the_middle() -> None:
    future = loop.submit(transact)
    loop.run(ask, timeout=10)
    del future


def fork(*deeds: Callable[[], None], ending: Callable[[int], object]) -> None:
    pid = os.fork()
    if pid == 0:
        for deed in deeds:
            deed()
            gc.collect()
        ending(0)
    os.waitpid(pid, 0)


def fares(work: Callable[[], object], seconds: float) -> None:
    try:
        loop.run(work, timeout=seconds)  # type: ignore[arg-type]
    except Exception as error:  # noqa: BLE001 -- whichever, the test wants to see it
        say("broken", type(error).__name__)
    else:
        say("well")


def bare() -> None:
    loop.run(ask_bare, timeout=10)
    fork(follows_the_documentation, drops_everything, ending=os._exit)
    fares(ask_bare, 3)


def ours() -> None:
    loop.run(hold, timeout=10)
    deeds = (
        does_its_own_work,
        uses_the_parents,
        closes_the_parents,
        follows_the_documentation,
        dies_in_the_middle,
        drops_everything,
    )
    for ending in (os._exit, sys.exit):
        fork(ending=ending)
        fork(*deeds, ending=ending)
        fares(ask_held, 10)
        fares(ask, 10)


if __name__ == "__main__":
    {"bare": bare, "ours": ours}[sys.argv[1]]()
    os._exit(0)
