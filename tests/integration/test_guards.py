"""What background sessions refuse before it does harm, on real connections."""

import asyncio
import os
from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Group
from django.db import connection
from sqlalchemy import insert, select, text

from dbcompat import loop
from dbcompat.errors import Kind, classify
from dbcompat.guards import SessionHeldTooLong
from dbcompat.sessions import get_background_session, in_session
from dbcompat.tables import table_for

pytestmark = [pytest.mark.django_db(transaction=True)]

GROUP = table_for(Group)
ALLOWED = 0.2


@pytest.fixture
def guarded(settings: LazySettings) -> Iterator[None]:
    loop.stop()
    loop.start()
    settings.DBCOMPAT = {**settings.DBCOMPAT, "GUARD_SECONDS": ALLOWED}
    yield
    loop.stop()
    loop.start()


def test_a_session_held_over_something_else_is_rolled_back(guarded: None) -> None:
    async def hold() -> None:
        async with get_background_session() as session:
            await session.execute(insert(GROUP).values(name="held"))
            # The misuse itself: as long as a slow answer of somebody else's server.
            await asyncio.sleep(ALLOWED * 2)

    with pytest.raises(SessionHeldTooLong, match="Await networks, files and locks outside"):
        loop.run(hold, timeout=10)
    assert not Group.objects.filter(name="held").exists()


def test_a_slow_query_is_no_misuse(guarded: None) -> None:
    async def query() -> None:
        async with get_background_session() as session:
            await session.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": ALLOWED * 2})
            await session.execute(insert(GROUP).values(name="slow"))

    loop.run(query, timeout=10)
    assert Group.objects.filter(name="slow").exists()


def test_a_child_task_does_not_hold_its_parents_session(loop_thread: None) -> None:
    async def child() -> bool:
        return in_session()

    async def parent() -> tuple[bool, bool]:
        async with get_background_session(), asyncio.TaskGroup() as group:
            task = group.create_task(child())
            return in_session(), await task

    assert loop.run(parent, timeout=10) == (True, False)


def test_rows_can_be_read_after_their_session(loop_thread: None) -> None:
    async def read() -> str:
        async with get_background_session() as session:
            await session.execute(insert(GROUP).values(name="made"))
            row = (await session.execute(select(GROUP).where(GROUP.c.name == "made"))).one()
        return str(row.name)

    assert loop.run(read, timeout=10) == "made"


def test_a_plan_that_a_change_of_the_schema_made_stale_is_worth_another_try(
    loop_thread: None,
) -> None:
    """Over one connection, which alone can have the plan."""

    async def ask() -> None:
        async with get_background_session() as session:
            await session.execute(text("SELECT * FROM auth_group"))

    loop.run(ask, timeout=10)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE auth_group ADD COLUMN extra int")
    try:
        with pytest.raises(Exception, match="cached statement plan is invalid") as raised:
            loop.run(ask, timeout=10)
        assert classify(raised.value) is Kind.TRANSIENT
        loop.run(ask, timeout=10)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE auth_group DROP COLUMN extra")


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_child_has_connections_of_its_own_and_leaves_the_parents_alone(
    loop_thread: None,
) -> None:
    async def backend() -> int:
        async with get_background_session() as session:
            return int(await session.scalar(text("SELECT pg_backend_pid()")) or 0)

    ours = loop.run(backend, timeout=10)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = 0 if loop.run(backend, timeout=20) != ours else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    # A new one, too: what nobody used was closed, so that nobody could inherit it.
    assert loop.run(backend, timeout=10) != ours
