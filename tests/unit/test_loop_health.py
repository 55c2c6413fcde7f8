"""What the loop thread knows of itself."""

import asyncio
import logging
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.conf import LazySettings

from dbcompat import loop, loop_watch
from dbcompat.loop_health import LagMeter
from tests.integration.running import until


@pytest.fixture(autouse=True)
def fresh(settings: LazySettings) -> Iterator[None]:
    settings.DBCOMPAT = {**settings.DBCOMPAT, "BLOCKED_SECONDS": 0.2}
    loop.stop()
    loop.start()
    yield
    loop.stop()
    loop.start()


def mistake(seconds: float) -> None:
    time.sleep(seconds)


async def block(seconds: float) -> None:
    await asyncio.sleep(0)
    mistake(seconds)


def test_who_keeps_the_loop_to_himself_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    loop.run(block, 1.2, timeout=10)
    until(lambda: loop.health().lag_max_ms > 900, "the loop to go on")
    until(lambda: loop.health().blocked[-1].seconds > 0.9, "its length to be known")
    (blocked,) = loop.health().blocked
    path, _, rest = blocked.place.partition(":")
    assert path == __file__
    assert rest.split(" in ")[1] == "mistake"
    assert "time.sleep(seconds)" in blocked.stack
    assert blocked.stack.index("in block") < blocked.stack.index("in mistake")
    age = datetime.now(UTC) - blocked.when
    assert 1.0 < age.total_seconds() < 30
    assert caplog.text.count("Background work has stood still") == 1
    assert blocked.place in caplog.text
    assert 'DBCOMPAT["BLOCKED_SECONDS"]' in caplog.text


def test_what_blocks_inside_a_library_is_put_down_to_who_called_it() -> None:
    async def call() -> None:
        subprocess.run(["sleep", "0.8"], check=True)  # noqa: ASYNC221 -- the mistake

    loop.run(call, timeout=10)
    (blocked,) = until(lambda: loop.health().blocked, "the blockage to be seen")
    assert blocked.place.startswith(__file__)
    assert "subprocess.py" in blocked.stack


def test_only_the_last_ten_are_kept() -> None:
    watch = loop_watch.Watch(threading.current_thread(), LagMeter(), 60)
    for second in range(12):
        watch._note(second, f"place {second}", "stack")
    watch.end()
    assert [blocked.place for blocked in watch.blocked] == [f"place {n}" for n in range(2, 12)]


def test_work_that_awaits_is_never_blamed() -> None:
    async def wait() -> None:
        await asyncio.gather(*(asyncio.sleep(0.6) for _ in range(100)))

    loop.run(wait, timeout=10)
    assert loop.health().blocked == ()


@pytest.mark.parametrize("kind", [True, False], ids=["uvloop", "asyncio"])
def test_an_idle_loop_is_told_from_a_busy_one(settings: LazySettings, kind: bool) -> None:
    """A late loop that waits for its turn is the machine's doing: nobody is to blame."""
    settings.DBCOMPAT = {**settings.DBCOMPAT, "UVLOOP": kind}
    loop.stop()
    loop.start()
    thread = next(one for one in threading.enumerate() if one.name == "dbcompat-loop")
    until(lambda: loop_watch._held_up_by(thread) is None, "the loop to be idle")
    blocking = loop.submit(block, 0.5)
    place, _ = until(lambda: loop_watch._held_up_by(thread), "the loop to be busy")
    assert "test_loop_health.py" in place
    blocking.result(10)


def test_the_watch_ends_with_its_loop() -> None:
    def watches() -> int:
        return [thread.name for thread in threading.enumerate()].count("dbcompat-watch")

    for _ in range(5):
        loop.stop()
        loop.start()
    until(lambda: watches() == 1, "the others to end")


def test_it_counts_what_it_has_in_hand() -> None:
    assert loop.health().tasks == 0
    futures = [loop.submit(asyncio.Event().wait) for _ in range(3)]
    until(lambda: loop.health().tasks == 3, "the work to begin")
    for future in futures:
        future.cancel()
    until(lambda: loop.health().tasks == 0, "the work to end")
