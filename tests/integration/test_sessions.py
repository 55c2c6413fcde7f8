"""Background sessions: one transaction each, on the loop thread, for the task that opened them."""

import asyncio
import logging
from collections import Counter
from contextlib import suppress

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from dbcompat import engines, loop
from dbcompat.bulk import copy_rows
from dbcompat.errors import Kind, classify
from dbcompat.recovery import recover
from dbcompat.repetition import backoff, repeatable
from dbcompat.sessions import (
    SessionNested,
    SessionOffLoop,
    SessionShared,
    get_background_session,
    in_session,
)
from dbcompat.tables import table_for

pytestmark = [pytest.mark.django_db(transaction=True)]

GROUP = table_for(Group)
NEW = insert(GROUP).values(name="made")


@pytest.fixture(autouse=True)
def ended(loop_thread: None) -> None:
    """Of each test: its connections."""


async def make() -> None:
    async with get_background_session() as session:
        assert in_session()
        await session.execute(NEW)
    assert not in_session()


def test_it_commits_at_the_end_of_its_block() -> None:
    loop.run(make, timeout=10)
    assert Group.objects.filter(name="made").exists()


def test_an_error_rolls_everything_back() -> None:
    async def fail() -> None:
        async with get_background_session() as session:
            await session.execute(NEW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        loop.run(fail, timeout=10)
    assert not Group.objects.filter(name="made").exists()


async def test_off_the_loop_thread_it_says_what_to_call_instead() -> None:
    with pytest.raises(SessionOffLoop, match=r"MainThread.*dbcompat\.loop\.submit\(\)"):
        async with get_background_session():
            pass


def test_a_second_session_in_the_same_task_is_refused() -> None:
    async def nest() -> None:
        async with get_background_session():
            await make()

    with pytest.raises(SessionNested, match="holds a session already"):
        loop.run(nest, timeout=10)


def test_a_session_is_not_shared_between_tasks_nor_used_after_its_block() -> None:
    async def share() -> None:
        async with get_background_session() as session:
            task = asyncio.ensure_future(session.execute(select(GROUP.c.id)))  # noqa: TID251
            await task

    async def keep() -> None:
        async with get_background_session() as session:
            kept = session
        await kept.execute(select(GROUP.c.id))

    for wrong in (share, keep):
        with pytest.raises(SessionShared, match="Open one of your own"):
            loop.run(wrong, timeout=10)


def test_whoever_has_waited_longest_is_next() -> None:
    """Otherwise, whoever asks again at once takes connections from those who wait, until they give up."""
    turns = Counter[int]()

    async def greedy(name: int) -> None:
        while turns.total() < 1_000:
            async with get_background_session() as session:
                await session.execute(select(1))
                turns[name] += 1

    async def take_turns() -> None:
        await asyncio.gather(*map(greedy, range(4 * engines.POOL_SIZE)))

    loop.run(take_turns, timeout=60)
    assert max(turns.values()) - min(turns.values()) <= 4, turns


def test_copy_is_undone_with_its_transaction() -> None:
    async def copy(fail: bool) -> int:
        async with get_background_session() as session:
            copied = await copy_rows(session, GROUP, ["name"], [(f"g{n}",) for n in range(100)])
            if fail:
                raise ZeroDivisionError
        return copied

    with pytest.raises(ZeroDivisionError):
        loop.run(copy, True, timeout=10)
    assert not Group.objects.filter(name__startswith="g").exists()
    assert loop.run(copy, False, timeout=10) == 100
    assert Group.objects.filter(name__startswith="g").count() == 100


def test_recovery_works_in_a_session_of_its_own_and_never_hides_the_first_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def note(session: AsyncSession) -> str:
        await session.execute(NEW)
        return "noted"

    async def fail(session: AsyncSession) -> None:
        await session.execute(text("SELECT nonsense"))

    first = ZeroDivisionError("the first")
    assert loop.run(recover, note, first, "Scanning", timeout=10) == "noted"
    assert Group.objects.filter(name="made").exists()
    with caplog.at_level(logging.ERROR):
        assert loop.run(recover, fail, first, "Scanning", timeout=10) is None
    assert "the first" in caplog.text
    assert "nonsense" in caplog.text


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT 1/0", Kind.DATA),
        ("SELECT nonsense", Kind.PROGRAMMING),
        ("SET LOCAL statement_timeout = 10; SELECT pg_sleep(5)", Kind.TRANSIENT),
        ("SELECT pg_terminate_backend(pg_backend_pid())", Kind.GONE),
        ("DO $$ BEGIN RAISE serialization_failure; END $$", Kind.CONFLICT),
        ("DO $$ BEGIN RAISE unique_violation; END $$", Kind.DATA),
    ],
)
def test_errors_are_told_apart(sql: str, kind: Kind) -> None:
    async def run() -> None:
        async with get_background_session() as session:
            for statement in sql.split(";") if "DO" not in sql else [sql]:
                await session.execute(text(statement))

    with pytest.raises(Exception) as raised:  # noqa: PT011 -- which it is, is the question
        loop.run(run, timeout=10)
    assert classify(raised.value) is kind


def test_errors_that_nobody_wraps() -> None:
    assert classify(ConnectionRefusedError()) is Kind.GONE
    assert classify(TimeoutError()) is Kind.TRANSIENT
    assert classify(ValueError("x")) is Kind.UNKNOWN


def test_killed_connections_are_replaced_without_a_failure() -> None:
    loop.run(make, timeout=10)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    Group.objects.filter(name="made").delete()
    loop.run(make, timeout=10)
    assert Group.objects.filter(name="made").count() == 1


def attempted(times: int, fault: str, attempts: int = 4) -> int:
    """How often a repeatable transaction ran that fails with `fault`, the first `times` times."""
    tried: list[int] = []

    @repeatable(attempts)
    async def work() -> None:
        async with get_background_session() as session:
            tried.append(1)
            await session.execute(NEW)
            if len(tried) <= times:
                await session.execute(text(f"DO $$ BEGIN RAISE {fault}; END $$"))

    with suppress(DBAPIError):
        loop.run(work, timeout=30)
    return len(tried)


def test_a_whole_transaction_again_after_a_conflict() -> None:
    assert attempted(2, "serialization_failure") == 3
    # Each time from its beginning: what the others did is undone.
    assert Group.objects.filter(name="made").count() == 1


def test_not_again_where_it_would_fail_again_and_not_for_ever() -> None:
    assert attempted(9, "unique_violation") == 1
    assert attempted(9, "deadlock_detected") == 4
    assert not Group.objects.filter(name="made").exists()


def test_backoff_doubles_is_part_chance_and_has_an_end() -> None:
    assert [round(max(backoff(n) for _ in range(500)), 1) for n in range(7)] == [
        0.1, 0.2, 0.4, 0.8, 1.6, 3.0, 3.0,
    ]  # fmt: skip
    assert min(backoff(1) for _ in range(500)) >= 0.1
