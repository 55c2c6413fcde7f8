"""How the loop thread ends, and what can't keep it from ending."""

import asyncio
import random
import signal
import sys
import threading
import time
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait

import pytest

from dbcompat import loop, loop_thread
from tests.integration.running import until

pytestmark = pytest.mark.usefixtures("fresh_loop")


async def answer() -> int:
    return 42


async def forever() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("verb", ["stop", "drain"])
def test_the_loop_thread_refuses_to_end_itself_and_goes_on(verb: str) -> None:
    async def wrong() -> None:
        getattr(loop, verb)()

    with pytest.raises(loop.LoopReentry, match=f"call loop.{verb}.. on another thread"):
        loop.submit(wrong).result(5)
    assert loop.run(answer, timeout=5) == 42


@pytest.mark.parametrize("leave", [sys.exit, signal.default_int_handler])
def test_work_that_would_end_the_process_ends_itself(leave: object) -> None:
    async def wrong() -> None:
        if leave is sys.exit:
            sys.exit(3)
        raise KeyboardInterrupt

    other = loop.submit(forever)
    with pytest.raises(loop.LoopError, match=r"raised .* in the background"):
        loop.run(wrong, timeout=5)
    assert loop.run(answer, timeout=5) == 42
    other.cancel()


def test_a_callback_that_would_end_the_loop_does_not(caplog: pytest.LogCaptureFixture) -> None:
    async def wrong() -> None:
        running = asyncio.get_running_loop()
        running.call_soon(sys.exit, 3)
        running.call_soon(running.stop)

    other = loop.submit(forever)
    loop.run(wrong, timeout=5)
    until(lambda: "It goes on." in caplog.text, "the log")
    assert loop.run(answer, timeout=5) == 42
    assert not other.done()
    other.cancel()


def test_an_error_that_nobody_waits_for_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def wrong() -> None:
        asyncio.get_running_loop().call_soon(lambda: 1 / 0)

    loop.run(wrong, timeout=5)
    until(lambda: "ZeroDivisionError" in caplog.text, "the log")
    assert "Catch it in the callback, or run the work with loop.submit()" in caplog.text


def test_what_fails_while_it_ends_keeps_nothing_else_from_ending(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_thread, "CLEANUP_SECONDS", 0.3)
    done: list[str] = []

    def fail() -> None:
        raise RuntimeError("what is told of draining fails")

    async def register() -> None:
        async def last() -> None:
            done.append("cleaned up")

        async def late() -> None:
            loop.on_stop(last)

        loop.on_stop(late)
        loop.on_stop(forever)
        loop.on_drain(fail)
        loop.on_drain(lambda: done.append("drained"))

    loop.run(register, timeout=5)
    loop.stop()
    assert done == ["drained", "cleaned up"]
    assert caplog.text.count("It goes on.") == 1
    assert caplog.text.count("Cleaning up after the loop failed.") == 1


def test_work_that_is_deaf_is_left_and_its_caller_told(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_thread, "CANCEL_SECONDS", 0.3)
    over = threading.Event()

    async def deaf() -> None:
        while not over.is_set():
            try:
                await asyncio.sleep(0.05)
            except asyncio.CancelledError:
                continue

    future = loop.submit(deaf)
    begun = time.monotonic()
    loop.stop(0.1)
    assert time.monotonic() - begun < 5
    with pytest.raises(loop.LoopStopped):
        future.result(0)
    over.set()
    assert "ignores that it is cancelled" in caplog.text


def test_a_loop_that_is_held_up_is_left(caplog: pytest.LogCaptureFixture) -> None:
    release = threading.Event()

    async def block() -> None:
        release.wait(30)

    blocking = loop.submit(block)
    until(lambda: loop.health().blocked, "the blockage to be seen")
    begun = time.monotonic()
    loop.stop(0.3)
    assert time.monotonic() - begun < 5
    assert "The loop thread was left as it is." in caplog.text
    assert "held up by" in caplog.text
    release.set()
    blocking.result(10)
    loop.start()
    assert loop.run(answer, timeout=5) == 42


def test_nobody_waits_for_ever_however_starts_and_stops_fall() -> None:
    """Work taken up in the very moment of a stop is done, cancelled or refused."""
    over = time.monotonic() + 2.0
    futures: list[Future[int]] = []
    refused = 0

    def submit() -> None:
        nonlocal refused
        while time.monotonic() < over:
            try:
                futures.append(loop.submit(answer))
            except loop.LoopStopped:
                refused += 1
                time.sleep(0.001)

    def toggle() -> None:
        while time.monotonic() < over:
            random.choice([loop.start, loop.start, loop.stop])()
            time.sleep(random.random() / 200)

    with ThreadPoolExecutor(12) as pool:
        ended = [pool.submit(work) for work in [submit] * 8 + [toggle] * 4]
        for one in ended:
            one.result(60)
    done, left = wait(futures, 10)
    assert not left
    assert refused
    assert len(done) > 100
    assert {type(one.exception()) for one in done if not one.cancelled()} <= {
        type(None),
        loop.LoopStopped,
    }
    alive = [thread.name for thread in threading.enumerate()]
    assert alive.count("dbcompat-loop") <= 1


def test_a_task_can_be_cancelled_from_both_sides() -> None:
    ended = threading.Event()

    async def slow() -> None:
        try:
            await forever()
        finally:
            ended.set()

    async def give_up() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)

    begun = loop.submit(slow)
    until(lambda: loop.health().tasks == 1, "the work to begin")
    assert begun.cancel()
    assert ended.wait(5)
    with pytest.raises(CancelledError):
        loop.run(give_up, timeout=5)
    until(lambda: loop.health().tasks == 0, "the tasks to be forgotten")
