"""A real PgBouncer in front of a real PostgreSQL, in transaction mode unless a test asks for another."""

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

from dbcompat.embedded_programs import ACCOUNT
from tests.servers import ROOT, free_port

# Debian's, which can't track prepared statements: the strict one.
PGBOUNCER = Path(shutil.which("pgbouncer") or "/usr/sbin/pgbouncer")
# Built by scripts/system-packages; it can.
NEWER = ROOT / ".tools" / "pgbouncer-1.24.1" / "pgbouncer"
SECONDS = 10


class Pooler:
    """Listens at 127.0.0.1 and `port`; `entry` is of DATABASES and leads through it."""

    def __init__(
        self, folder: Path, database: dict[str, Any], program: Path, settings: dict[str, object]
    ) -> None:
        self.folder, self.database, self.program, self.settings = (
            folder,
            database,
            program,
            settings,
        )
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def entry(self) -> dict[str, Any]:
        engine = "django.db.backends.postgresql"
        return {**self.database, "HOST": "127.0.0.1", "PORT": str(self.port), "ENGINE": engine}

    def start(self) -> None:
        """At the port it had, so that a restart is one for its clients."""
        for _ in range(5):
            # Between being found free and being taken, a port may be given to somebody else.
            self.port = self.port or free_port()
            self._launch()
            if self._answers():
                return
            self.kill()
            self.port = 0
        raise AssertionError((self.folder / "pgbouncer.log").read_text()[-2000:])

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restart(self) -> None:
        self.kill()
        self.start()

    def _launch(self) -> None:
        file = self.folder / "pgbouncer.ini"
        file.write_text("\n".join(self._lines()) + "\n")
        # It refuses to run as root, and must get at the socket of the server.
        account: dict[str, Any] = {}
        if os.getuid() == 0:
            account = {"user": ACCOUNT, "group": pwd.getpwnam(ACCOUNT).pw_gid, "extra_groups": []}
        command = [str(self.program), "-q", str(file)]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL, **account)

    def _lines(self) -> list[str]:
        to = {"host": self.database["HOST"], "port": self.database["PORT"]}
        # auth_type any knows no password of its own.
        to |= {"user": self.database["USER"], "password": self.database["PASSWORD"]}
        given = " ".join(f"{name}={value}" for name, value in to.items() if value)
        options = {
            "pool_mode": "transaction",
            "default_pool_size": 2,
            "max_client_conn": 300,
            "listen_addr": "127.0.0.1",
            "listen_port": self.port,
            "unix_socket_dir": "",
            "auth_type": "any",
            # One that has just been restarted should find its server at once.
            "server_login_retry": 1,
            "logfile": self.folder / "pgbouncer.log",
            **self.settings,
        }
        lines = [f"{name} = {value}" for name, value in options.items()]
        return ["[databases]", f"* = {given}", "[pgbouncer]", *lines]

    def _answers(self) -> bool:
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                return False
            try:
                psycopg.connect(host="127.0.0.1", port=self.port, user=self.database["USER"],
                                dbname="pgbouncer").close()  # fmt: skip
            except psycopg.OperationalError as error:
                # It listens, and has its own opinion of who may ask.
                if "refused" not in str(error):
                    return True
                time.sleep(0.05)
            else:
                return True
        return False


@contextmanager
def pgbouncer(
    folder: Path, database: dict[str, Any], program: Path = PGBOUNCER, **settings: object
) -> Iterator[Pooler]:
    """`database`, an entry of DATABASES, behind a pooler of its own; `settings` are PgBouncer's."""
    if not program.exists():
        assert not os.environ.get("CI"), f"{program} is not installed."
        pytest.skip(f"{program} is not installed: run scripts/system-packages")
    for path in (folder, *folder.parents):
        if os.getuid() == 0 and path.owner() == "root" and str(path).startswith("/tmp/"):
            path.chmod(0o777)
    pooler = Pooler(folder, database, program, settings)
    try:
        pooler.start()
        yield pooler
    finally:
        pooler.kill()
