"""PostgreSQL servers of a test's own, on loopback, for what must not happen to the one that all tests share."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme
from django.db.utils import ConnectionHandler

from dbcompat import embedded_programs
from dbcompat.address import database_at
from dbcompat.url import parse
from tests.servers import free_port

USER = "postgres"
SETTINGS = {"POOLER": "auto", "APPLICATION_NAME": "console-test", "URL": None}


@dataclass
class Cluster:
    """Reached at 127.0.0.1 and `port` as `postgres`, with `password` if there is one."""

    folder: Path
    binaries: Path
    password: str = ""
    port: int = field(default_factory=free_port)

    def url(self, name: str = "postgres") -> str:
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{name}"

    def entry(self, name: str = "postgres", **changes: Any) -> dict[str, Any]:
        """Of DATABASES, complete, as Django's own connections have it."""
        entry = {**database_at(parse(self.url(name)), SETTINGS), **changes}
        return dict(ConnectionHandler({"default": entry}).settings["default"])

    def run(self, program: str, *arguments: str) -> None:
        # Into a file: the server would keep a pipe open.
        with (self.folder / "log").open("ab") as log:
            done = subprocess.run(
                [self.binaries / program, *arguments],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "LC_ALL": "C", "PGPASSWORD": self.password},
                check=False,
                **embedded_programs._as_account(self.folder),
            )
        assert done.returncode == 0, (self.folder / "log").read_text()[-2000:]

    def start(self) -> None:
        options = f"-p {self.port} -k '' -c listen_addresses=127.0.0.1"
        self.run("pg_ctl", "start", "-w", "-D", "data", "-o", options)

    def stop(self, mode: str = "fast") -> None:
        self.run("pg_ctl", "stop", "-w", "-m", mode, "-D", "data")

    def restart(self, mode: str = "fast") -> None:
        self.stop(mode)
        self.start()

    @contextmanager
    def standby(self, folder: Path) -> Iterator["Cluster"]:
        """A copy that follows and can only be read."""
        follower = Cluster(_owned(folder), self.binaries, self.password)
        follower.run("pg_basebackup", "-R", "-c", "fast", "--no-sync", "-D", "data",
                     "-d", self.url())  # fmt: skip
        with _running(follower):
            yield follower


@contextmanager
def cluster(
    folder: Path,
    *,
    tls: bool = False,
    system: bool = False,
    password: str = "",
    settings: Mapping[str, str] | None = None,
) -> Iterator[Cluster]:
    """With `tls` it takes nothing else, its certificate is for 127.0.0.1, signed by folder/ca.pem.

    `system` is for what the one in the wheel is built without: extensions and ICU.
    """
    made = Cluster(
        _owned(folder), _system_binaries() if tls or system else _embedded_binaries(), password
    )
    (folder / "password").write_text(password or "unused")
    given = {"fsync": "off", **(settings or {})}
    made.run("initdb", "--no-sync", f"--username={USER}", "--encoding=UTF8", "--locale=C",
             f"--auth={'scram-sha-256' if password else 'trust'}", "--pwfile=password",
             "-D", "data")  # fmt: skip
    if tls:
        given |= _certificate(folder)
        (folder / "data" / "pg_hba.conf").write_text("hostssl all all all scram-sha-256\n")
    with (folder / "data" / "postgresql.conf").open("a") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in given.items())
    with _running(made):
        yield made


@contextmanager
def _running(made: Cluster) -> Iterator[None]:
    made.start()
    try:
        yield
    finally:
        if (made.folder / "data" / "postmaster.pid").exists():
            made.stop("immediate")


def _certificate(folder: Path) -> dict[str, str]:
    authority = trustme.CA()
    signed = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    signed.private_key_pem.write_to_path(folder / "server.key")
    signed.cert_chain_pems[0].write_to_path(folder / "server.crt")
    owner = folder.stat()
    for name in ("server.key", "server.crt"):
        os.chown(folder / name, owner.st_uid, owner.st_gid)
        (folder / name).chmod(0o600)
    return {
        "ssl": "on",
        "ssl_cert_file": str(folder / "server.crt"),
        "ssl_key_file": str(folder / "server.key"),
    }


def _owned(folder: Path) -> Path:
    """By the account that the server runs under, with a way to it."""
    if os.geteuid() == 0:
        os.chown(folder, embedded_programs._account().pw_uid, embedded_programs._account().pw_gid)
        embedded_programs._let_pass(folder)
    return folder


def _embedded_binaries() -> Path:
    return embedded_programs._binaries()


def _system_binaries() -> Path:
    # The one in the wheel is built without TLS.
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        assert not os.environ.get("CI"), "PostgreSQL with TLS is not installed."
        pytest.skip("PostgreSQL with TLS is not installed: apt-get install postgresql")
    return found[-1].parent
