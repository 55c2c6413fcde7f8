"""Programs of tests/programs, in processes of their own, on the database of the tests."""

import os
import subprocess
import sys
from pathlib import Path
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
