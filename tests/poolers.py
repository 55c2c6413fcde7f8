"""A real PgBouncer in front of the embedded PostgreSQL, in transaction mode."""

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.servers import free_port

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")


@contextmanager
def pgbouncer(folder: Path, database: dict[str, Any], **settings: object) -> Iterator[int]:
    """The port on loopback behind which `database`, an entry of DATABASES, is pooled."""
    if PGBOUNCER is None:
        assert not os.environ.get("CI"), "PgBouncer is not installed."
        pytest.skip("PgBouncer is not installed: apt-get install pgbouncer")
    port = free_port()
    options = {
        "pool_mode": "transaction",
        "default_pool_size": 2,
        "max_client_conn": 200,
        **settings,
    }
    lines = [
        "[databases]",
        f"* = host={database['HOST']} user={database['USER']}",
        "[pgbouncer]",
        "listen_addr = 127.0.0.1",
        f"listen_port = {port}",
        "unix_socket_dir =",
        "auth_type = any",
        f"logfile = {folder}/pgbouncer.log",
        *(f"{name} = {value}" for name, value in options.items()),
    ]
    (folder / "pgbouncer.ini").write_text("\n".join(lines) + "\n")
    # It refuses to run as root, and must get at the socket of the server.
    account: dict[str, Any] = {}
    if os.getuid() == 0:
        account = {"user": "pgserver", "group": pwd.getpwnam("pgserver").pw_gid}
    for path in (folder, *folder.parents):
        if os.getuid() == 0 and path.owner() == "root" and str(path).startswith("/tmp/"):
            path.chmod(0o777)
    process = subprocess.Popen(
        [PGBOUNCER, "-q", str(folder / "pgbouncer.ini")], stderr=subprocess.DEVNULL, **account
    )
    try:
        _wait(port, database)
        yield port
    finally:
        process.kill()
        process.wait()


def _wait(port: int, database: dict[str, Any]) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            psycopg.connect(
                host="127.0.0.1", port=port, user=database["USER"], dbname=database["NAME"]
            ).close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, "PgBouncer did not start."
            time.sleep(0.05)
        else:
            return
