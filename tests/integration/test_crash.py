"""A server is killed with SIGKILL in the middle of a batch, again and again. Nothing may be lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.integration.running import until
from tests.servers import Server, manage, query

ITEMS = 8_000
KILLS = 3

pytestmark = pytest.mark.slow


@pytest.fixture
def data(prepare: Callable[[Path], Path], tmp_path: Path) -> Path:
    return prepare(tmp_path / "data")


def done(data: Path) -> int:
    return int(query(data, "SELECT sum(succeeded)::int FROM batches_chunk")[0])


def test_three_kills_lose_nothing_and_count_nothing_twice(data: Path) -> None:
    server = Server(data, CONSOLE_LEASE_SECONDS="2")
    lines = "".join(f"line {n}\n" for n in range(ITEMS))
    made = manage(
        data, "batch", "create", "checksum", "--input=-", "--param=delay_ms=8", stdin=lines
    )
    assert made.returncode == 0, made.stderr
    batch = made.stdout.split()[-1]
    for kill in range(1, KILLS + 1):
        until(lambda: done(data) > ITEMS * kill // 10, f"progress before kill {kill}")  # noqa: B023 -- called at once
        server.kill()
        left = done(data)
        assert left < ITEMS
        server = Server(data, CONSOLE_LEASE_SECONDS="2")
    state = "SELECT state FROM batches_batch"
    until(lambda: query(data, state)[0] == "completed", "the batch to complete", limit=180)
    counted = query(data, "SELECT count(*), count(DISTINCT seq), max(attempts) FROM batches_item"
                          " WHERE state = 'succeeded'")  # fmt: skip
    assert counted == (ITEMS, ITEMS, 1)
    verified = manage(data, "batch", "verify", batch)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    server.stop()


def test_a_deletion_that_is_killed_goes_on_and_leaves_nothing(data: Path) -> None:
    server = Server(data)
    lines = "".join(f"line {n}\n" for n in range(100_000))
    made = manage(data, "batch", "create", "checksum", "--input=-", "--paused", stdin=lines)
    assert made.returncode == 0, made.stderr
    items = "SELECT count(*)::int FROM batches_item"
    with ThreadPoolExecutor() as pool:
        # Not to wait for its end: by then, all may be gone.
        deleting = pool.submit(manage, data, "batch", "delete", made.stdout.split()[-1])
        until(lambda: query(data, items)[0] < 100_000, "the first lot to go")
        server.kill()
    assert deleting.result().returncode == 0
    left = query(data, items)[0]
    assert 0 < left < 100_000
    assert left % 5_000 == 0
    server = Server(data)
    until(lambda: query(data, "SELECT count(*) FROM batches_batch")[0] == 0, "the batch to go")
    parts = "SELECT (SELECT count(*) FROM batches_item), (SELECT count(*) FROM batches_chunk)"
    assert query(data, parts) == (0, 0)
    server.stop()
