"""In which mode a pooler is: never called session mode when it is not, however busy or in step its clients are.

That mistake would turn the caches on where other clients' statements are.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from dbcompat import loop
from dbcompat.address import asyncpg_arguments
from dbcompat.fingerprint import begin, client, detect, survey
from tests.poolers import pgbouncer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("loop_thread")]


def behind(
    folder: Path, ask: Callable[..., Coroutine[Any, Any, Any]], *given: Any, **options: Any
) -> Any:
    with pgbouncer(folder, dict(connection.settings_dict), **options) as pooler:
        return loop.run(ask, asyncpg_arguments(pooler.entry), *given, timeout=60)


async def asked(arguments: dict[str, Any]) -> tuple[str, str]:
    found = await survey(arguments, "doctor")
    assert found.profile == await detect(arguments, "here", "doctor")
    return found.mode, found.profile


async def with_warm_servers(arguments: dict[str, Any], number: int) -> tuple[str, str]:
    """That many have been used at once, and are free again."""
    async with AsyncExitStack() as stack:
        for _ in range(number):
            other = await stack.enter_async_context(client(arguments, "other"))
            assert await begin(other, 5)
    return await asked(arguments)


@pytest.mark.parametrize("warm", [2, 3, 4, 5, 6])
def test_servers_taken_in_turn(tmp_path: Path, warm: int) -> None:
    """Once others hold all but one, the first client gets its old one back: it is the last that is left."""
    options = {"server_round_robin": 1, "default_pool_size": 8}
    found = behind(tmp_path, with_warm_servers, warm, **options)
    assert found == ("transaction", "pgbouncer")


async def at_work(arguments: dict[str, Any], ended: asyncio.Event, seconds: float) -> None:
    async with client(arguments, "other") as other:
        while not ended.is_set():
            async with other.transaction():
                await other.execute(f"SELECT pg_sleep({seconds})")


async def while_others_work(
    arguments: dict[str, Any], others: int, seconds: float, times: int
) -> set[str]:
    ended = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for _ in range(others):
            group.create_task(at_work(arguments, ended, seconds))
        found = {await detect(arguments, "here", "doctor") for _ in range(times)}
        ended.set()
    return found


@pytest.mark.parametrize(
    ("servers", "others", "seconds", "times"),
    [(3, 4, 0.01, 20), (6, 12, 0.01, 20), (2, 4, 0.3, 2)],
)
def test_others_at_work(
    tmp_path: Path, servers: int, others: int, seconds: float, times: int
) -> None:
    """More clients than servers: whose server is whose is a matter of chance."""
    given = (others, seconds, times)
    found = behind(tmp_path, while_others_work, *given, default_pool_size=servers)
    assert found == {"pgbouncer"}


@pytest.mark.parametrize("servers", [1, 2, 20])
def test_session_mode_however_small(tmp_path: Path, servers: int) -> None:
    options = {"pool_mode": "session", "default_pool_size": servers}
    assert behind(tmp_path, asked, **options) == ("session", "session")


async def looked_at(arguments: dict[str, Any]) -> tuple[str, str]:
    # Once: what the first look leaves is not gone at once, and would count.
    found = await survey(arguments, "doctor")
    return found.how, found.profile


def test_a_pooler_that_takes_no_more_clients(tmp_path: Path) -> None:
    """In doubt a transaction pooler: that profile is right in session mode, too."""
    options = {"pool_mode": "session", "default_pool_size": 5, "max_client_conn": 2}
    how, profile = behind(tmp_path, looked_at, **options)
    assert "takes no more clients" in how
    assert profile == "pgbouncer"
