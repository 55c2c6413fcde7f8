"""A process that has a loop, engines and open connections, and forks."""

import asyncio
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper
from sqlalchemy import text

from dbcompat import engines, loop
from dbcompat.pools import EngineElsewhere
from dbcompat.sessions import get_background_session
from tests import processes

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
]


def forked(folder: Path, what: str, kind: str) -> list[str]:
    done = processes.run(
        "forking", what, environment=processes.surroundings(folder, PROBE_LOOP=kind)
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout.splitlines()


def test_an_engine_of_sqlalchemys_own_is_broken_by_what_its_documentation_advises(
    tmp_path: Path,
) -> None:
    (fared,) = forked(tmp_path, "bare", "uvloop")
    assert fared.startswith("broken")


@pytest.mark.parametrize("kind", ["asyncio", "uvloop"])
def test_whatever_a_child_does_the_parents_connections_survive(tmp_path: Path, kind: str) -> None:
    """One in the middle of a transaction, and a new one."""
    said = forked(tmp_path, "ours", kind)
    once = ["worked", "refused", "refused", "well", "well"]
    assert [line.split()[0] for line in said] == once * 2
    refusal = said[1]
    assert "used after a fork in process" in refusal
    assert "get_background_session()" in refusal
    assert processes.connections() == []


def test_an_engine_is_refused_on_another_loop_before_a_connection_is_touched(
    loop_thread: None,
) -> None:
    engine = loop.run(engines.engine_for, engines.BACKGROUND, timeout=10)

    async def ask() -> int:
        async with engine.connect() as database:
            return int(await database.scalar(text("SELECT pg_backend_pid()")) or 0)

    before = loop.run(ask, timeout=10)
    for misuse in (ask, engine.dispose):
        with pytest.raises(EngineElsewhere, match=r"another event loop .*loop\.submit\(\)"):
            asyncio.run(misuse())
    assert loop.run(ask, timeout=10) == before


async def backend() -> int:
    async with get_background_session() as session:
        return int(await session.scalar(text("SELECT pg_backend_pid()")) or 0)


def alive(pid: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s", [pid])
        return bool(cursor.fetchone()[0])


def test_what_nobody_uses_is_closed_before_a_fork(loop_thread: None) -> None:
    """Else a child that outlives a killed parent would keep its connections open, and their locks held."""
    idle = loop.run(backend, timeout=10)
    child = os.fork()
    if child == 0:
        signal.pause()
    try:
        assert not alive(idle)
        assert loop.run(backend, timeout=10) != idle
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_fork_waits_until_the_loop_holds_no_lock(loop_thread: None) -> None:
    """Such as a library's own: a child would find it closed, and nobody there to open it."""
    lock, inside = threading.Lock(), threading.Event()

    async def hold() -> None:
        with lock:
            inside.set()
            time.sleep(0.1)  # noqa: ASYNC251 -- as a library that is at work

    held = loop.submit(hold)
    assert inside.wait(10)
    child = os.fork()
    if child == 0:
        os._exit(int(not lock.acquire(timeout=2)))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    held.result(10)
    # And it goes on.
    assert loop.run(backend, timeout=10)


def test_a_fork_does_not_wait_for_a_loop_that_is_busy(loop_thread: None) -> None:
    loop.run(backend, timeout=10)
    release = threading.Event()

    async def block() -> None:
        release.wait(30)

    blocking = loop.submit(block)
    child = os.fork()
    if child == 0:
        os._exit(0)
    assert not blocking.done()
    release.set()
    os.waitpid(child, 0)
    blocking.result(10)
    loop.run(backend, timeout=10)


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
@pytest.mark.parametrize("ours", [False, True], ids=["as Django has it", "ours"])
def test_a_pool_of_djangos_is_not_shared_with_a_child(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, ours: bool
) -> None:
    """Both would talk on one connection, and read each other's answers."""
    entry = {**connection.settings_dict, "ENGINE": "django.db.backends.postgresql"}
    options = {**entry["OPTIONS"], "pool": {"min_size": 1, "max_size": 1, "timeout": 5}}
    wrapper = DatabaseWrapper({**entry, "OPTIONS": options, "CONN_MAX_AGE": 0}, alias="pooled")

    def asked() -> int:
        with wrapper.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pid = int(cursor.fetchone()[0])
        wrapper.close()
        return pid

    before = asked()
    read, write = os.pipe()
    django: Any = DatabaseWrapper
    inherited = dict(django._connection_pools)
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            if not ours:
                django._connection_pools.update(inherited)
            os.write(write, str(asked()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    with os.fdopen(read) as pipe:
        assert (int(pipe.read()) == before) != ours
    wrapper.close_pool()
