"""One PostgreSQL server of ours: its data directory made, the server started and stopped.

The callers in `dbcompat.embedded` see to it that one process at a time does any of this.
"""

import logging
import shutil
import time
from pathlib import Path

import psutil
from psycopg import pq
from psycopg.conninfo import make_conninfo

from dbcompat.embedded_programs import MAJOR, EmbeddedError, run

log = logging.getLogger(__name__)

USER, PORT = "postgres", 5432
SOCKET = f".s.PGSQL.{PORT}"
# After a power cut in the middle of a large batch, two gigabytes of log are replayed.
START_SECONDS = 180
STOP_SECONDS = 60
LOG_LINES, MAX_LOG_BYTES = 15, 10_000_000

# Written into a new data directory, where ALTER SYSTEM can change them. What makes a commit durable
# (fsync, synchronous_commit, full_page_writes) stays as PostgreSQL has it.
_SETTINGS = {
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "max_connections": "100",
    # No standby will ever follow; and COPY into a table made in the same transaction writes less.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    # Compiling takes longer than any query here.
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def initialise(directory: Path) -> None:
    """Make the data directory unless there is one. Raises EmbeddedError."""
    data, draft = directory / "data", directory / "data.new"
    if data.exists():
        _check_version(data)
        return
    # What was interrupted halfway looks like a data directory and is none: only a finished one gets the name.
    shutil.rmtree(draft, ignore_errors=True)
    settings = [f"--set={name}={value}" for name, value in _SETTINGS.items()]
    run(directory, "initdb", "--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale=C",
        "--locale-provider=builtin", "--builtin-locale=C.UTF-8", *settings, "-D", draft.name)  # fmt: skip
    draft.rename(data)


def start(directory: Path, sockets: Path) -> None:
    """Return when the server answers; start it if it does not run. Raises EmbeddedError."""
    deadline = time.monotonic() + START_SECONDS
    while not answers(sockets):
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"PostgreSQL does not answer after {START_SECONDS} s. {_end_of_log(directory)}"
            )
        if processes(directory):
            # It is starting, recovering or shutting down on behalf of a process that was killed.
            time.sleep(0.05)
        else:
            _launch(directory, sockets)


def stop(directory: Path) -> None:
    """Stop the server if it runs. Never raises: there is nothing a caller could do about it."""
    if not processes(directory):
        return
    try:
        run(directory, "pg_ctl", "stop", "-w", "-m", "fast", "-t", str(STOP_SECONDS), "-D", "data")
    except (EmbeddedError, OSError) as error:
        if processes(directory):
            log.warning("The embedded PostgreSQL could not be stopped: %s", error)


def answers(sockets: Path) -> bool:
    """Whether a server takes connections here. One that is full does; one that is starting does not."""
    address = make_conninfo(host=str(sockets), port=PORT, user=USER, dbname=USER, connect_timeout=5)
    return pq.PGconn.ping(address.encode()) == pq.Ping.OK


def processes(directory: Path) -> list[int]:
    """The server processes at work in the data directory, whoever started them."""
    data = str((directory / "data").resolve())
    found = psutil.process_iter(["name", "cwd"])
    # Each of them has made it its working directory, and none keeps that when it has become a zombie.
    return [p.pid for p in found if p.info["name"] == "postgres" and p.info["cwd"] == data]


def _launch(directory: Path, sockets: Path) -> None:
    # No server is at work here, so these are of one that was killed. It would believe them if the process
    # number they hold is now another program's.
    for left in (directory / "data" / "postmaster.pid", sockets / f"{SOCKET}.lock"):
        left.unlink(missing_ok=True)
    _rotate(directory / "postgresql.log")
    # On the command line, since nothing may change them: reached through the socket, and by its owner alone.
    options = f"-k '{sockets}' -p {PORT} -c listen_addresses= -c unix_socket_permissions=0700"
    try:
        # Relative names: pg_ctl hands them to a shell, between quotes that a path could break out of.
        run(directory, "pg_ctl", "start", "-w", "-t", str(START_SECONDS),
            "-D", "data", "-l", "postgresql.log", "-o", options)  # fmt: skip
    except EmbeddedError as error:
        if not processes(directory):
            raise EmbeddedError(
                f"PostgreSQL did not start. {error} {_end_of_log(directory)}"
            ) from None


def _rotate(file: Path) -> None:
    if file.exists() and file.stat().st_size > MAX_LOG_BYTES:
        file.replace(file.with_suffix(".log.1"))


def _check_version(data: Path) -> None:
    try:
        found = (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise EmbeddedError(
            f"{data} is not a data directory of PostgreSQL. Move it away, or set CONSOLE_DATA_DIR."
        ) from None
    if found != MAJOR:
        raise EmbeddedError(
            f"{data} was made by PostgreSQL {found}; this is PostgreSQL {MAJOR}. Dump it with the old"
            " version and load it here, or set CONSOLE_DATA_DIR to begin anew."
        )


def _end_of_log(directory: Path) -> str:
    file = directory / "postgresql.log"
    try:
        lines = file.read_text(errors="replace").splitlines()[-LOG_LINES:]
    except OSError:
        return f"There is no log at {file}."
    return "\n".join([f"The end of {file}:", *lines])
