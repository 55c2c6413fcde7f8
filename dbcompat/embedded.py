"""A real PostgreSQL without an installation: binaries from a wheel, data in a directory of ours.

Any number of processes may share a data directory. Each holds a lock that the kernel releases when it dies,
however it dies; the last one to leave in good order stops the server.
"""

import atexit
import fcntl
import hashlib
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import psycopg

from dbcompat import embedded_server
from dbcompat.embedded_programs import EmbeddedError, account_for, make_private
from dbcompat.embedded_server import PORT, SOCKET, USER

__all__ = ["EmbeddedError", "database_settings", "ensure_started", "release", "socket_directory"]

ENGINE = "dbcompat.postgresql"
DATABASE = "batch_console"
# What sockaddr_un holds, less the name of the socket.
MAX_SOCKET_DIR = 100 - len(SOCKET)
# Drivers and server read a comma, a quote or a backslash in it as something else.
_PLAIN = re.compile(r"/[\w./ +-]*", re.ASCII)

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
        # Not left out, or PGPORT would count.
        "PORT": str(PORT),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {},
        "TEST": {"NAME": f"test_{DATABASE}"},
    }


def socket_directory(directory: Path) -> Path:
    """The data directory itself, or a short one of its own where that path can't hold a socket."""
    name = os.fsencode(directory)
    if len(name) <= MAX_SOCKET_DIR and _PLAIN.fullmatch(str(directory)):
        return directory
    # Not the temporary directory of this process, which another may see elsewhere.
    return Path("/tmp") / f"batch-console-{hashlib.sha256(name).hexdigest()[:16]}"  # noqa: S108


def ensure_started(directory: Path, *, recheck: bool = False) -> None:
    """Start the server, making its data directory first if need be, unless it runs. Idempotent.

    A process that has started it once believes it to run; `recheck` looks again, after a connection failed.
    Raises EmbeddedError.
    """
    with _lock:
        if directory in _users and not recheck:
            return
        try:
            _join(directory)
        except OSError as error:
            raise EmbeddedError(f"The database in {directory} can't be used: {error}") from error


def release(directory: Path) -> None:
    """This process needs the server no more; if nobody else does, it is stopped. Idempotent."""
    with _lock:
        if directory not in _users:
            return
        if not directory.exists():
            # The server of a directory that was deleted ends by itself.
            _users.pop(directory).close()
            return
        with _exclusively(directory):
            _leave(directory)


def _join(directory: Path) -> None:
    owner = account_for(directory)
    sockets = socket_directory(directory)
    make_private(directory.resolve(), owner)
    if sockets != directory:
        make_private(sockets, owner)
    with _exclusively(directory):
        if directory not in _users:
            # Shared by every process that uses the server, kept until this one ends.
            _users[directory] = _open(directory / "users.lock")
            fcntl.flock(_users[directory], fcntl.LOCK_SH)
        try:
            embedded_server.initialise(directory)
            embedded_server.start(directory, sockets)
            _create_database(sockets)
        except BaseException:
            _leave(directory)
            raise


def _leave(directory: Path) -> None:
    _users.pop(directory).close()
    with _open(directory / "users.lock") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
    embedded_server.stop(directory)


@contextmanager
def _exclusively(directory: Path) -> Iterator[None]:
    """One process at a time starts or stops the server."""
    with _open(directory / "start.lock") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            # Closing is not enough: a child forked meanwhile has it open, too.
            fcntl.flock(file, fcntl.LOCK_UN)


def _open(lock: Path) -> IO[str]:
    # To read: root may have made it in a directory of somebody who can't write to it, and needn't.
    return os.fdopen(os.open(lock, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644))


def _create_database(sockets: Path) -> None:
    try:
        with psycopg.connect(
            host=str(sockets), port=PORT, user=USER, dbname=USER, autocommit=True
        ) as server:
            known = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if known.fetchone() is None:
                server.execute(f"CREATE DATABASE {DATABASE}")
    except psycopg.Error as error:
        raise EmbeddedError(f"The database {DATABASE} could not be made: {error}") from error


def _release_all() -> None:
    for directory in list(_users):
        release(directory)


def _forget_after_fork() -> None:
    global _lock
    # A new lock: another thread of the parent may have held the old one when it forked.
    _lock = threading.RLock()
    while _users:
        # Closed, not unlocked: the lock is the parent's. A child that uses the server takes its own.
        _users.popitem()[1].close()


os.register_at_fork(after_in_child=_forget_after_fork)
# Here, with the settings, and so before the loop thread registers its end: what is registered last runs first,
# and what still works in the background needs the server.
atexit.register(_release_all)
