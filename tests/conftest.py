"""Real PostgreSQL for every test: the embedded one, in a directory that is gone afterwards."""

import fcntl
import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings

from batches.operation import operations
from dbcompat import loop
from tests.emptying import django_db_setup
from tests.servers import manage

__all__ = ["django_db_setup"]

OPERATIONS = [f"tests.operations.{name}" for name in ("Flaky", "Slow", "Patient", "Moody")]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    browsed = {item.path for item in items if item.nodeid.startswith("tests/e2e/")}
    if not hasattr(config, "workerinput"):
        # Who has changed something else need not wait for a browser.
        items.sort(key=lambda item: item.path in browsed)
        return
    # Of several processes, none should be left alone with a long file when the others are done.
    slow = browsed | {item.path for item in items if item.get_closest_marker("slow")}
    tests = Counter(item.path for item in items)
    items.sort(key=lambda item: (item.path not in slow, -tests[item.path]))


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A directory outside pytest's own: that one is closed to other users each time a test run begins."""
    with tempfile.TemporaryDirectory(prefix="console-", dir="/tmp") as name:
        yield Path(name).resolve()


@pytest.fixture(scope="session")
def prepare(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """Fills a directory with the data of a console that has been started before.

    From a copy: making it takes three times as long as starting a console that has it.
    """
    base = tmp_path_factory.getbasetemp()
    # Of one run, all processes share it.
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    first, made = base / "first", base / "prepared"
    with (base / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            done = manage(first, "migrate", "-v0")
            assert done.returncode == 0, done.stderr
            first.rename(made)

    def copy(data: Path) -> Path:
        data.mkdir(exist_ok=True)
        # With its owners, which Python would change to ours.
        subprocess.run(["cp", "-a", f"{made}/.", data], check=True)
        return data

    return copy


@pytest.fixture(autouse=True)
def strict(settings: LazySettings) -> None:
    """A session that is held over something else than a query fails the test."""
    settings.DBCOMPAT = {**settings.DBCOMPAT, "GUARD_SECONDS": 5}


@pytest.fixture(autouse=True)
def more_operations(settings: LazySettings) -> Iterator[None]:
    settings.OPERATIONS = [*settings.OPERATIONS, *OPERATIONS]
    operations.cache_clear()
    yield
    operations.cache_clear()


@pytest.fixture
def fresh_loop() -> Iterator[None]:
    """A loop that nobody has used, and another one afterwards."""
    loop.stop()
    loop.start()
    yield
    loop.stop()
    loop.start()


@pytest.fixture
def loop_thread(transactional_db: None) -> Iterator[None]:
    """The loop thread, stopped before the test's tables are emptied."""
    loop.start()
    yield
    loop.stop()
    loop.start()


@pytest.fixture
def engine(loop_thread: None) -> None:
    from batches import engine

    engine.start()
