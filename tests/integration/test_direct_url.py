"""A console behind PgBouncer, with and without another way to the database, as commands of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clusters import Cluster, cluster
from tests.poolers import Pooler, pgbouncer
from tests.servers import manage

pytestmark = pytest.mark.slow

LIST = "\n".join(f"item {n}" for n in range(200))
# Each line of the server's log begins with the name that the connection gave.
LOGGED = {"log_statement": "all", "log_line_prefix": "<%a> "}
MIGRATED, COPIED = 'CREATE TABLE "batches_batch"', "COPY intake"


@pytest.fixture
def server(short_path: Path) -> Iterator[tuple[Cluster, Pooler]]:
    data, pooled = short_path / "server", short_path / "pooler"
    data.mkdir()
    pooled.mkdir()
    with cluster(data, settings=LOGGED) as own, pgbouncer(pooled, own.entry()) as pooler:
        yield own, pooler


def through(pooler: Pooler) -> str:
    return f"postgresql://postgres@127.0.0.1:{pooler.port}/postgres"


def names(own: Cluster, words: str) -> set[str]:
    """Of the connections that sent a statement with these words."""
    lines = (own.folder / "log").read_text().splitlines()
    return {line[1:].partition(">")[0] for line in lines if words in line}


def migrate_and_run(data: Path, **urls: str) -> None:
    for command in (["migrate"], ["batch", "run", "checksum", "--input", "-"]):
        ended = manage(data, *command, stdin=LIST, **urls)
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_migrations_and_copy_go_past_the_pooler(
    server: tuple[Cluster, Pooler], tmp_path: Path
) -> None:
    own, pooler = server
    direct = f"{own.url()}?application_name=past"
    migrate_and_run(tmp_path, DATABASE_URL=through(pooler), DATABASE_DIRECT_URL=direct)
    assert names(own, MIGRATED) == {"past"}
    assert names(own, COPIED) == {"past"}
    assert names(own, "UPDATE batches_item") == {"batch-console"}


def test_and_through_it_where_there_is_no_other_way(
    server: tuple[Cluster, Pooler], tmp_path: Path
) -> None:
    own, pooler = server
    migrate_and_run(tmp_path, DATABASE_URL=through(pooler))
    assert names(own, MIGRATED) == {"batch-console"}
    assert names(own, COPIED) == {"batch-console"}
