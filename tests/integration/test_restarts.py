"""The pooler and the database go away and come back in the middle of a batch, again and again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.clusters import Cluster, cluster
from tests.integration.running import until
from tests.poolers import pgbouncer
from tests.servers import Server, manage

ITEMS = 12_000
OF_THE_POOLER, OF_THE_SERVER = 10, 3

pytestmark = pytest.mark.slow


def ask(own: Cluster, sql: str) -> Any:
    """Past the pooler; None while the server is away."""
    try:
        with psycopg.connect(own.url(), autocommit=True) as database:
            return database.execute(sql).fetchone()
    except psycopg.OperationalError:
        return None


def done(own: Cluster) -> int:
    row = ask(own, "SELECT coalesce(sum(succeeded), 0)::int FROM batches_chunk")
    return int(row[0]) if row else 0


def restarts(own: Cluster, pooler: Callable[[], None]) -> None:
    """Each after some more has been done, so that all of them fall into the batch."""
    for number in range(1, OF_THE_POOLER + OF_THE_SERVER + 1):
        share = ITEMS * number // (OF_THE_POOLER + OF_THE_SERVER + 4)
        until(lambda: done(own) > share, f"progress before restart {number}", limit=60)  # noqa: B023 -- called at once
        if number % 4 == 0:
            own.restart("immediate" if number == 8 else "fast")
        else:
            pooler()
    assert done(own) < ITEMS


def test_ten_restarts_of_the_pooler_and_three_of_the_server(short_path: Path) -> None:
    data, behind, home = (short_path / name for name in ("server", "pooler", "data"))
    for folder in (data, behind, home):
        folder.mkdir()
    # Into a file: what it says of so many restarts fills a pipe that nobody reads, and it would wait at that.
    errors = short_path / "errors"
    with (
        cluster(data) as own,
        pgbouncer(behind, own.entry()) as pooler,
        errors.open("w") as file,
    ):
        url = {"DATABASE_URL": f"postgresql://postgres@127.0.0.1:{pooler.port}/postgres"}
        server = Server(home, port=None, errors=file, CONSOLE_LEASE_SECONDS="5", **url)
        lines = "".join(f"line {n}\n" for n in range(ITEMS))
        made = manage(home, "batch", "create", "checksum", "--input=-", "--param=delay_ms=20",
                      stdin=lines, **url)  # fmt: skip
        assert made.returncode == 0, made.stderr
        restarts(own, pooler.restart)
        state = "SELECT state FROM batches_batch"
        until(lambda: ask(own, state) == ("completed",), "the batch to complete", limit=120)
        counted = ask(own, "SELECT count(*), count(DISTINCT seq), max(attempts) FROM batches_item"
                           " WHERE state = 'succeeded'")  # fmt: skip
        assert counted == (ITEMS, ITEMS, 1)
        verified = manage(home, "batch", "verify", made.stdout.split()[-1], **url)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        output = server.stop() + errors.read_text()
        assert "prepared statement" not in output
        assert "MissingGreenlet" not in output
