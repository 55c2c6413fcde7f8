"""The embedded PostgreSQL, used by real processes that come, go and are killed."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import psycopg
import pytest
from django.conf import LazySettings
from django.db import connections

from dbcompat import embedded, embedded_server
from dbcompat.embedded_programs import EmbeddedError
from tests.integration.running import until
from tests.servers import ROOT

USE = """
import os, sys
from pathlib import Path
from dbcompat import embedded
if len(sys.argv) > 2:
    os.setgroups([])
    os.setgid(int(sys.argv[3]))
    os.setuid(int(sys.argv[2]))
embedded.ensure_started(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.read()
"""


class Process:
    """Another process that uses the server until it is told to leave."""

    def __init__(self, directory: Path, *account: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USE, str(directory), *map(str, account)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> "Process":
        assert self.process.stdout is not None
        if self.process.stdout.readline() != "ready\n":
            raise AssertionError(self.process.communicate()[1])
        return self

    def leave(self) -> None:
        _, errors = self.process.communicate("", timeout=30)
        assert (self.process.returncode, errors) == (0, "")

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


type Start = Callable[..., Process]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[Process] = []

    def begin(directory: Path, *account: int) -> Process:
        started.append(Process(directory, *account))
        return started[-1]

    yield begin
    for process in started:
        process.kill()


@pytest.fixture
def directory(short_path: Path) -> Iterator[Path]:
    place = short_path / "postgresql"
    yield place
    clear(place)


def clear(place: Path) -> None:
    """Whatever a test has left behind."""
    embedded.release(place)
    embedded_server.stop(place)
    if (sockets := embedded.socket_directory(place)) != place:
        shutil.rmtree(sockets, ignore_errors=True)


def query(place: Path, sql: str, *parameters: object) -> Any:
    host = str(embedded.socket_directory(place))
    with psycopg.connect(host=host, user="postgres", dbname="batch_console") as database:
        found = database.execute(sql, parameters)
        return found.fetchone() if found.description else None


def kill_server(place: Path) -> None:
    for pid in embedded_server.processes(place):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until(lambda: not embedded_server.processes(place), "the server to be gone")


def test_the_last_of_two_processes_stops_the_server(directory: Path, start: Start) -> None:
    one, two = start(directory), start(directory)
    one.ready(), two.ready()
    one.leave()
    assert query(directory, "SELECT 1") == (1,)
    two.leave()
    assert embedded_server.processes(directory) == []


def test_a_killed_process_does_not_count(directory: Path, start: Start) -> None:
    one, two = start(directory).ready(), start(directory).ready()
    one.kill()
    assert query(directory, "SELECT 1") == (1,)
    two.leave()
    assert embedded_server.processes(directory) == []


def test_a_server_left_alone_is_taken_over(directory: Path, start: Start) -> None:
    start(directory).ready().kill()
    left = set(embedded_server.processes(directory))
    assert left
    two = start(directory).ready()
    assert left & set(embedded_server.processes(directory))
    two.leave()
    assert embedded_server.processes(directory) == []


def test_a_number_that_is_now_another_programs_is_not_believed(directory: Path) -> None:
    embedded.ensure_started(directory)
    query(directory, "CREATE TABLE kept AS SELECT 42 AS answer")
    kill_server(directory)
    # As after a power cut: both files name a process that lives and is none of ours.
    for file in (directory / "data/postmaster.pid", directory / f"{embedded_server.SOCKET}.lock"):
        _, rest = file.read_text().split("\n", 1)
        file.write_text(f"{os.getpid()}\n{rest}")
    embedded.ensure_started(directory, recheck=True)
    assert query(directory, "SELECT answer FROM kept") == (42,)


def test_a_start_waits_for_what_a_killed_server_left_running(directory: Path) -> None:
    embedded.ensure_started(directory)
    first = int((directory / "data/postmaster.pid").read_text().split("\n", 1)[0])
    psutil.Process(first).kill()
    embedded.ensure_started(directory, recheck=True)
    assert query(directory, "SELECT 1") == (1,)


@pytest.mark.django_db(transaction=True)
def test_django_brings_a_killed_server_back(directory: Path, settings: LazySettings) -> None:
    settings.DBCOMPAT = {**settings.DBCOMPAT, "EMBEDDED_DIR": directory}
    connection = connections["default"].copy("other")
    connection.settings_dict.update(embedded.database_settings(directory))
    connection.connect()
    connection.close()
    kill_server(directory)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        assert cursor.fetchone() == ("batch_console",)
    connection.close()


@pytest.mark.parametrize("name", ["x" * 120, """it's a "test", $HOME é"""])
def test_any_path_will_do(short_path: Path, name: str) -> None:
    place = short_path / name / "postgresql"
    sockets = embedded.socket_directory(place)
    try:
        embedded.ensure_started(place)
        assert query(place, "SELECT 1") == (1,)
        assert sockets != place
        assert sockets.stat().st_mode & 0o777 == 0o700
    finally:
        clear(place)
    assert embedded_server.processes(place) == []


def test_a_link_in_place_of_the_socket_directory_is_refused(tmp_path: Path) -> None:
    place = tmp_path / ("x" * 120) / "postgresql"
    sockets = embedded.socket_directory(place)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    before = elsewhere.stat()
    sockets.symlink_to(elsewhere)
    try:
        with pytest.raises(EmbeddedError, match="is a link"):
            embedded.ensure_started(place)
        assert elsewhere.stat().st_uid == before.st_uid
    finally:
        sockets.unlink()


def test_threads_that_start_it_at_once_get_one_server(directory: Path) -> None:
    errors: list[Exception] = []

    def begin() -> None:
        try:
            embedded.ensure_started(directory)
            query(directory, "SELECT 1")
        except Exception as error:  # noqa: BLE001 -- shown by the assertion
            errors.append(error)

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_ctrl_c_while_it_starts_leaves_no_server(directory: Path, start: Start) -> None:
    process = start(directory)
    until(lambda: (directory / "data.new").exists(), "the data directory to be begun")
    process.process.send_signal(signal.SIGINT)
    process.process.communicate(timeout=30)
    assert embedded_server.processes(directory) == []
    start(directory).ready().leave()


def test_the_data_directory_of_another_version_is_refused_in_words(directory: Path) -> None:
    (directory / "data").mkdir(parents=True)
    (directory / "data/PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedError, match=r"made by PostgreSQL 17; this is PostgreSQL 18"):
        embedded.ensure_started(directory)


def test_a_failed_start_shows_the_end_of_the_log(directory: Path) -> None:
    embedded.ensure_started(directory)
    embedded.release(directory)
    (directory / "data/global/pg_control").unlink()
    with pytest.raises(EmbeddedError, match=r"(?s)did not start.*pg_control"):
        embedded.ensure_started(directory)
    assert embedded_server.processes(directory) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can become somebody else.")
def test_it_runs_as_an_ordinary_user(short_path: Path, start: Start) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(short_path, nobody.pw_uid, nobody.pw_gid)
    place = short_path / "postgresql"
    process = start(place, nobody.pw_uid, nobody.pw_gid).ready()
    owners = set()
    for pid in embedded_server.processes(place):
        # One of its helpers may have ended since it was seen.
        with suppress(psutil.NoSuchProcess):
            owners.add(psutil.Process(pid).uids().real)
    assert owners == {nobody.pw_uid}
    # Root looks in, and leaves everything as it was.
    embedded.ensure_started(place)
    assert query(place, "SELECT 1") == (1,)
    embedded.release(place)
    process.leave()
    assert embedded_server.processes(place) == []
    start(place, nobody.pw_uid, nobody.pw_gid).ready().leave()


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can become somebody else.")
def test_the_directory_of_another_user_is_refused_in_words(directory: Path, start: Start) -> None:
    embedded.ensure_started(directory)
    nobody = pwd.getpwnam("nobody")
    with pytest.raises(
        AssertionError, match=r"belongs to pgserver, and this process runs as nobody"
    ):
        start(directory, nobody.pw_uid, nobody.pw_gid).ready()


async def test_both_drivers_reach_it_and_a_commit_is_durable(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "6543")
    embedded.ensure_started(directory)
    entry = embedded.database_settings(directory)
    connection = await asyncpg.connect(  # type: ignore[no-untyped-call]
        host=entry["HOST"], port=int(entry["PORT"]), user=entry["USER"], database=entry["NAME"]
    )
    shown = [
        await connection.fetchval(f"SHOW {name}")
        for name in ("fsync", "synchronous_commit", "full_page_writes", "listen_addresses")
    ]
    await connection.close()
    assert shown == ["on", "on", "on", ""]
