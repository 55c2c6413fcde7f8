"""The test database behind a pooler, and tables for faults."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection

from tests.integration.examining import configured
from tests.poolers import Pooler, pgbouncer


@pytest.fixture
def pooler(
    request: pytest.FixtureRequest, tmp_path: Path, transactional_db: None
) -> Iterator[Pooler]:
    """PgBouncer in transaction mode with two server connections, unless the mark `pgbouncer` says otherwise."""
    mark = request.node.get_closest_marker("pgbouncer")
    options = mark.kwargs if mark else {}
    with pgbouncer(tmp_path, dict(connection.settings_dict), **options) as running:
        yield running


@pytest.fixture
def behind(pooler: Pooler, settings: LazySettings, fresh_loop: None) -> Iterator[dict[str, Any]]:
    """All of the product goes through it, as if DATABASE_URL said so; what it is has to be found out."""
    with configured(settings, pooler.entry):
        yield pooler.entry


@pytest.fixture
def fault() -> Iterator[None]:
    """A table for tests that change it."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE fault (amount int, owner text, secret text)")
        cursor.execute("INSERT INTO fault VALUES (7, 'ada', 'hidden')")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE fault")
