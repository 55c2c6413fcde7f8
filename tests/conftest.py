"""Real PostgreSQL for every test: the embedded one, in a directory that is gone afterwards."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings

from batches.operation import operations
from dbcompat import loop

OPERATIONS = [f"tests.operations.{name}" for name in ("Flaky", "Slow", "Patient", "Moody")]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The browser's driver keeps a loop running on this thread; no asynchronous test can run after it.
    items.sort(key=lambda item: item.nodeid.startswith("tests/e2e/"))


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A directory outside pytest's own: that one is closed to other users each time a test run begins."""
    with tempfile.TemporaryDirectory(prefix="console-", dir="/tmp") as name:
        yield Path(name).resolve()


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
