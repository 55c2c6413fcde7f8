"""The command line as a shell sees it: streams, pipes, signals and how it ends."""

import json
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dbcompat import embedded
from tests.integration.running import until
from tests.servers import ROOT, environment, free_port, manage, query

pytestmark = pytest.mark.slow

BATCH = f"{shlex.quote(sys.executable)} {shlex.quote(str(ROOT / 'manage.py'))} batch"
CREATE = ("batch", "create", "checksum", "--input=-", "--paused")


@contextmanager
def running(path: Path) -> Iterator[Path]:
    """Its database runs on between two commands: starting takes half of their time."""
    embedded.ensure_started(path / "postgresql")
    yield path
    embedded.release(path / "postgresql")
    assert not (path / "postgresql" / "data" / "postmaster.pid").exists()


@pytest.fixture(scope="module")
def data(
    prepare: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    with running(prepare(tmp_path_factory.mktemp("shell"))) as path:
        yield path


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Without tables."""
    with running(tmp_path_factory.mktemp("empty")) as path:
        yield path


def shell(data: Path, line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        env=environment(data),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def targets(data: Path, number: str) -> Any:
    asked = f"SELECT array_agg(target ORDER BY seq) FROM batches_item WHERE batch_id = {number}"
    return query(data, asked)[0]


def test_standard_output_is_for_scripts_and_standard_error_for_people(data: Path) -> None:
    made = manage(data, *CREATE, stdin="a\nb\na\n")
    assert made.returncode == 0
    assert made.stdout.splitlines() == [made.stdout.strip()]
    assert "Accepted 2, duplicates 1, invalid 0." in made.stderr
    assert "line 3: 'a': the same as line 1" in made.stderr
    assert "\x1b" not in made.stdout + made.stderr


def test_bytes_come_through_as_they_are(data: Path) -> None:
    made = shell(
        data, rf"printf 'g\303\274n\nr\366t\n' | {BATCH} create checksum --input - --paused"
    )
    assert "byte 0xF6 at position 2 is not UTF-8" in made.stderr
    rows = manage(data, "batch", "export", made.stdout.split()[-1], "--format=ndjson").stdout
    assert [json.loads(row)["target"] for row in rows.splitlines()] == ["gün"]


def test_what_was_read_before_is_not_read_again(data: Path, tmp_path: Path) -> None:
    source = tmp_path / "list.txt"
    source.write_text("header\none\ntwo\n")
    made = shell(data, f"(read first; {BATCH} create checksum --input - --paused) < {source}")
    assert targets(data, made.stdout.split()[-1]) == ["one", "two"]


def test_standard_input_can_be_a_socket(data: Path) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b"one\ntwo\n")
        ours.shutdown(socket.SHUT_WR)
        made = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *CREATE],
            env=environment(data),
            stdin=theirs.fileno(),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    assert targets(data, made.stdout.split()[-1]) == ["one", "two"]


def test_no_standard_input_at_all_is_said_in_words(data: Path) -> None:
    refused = shell(data, f"{BATCH} create checksum --input - <&-")
    assert refused.returncode == 1
    assert "standard input is closed" in refused.stderr


def test_a_reader_that_has_enough_is_no_error(data: Path) -> None:
    number = shell(data, f"seq 20000 | {BATCH} create checksum --input - --paused").stdout.strip()
    found = shell(data, f"{BATCH} export {number} --format csv | head -n 2")
    assert found.stdout.splitlines()[1].startswith("0,1,1,pending")
    assert found.stderr == ""
    assert found.returncode == 128 + signal.SIGPIPE


def test_run_ends_with_0_only_if_all_succeeded(data: Path) -> None:
    run = ("batch", "run", "checksum", "--input=-", "--name=[/red] list")
    good = manage(data, *run, stdin="a\nb\nc\n")
    assert (good.returncode, good.stdout.splitlines()[-1]) == (
        0,
        "Completed: all 3 items succeeded.",
    )
    assert "\x1b" not in good.stdout + good.stderr
    # The waits between attempts double from two seconds.
    bad = manage(data, *run, "--param=fail_every=3", stdin="a\nb\nc\n")
    assert (bad.returncode, bad.stdout.splitlines()[-1]) == (
        1,
        "Completed: 2 of 3 items succeeded, 1 failed.",
    )


def test_run_can_be_stopped_and_says_how_it_goes_on(data: Path) -> None:
    arguments = ["run", "checksum", "--input=-", "--param=delay_ms=60000"]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), "batch", *arguments],
        env=environment(data),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("a\nb\n")
    process.stdin.close()
    process.stdin = None
    number = process.stdout.readline().strip(" .\n").removeprefix("Batch ")
    state = f"SELECT state FROM batches_batch WHERE id = {number}"
    until(lambda: query(data, state) == ("running",), "the batch to run")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"Batch {number} goes on where it was as soon as a console runs" in errors
    assert "Traceback" not in errors
    assert (
        json.loads(manage(data, "batch", "status", number, "--json").stdout)["counts"]["pending"]
        == 2
    )
    assert manage(data, "batch", "verify", number).returncode == 0
    manage(data, "batch", "cancel", number)


@pytest.mark.parametrize("command", [("batch", "status", "1"), ("createtoken", "ada"), CREATE])
def test_a_database_without_tables_is_said_in_words(empty: Path, command: tuple[str, ...]) -> None:
    refused = manage(empty, *command, stdin="a\n")
    assert refused.returncode == 1
    assert "run manage.py migrate" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("command", [("batch", "status", "1"), ("createtoken", "ada")])
def test_a_database_that_is_not_there_is_said_in_words(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    url = f"postgresql://nobody:secret@127.0.0.1:{free_port()}/none"
    refused = manage(tmp_path, *command, stdin="a\n", DATABASE_URL=url)
    assert refused.returncode == 1
    assert "The database can't be used: nothing listens there." in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "secret" not in refused.stderr
