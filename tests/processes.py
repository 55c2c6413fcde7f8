"""Programs of tests/programs, in processes of their own, on the database of the tests."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from django.db import connection

from tests.servers import ROOT

SETTINGS = "tests.programs.settings"


def surroundings(folder: Path, name: str = "console-probe", **more: str) -> dict[str, str]:
    """The environment of a process that uses this test's database under an application name of its own."""
    database = connection.settings_dict
    url = (
        f"postgresql://{database['USER']}@/{database['NAME']}"
        f"?host={quote(database['HOST'])}&port={database['PORT']}"
    )
    return {
        **os.environ,
        "CONSOLE_DATA_DIR": str(folder),
        "DATABASE_URL": url,
        "DATABASE_POOLER": "direct",
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "PROBE_NAME": name,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        # Ours say so, and Python itself warns of every fork of a process with threads.
        "PYTHONWARNINGS": "ignore:This process:DeprecationWarning",
        **more,
    }


def run(
    module: str, *arguments: str, environment: dict[str, str], timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """To its end."""
    return subprocess.run(
        [sys.executable, "-m", f"tests.programs.{module}", *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def connections(name: str = "console-probe") -> list[tuple[int, str]]:
    """Of the programs, as the server sees them: process id of the server, and state."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, state FROM pg_stat_activity WHERE application_name = %s", [name]
        )
        return list(cursor.fetchall())


class Site:
    """A server that is told to end with the test; `output` is all it has said."""

    def __init__(self, folder: Path, port: int, *command: str, **environment: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._log = folder / f"server-{port}.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command],
                env=surroundings(folder, **environment),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def output(self) -> str:
        return self._log.read_text()

    def ask(self, path: str) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/probe/{path}", timeout=20) as answer:
            found: dict[str, Any] = json.loads(answer.read())
            return found

    def workers(self, count: int, limit: float = 60.0) -> dict[int, int]:
        """Process id → that of its server connection, once so many processes have answered."""
        deadline = time.monotonic() + limit
        found: dict[int, int] = {}
        with ThreadPoolExecutor(2 * count) as threads:
            while len(found) < count:
                assert time.monotonic() < deadline, self.output
                for answer in threads.map(self._try, range(2 * count)):
                    found |= answer
        return found

    def _try(self, _: int) -> dict[int, int]:
        try:
            answer = self.ask("work")
        except OSError as error:
            # Not there yet; or 503, from a process that is ending.
            if getattr(error, "code", 503) != 503:
                raise AssertionError(self.output) from error
            time.sleep(0.1)
            return {}
        return {answer["pid"]: answer["backend"]}

    def end(self, number: int = signal.SIGTERM, limit: float = 30.0) -> float:
        """Seconds that it took."""
        begun = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(limit)
        return time.monotonic() - begun

    def kill(self) -> None:
        """Whatever of it still runs."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
