"""The thread that owns the loop: started once, misused in every way we know, and ended."""

import asyncio
import logging
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextvars import ContextVar
from pathlib import Path

import pytest

from dbcompat import loop
from tests.integration.running import until

ROOT = Path(__file__).parents[2]
request_id: ContextVar[str] = ContextVar("request_id", default="none")


pytestmark = pytest.mark.usefixtures("fresh_loop")


async def thread_name() -> str:
    return threading.current_thread().name


async def forever() -> None:
    await asyncio.Event().wait()


def test_work_runs_on_one_thread_of_its_own() -> None:
    assert loop.run(thread_name, timeout=5) == "dbcompat-loop"
    assert threading.current_thread().name != "dbcompat-loop"
    assert loop.health().alive


def test_a_hundred_threads_that_start_it_get_the_same_loop() -> None:
    loop.stop()
    loop.start()

    async def own() -> int:
        return id(asyncio.get_running_loop())

    with ThreadPoolExecutor(100) as pool:
        found = set(pool.map(lambda _: loop.run(own, timeout=10), range(300)))
    assert len(found) == 1


def test_the_callers_context_comes_along() -> None:
    request_id.set("r-17")

    async def read() -> str:
        return request_id.get()

    assert loop.run(read, timeout=5) == "r-17"


def test_waiting_on_the_loop_for_the_loop_is_refused() -> None:
    async def wrong() -> None:
        loop.run(thread_name)

    with pytest.raises(loop.LoopReentry, match="Await the function itself"):
        loop.run(wrong, timeout=5)


async def test_waiting_in_any_running_loop_is_refused() -> None:
    with pytest.raises(loop.LoopReentry, match="event loop"):
        loop.run(thread_name)


def test_after_stop_nothing_is_taken() -> None:
    loop.stop()
    with pytest.raises(loop.LoopStopped, match=r"loop.start\(\)"):
        loop.submit(thread_name)
    assert not loop.health().alive
    loop.start()
    assert loop.run(thread_name, timeout=5) == "dbcompat-loop"


def test_what_belongs_to_the_loop_is_refused_elsewhere() -> None:
    with pytest.raises(loop.LoopError, match="only be called on the loop thread"):
        loop.on_stop(forever)


def test_a_crashing_task_is_logged_and_hurts_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async def crash() -> None:
        raise ZeroDivisionError("boom")

    future = loop.submit(crash)
    with pytest.raises(ZeroDivisionError):
        future.result(5)
    until(lambda: "Background work failed." in caplog.text, "the log")
    assert loop.run(thread_name, timeout=5) == "dbcompat-loop"


def test_a_caller_who_gives_up_takes_the_work_along() -> None:
    cancelled = threading.Event()

    async def slow() -> None:
        try:
            await forever()
        finally:
            cancelled.set()

    with pytest.raises(TimeoutError):
        loop.run(slow, timeout=0.05)
    assert cancelled.wait(5)


def test_draining_lets_work_finish_and_cancels_what_does_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def short() -> str:
        await asyncio.sleep(0.1)
        return "done"

    quick, endless = loop.submit(short), loop.submit(forever)
    with caplog.at_level(logging.WARNING):
        assert not loop.drain(0.5)
    assert quick.result(5) == "done"
    with pytest.raises(CancelledError):
        endless.result(5)
    assert "1 background tasks did not finish in time." in caplog.text
    with pytest.raises(loop.LoopStopped):
        loop.submit(short)


def test_cleanups_run_last_registered_first_and_survive_each_other() -> None:
    order: list[str] = []

    async def register() -> None:
        async def first() -> None:
            order.append("first")

        async def second() -> None:
            order.append("second")
            raise RuntimeError("a cleanup fails")

        loop.on_stop(first)
        loop.on_stop(second)
        loop.on_drain(lambda: order.append("drain"))

    loop.run(register, timeout=5)
    loop.stop()
    assert order == ["drain", "second", "first"]


def test_a_forked_child_builds_its_own_and_the_parents_goes_on() -> None:
    read, write = os.pipe()
    loop.run(thread_name, timeout=5)
    child = os.fork()
    if child == 0:
        try:
            os.write(write, loop.run(thread_name, timeout=5).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    with os.fdopen(read) as pipe:
        assert pipe.read() == "dbcompat-loop"
    assert loop.run(thread_name, timeout=5) == "dbcompat-loop"


def in_child(results: "multiprocessing.SimpleQueue[str]") -> None:
    results.put(loop.run(thread_name, timeout=5))


def test_a_child_of_multiprocessing() -> None:
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    child = context.Process(target=in_child, args=(results,))
    child.start()
    child.join(20)
    assert child.exitcode == 0
    assert results.get() == "dbcompat-loop"


@pytest.mark.parametrize("ending", ["", "sys.exit(3)", "raise SystemExit(3)"])
def test_a_process_ends_without_being_asked_to_stop_the_loop(ending: str) -> None:
    program = f"""
import asyncio, sys
from dbcompat import loop
async def work():
    await asyncio.sleep(0.3)
    print("finished", flush=True)
loop.submit(work)
{ending}
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "adminapp.settings"},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.stdout == "finished\n", done.stderr
    assert done.returncode == (3 if ending else 0)


def test_it_knows_when_it_is_late() -> None:
    async def block() -> None:
        time.sleep(0.4)  # noqa: ASYNC251 -- the very mistake that is to be noticed

    loop.run(block, timeout=5)
    until(lambda: loop.health().lag_max_ms > 200, "the lag to be seen")
