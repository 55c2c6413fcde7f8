"""Many callers at once, for long, and forks in the middle of it: nothing is lost, nothing is left."""

import asyncio
import gc
import os
import threading
import time
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait

import pytest
from django.db import connection
from sqlalchemy import text

from dbcompat import engines, loop
from dbcompat.sessions import get_background_session
from tests.integration.running import until

pytestmark = [
    pytest.mark.alone,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]

THREADS, EACH = 200, 100


@pytest.fixture
def fresh(loop_thread: None) -> None:
    loop.stop()
    loop.start()


async def double(number: int) -> int:
    return 2 * number


async def ask(number: int) -> int:
    async with get_background_session() as session:
        return int(await session.scalar(text("SELECT :n * 2"), {"n": number}) or 0)


def backends(where: str = "true") -> int:
    """Connections of background sessions; Django's own, and that of this question, have another pid."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            f" AND pid <> pg_backend_pid() AND {where}"
        )
        return int(cursor.fetchone()[0])


def tasks() -> int:
    gc.collect()
    return sum(isinstance(one, asyncio.Task) for one in gc.get_objects())


def test_ten_thousand_cycles_leave_nothing_behind(fresh: None) -> None:
    assert loop.run(ask, 1, timeout=10) == 2
    threads, before = threading.active_count(), tasks()

    def cycle(number: int) -> int:
        if number % 2:
            return loop.run(ask, number, timeout=60)
        return loop.submit(ask, number).result(60)

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(cycle, range(4_000)))
    assert found == [2 * number for number in range(4_000)]
    until(lambda: loop.health().tasks == 0, "the tasks to end")
    assert threading.active_count() == threads
    # Of ten thousand; a connection may hold on to the last that used it.
    assert tasks() <= before + 2 * engines.POOL_SIZE
    assert loop._current is not None
    assert not loop._current.futures
    assert backends() <= engines.POOL_SIZE
    assert backends("state <> 'idle'") == 0
    (pool_use,) = loop.health().pools
    assert (pool_use.purpose, pool_use.in_use, pool_use.size) == (
        engines.BACKGROUND,
        0,
        engines.POOL_SIZE,
    )
    assert 1 <= pool_use.idle <= engines.POOL_SIZE


def test_connections_in_use_are_counted(fresh: None) -> None:
    async def hold() -> None:
        async with get_background_session() as session:
            await session.execute(text("SELECT pg_sleep(60)"))

    assert loop.health().pools == ()
    holding = [loop.submit(hold) for _ in range(2)]
    until(lambda: [pool.in_use for pool in loop.health().pools] == [2], "both to be seen")
    for future in holding:
        future.cancel()
    until(lambda: [pool.in_use for pool in loop.health().pools] == [0], "both to be given back")


def test_cancelling_a_future_cancels_its_query(fresh: None) -> None:
    async def sleep() -> None:
        async with get_background_session() as session:
            await session.execute(text("SELECT pg_sleep(60)"))

    asleep = "query LIKE '%pg_sleep(60)%' AND state = 'active'"
    future = loop.submit(sleep)
    until(lambda: backends(asleep) == 1, "the query to run")
    assert future.cancel()
    until(lambda: backends(asleep) == 0, "the query to end", 5)
    with pytest.raises(CancelledError):
        future.result(0)
    assert loop.run(ask, 4, timeout=10) == 8


def work_in_a_child() -> int:
    """The status it ends with: 0 if all went well there."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            futures = [loop.submit(ask, number) for number in range(20)]
            status = int([one.result(30) for one in futures] != [2 * n for n in range(20)])
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_forks_in_the_middle_of_two_hundred_busy_threads_lose_nothing(fresh: None) -> None:
    loop.run(ask, 1, timeout=10)
    submitting = threading.Event()
    gathered: list[list[Future[int]]] = []

    def submit(thread: int) -> None:
        submitting.wait(30)
        futures = []
        for number in range(EACH):
            futures.append(loop.submit(double if number % 4 else ask, number))
            time.sleep(0.01)
        gathered.append(futures)

    with ThreadPoolExecutor(THREADS) as pool:
        ended = [pool.submit(submit, thread) for thread in range(THREADS)]
        submitting.set()
        statuses = [work_in_a_child() for _ in range(5)]
        forked_in_time = not all(one.done() for one in ended)
        for one in ended:
            one.result(120)
    assert statuses == [0] * 5
    assert forked_in_time
    assert len(gathered) == THREADS
    assert not wait([one for futures in gathered for one in futures], 120).not_done
    for futures in gathered:
        assert [one.result(0) for one in futures] == [2 * number for number in range(EACH)]
    until(lambda: loop.health().tasks == 0, "the tasks to end")
    assert backends() <= engines.POOL_SIZE
