"""Real PostgreSQL for every test: the embedded one, in a directory that is gone afterwards."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Before Django reads its settings: no test may touch a database that somebody uses.
_DATA = tempfile.TemporaryDirectory(prefix="console-test-", ignore_cleanup_errors=True)
for _name in [name for name in os.environ if name.startswith(("CONSOLE_", "DATABASE_"))]:
    del os.environ[_name]
os.environ["CONSOLE_DATA_DIR"] = _DATA.name
os.environ["CONSOLE_LEASE_SECONDS"] = "3"

import pytest
from django.conf import LazySettings

from batches.operation import operations
from dbcompat import embedded, loop

OPERATIONS = ["tests.operations.Flaky", "tests.operations.Slow", "tests.operations.Moody"]


def pytest_sessionfinish() -> None:
    embedded.release(Path(_DATA.name).resolve() / "postgresql")
    _DATA.cleanup()


@pytest.fixture(autouse=True)
def more_operations(settings: LazySettings) -> Iterator[None]:
    settings.OPERATIONS = [*settings.OPERATIONS, *OPERATIONS]
    operations.cache_clear()
    yield
    operations.cache_clear()


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
