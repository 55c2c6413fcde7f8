"""A console of its own in a process of its own, as a user would start it."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import psycopg

from dbcompat import embedded

ROOT = Path(__file__).parents[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(data: Path, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CONSOLE_", "DATABASE_"))}
    return {**kept, "CONSOLE_DATA_DIR": str(data), "PYTHONUNBUFFERED": "1", **more}


def manage(
    data: Path, *arguments: str, stdin: str | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run a management command to its end."""
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=environment(data, **more),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def query(data: Path, sql: str) -> Any:
    """The first row of an answer of the embedded database, past the console; None of what has no answer."""
    host = str(embedded.socket_directory(data / "postgresql"))
    with psycopg.connect(host=host, user="postgres", dbname="batch_console") as database:
        answer = database.execute(sql)
        return answer.fetchone() if answer.description else None


class Server:
    """`manage.py serve`, from its first line to the last. `link` signs in once.

    What goes to stderr is in `output`, too, unless there is a file for `errors`.
    """

    def __init__(
        self,
        data: Path,
        *arguments: str,
        port: int | None = None,
        errors: IO[str] | None = None,
        **more: str,
    ) -> None:
        self.data = data
        self.port = port or free_port()
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "serve", f"--port={self.port}", *arguments],
            env=environment(data, **more),
            stdout=subprocess.PIPE,
            stderr=errors or subprocess.STDOUT,
            text=True,
        )
        self.output = ""
        self.link = self._read_link()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _read_link(self) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            if found := re.search(r"http://\S+/sign-in/link/\S+", line):
                return found.group()
        raise AssertionError(f"The server did not start:\n{self.output}")

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def stop(self, with_signal: int = signal.SIGINT) -> str:
        """End it in good order; all it has printed."""
        self.process.send_signal(with_signal)
        rest, _ = self.process.communicate(timeout=30)
        self.output += rest
        return self.output
