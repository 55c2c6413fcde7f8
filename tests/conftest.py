"""Real PostgreSQL for every test: the embedded one, in a directory that is gone afterwards."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings

from batches.operation import operations
from dbcompat import embedded, loop
from tests.environment import DATA

OPERATIONS = ["tests.operations.Flaky", "tests.operations.Slow", "tests.operations.Moody"]


def pytest_sessionfinish() -> None:
    embedded.release(Path(DATA.name).resolve() / "postgresql")
    DATA.cleanup()


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
