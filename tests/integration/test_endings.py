"""A console that is stopped at a bad moment: quickly, without a traceback, and nothing left behind."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dbcompat import embedded, embedded_server
from tests.integration.running import until
from tests.servers import ROOT, Server, environment, free_port, manage, query

# Far less than the minute that an item takes there, on any machine.
SECONDS = 20.0
STATE = "SELECT state FROM batches_batch"

pytestmark = pytest.mark.slow


@pytest.fixture
def nothing(short_path: Path) -> Iterator[Path]:
    yield short_path
    embedded_server.stop(short_path / "postgresql")


@pytest.fixture
def data(prepare: Callable[[Path], Path], nothing: Path) -> Path:
    """Of a console that has been started before."""
    return prepare(nothing)


def running(data: Path) -> list[int]:
    return embedded_server.processes(data / "postgresql")


def begin(data: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=environment(data),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize(
    ("moment", "ending"), [("data.new", signal.SIGINT), ("data/postmaster.pid", signal.SIGTERM)]
)
def test_ctrl_c_while_the_database_is_prepared(nothing: Path, moment: str, ending: int) -> None:
    process = begin(nothing, "serve", f"--port={free_port()}")
    until((nothing / "postgresql" / moment).exists, f"{moment} to appear")
    process.send_signal(ending)
    output, _ = process.communicate(timeout=SECONDS)
    assert "Traceback" not in output
    assert running(nothing) == []


@pytest.mark.parametrize("pause", [0.2, 0.6])
def test_ctrl_c_while_it_migrates(nothing: Path, pause: float) -> None:
    process = begin(nothing, "serve", f"--port={free_port()}")
    until(lambda: running(nothing), "the server to run")
    # Not to wait for something, but to hit another moment each time.
    time.sleep(pause)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=SECONDS)
    assert "Traceback" not in output
    assert running(nothing) == []


def test_it_ends_quickly_while_a_batch_runs_and_pages_are_open(data: Path) -> None:
    server = Server(data, "--demo")
    lines = "".join(f"line {n}\n" for n in range(5000))
    made = manage(
        data, "batch", "create", "checksum", "--input=-", "--param=delay_ms=60000", stdin=lines
    )
    assert made.returncode == 0, made.stderr
    until(lambda: query(data, STATE) == ("running",), "the batch to run")
    begun = time.monotonic()
    output = server.stop()
    assert time.monotonic() - begun < SECONDS
    assert "Traceback" not in output
    assert server.process.returncode == 0
    assert running(data) == []


def test_whoever_asks_twice_does_not_wait(data: Path) -> None:
    server = Server(data)
    manage(data, "batch", "create", "checksum", "--input=-", "--param=delay_ms=60000", stdin="a\n")
    until(lambda: query(data, STATE) == ("running",), "the batch to run")
    server.process.send_signal(signal.SIGINT)
    server.process.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    output = server.stop()
    assert time.monotonic() - begun < 1.0
    assert "Traceback" not in output


def test_two_that_start_at_once_share_one_database(nothing: Path) -> None:
    servers: list[Server] = []
    threads = [threading.Thread(target=lambda: servers.append(Server(nothing))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(servers) == 2
    for server in servers:
        assert "Traceback" not in server.stop()
    assert running(nothing) == []


def test_a_database_that_is_not_there_is_said_in_words(nothing: Path) -> None:
    url = f"postgresql://nobody:secret@127.0.0.1:{free_port()}/none"
    refused = manage(nothing, "serve", f"--port={free_port()}", DATABASE_URL=url)
    assert refused.returncode == 1
    assert "The database can't be used: nothing listens there." in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "secret" not in refused.stderr
    assert not embedded.socket_directory(nothing / "postgresql").exists()
