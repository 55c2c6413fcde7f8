"""What a command loads before it does anything, and what wakes an engine that is not there yet."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from batches import engine

LOADS = """
import django
django.setup()
import adminapp.management.commands.batch, sys
print("sqlalchemy" in sys.modules, "batches.engine.reconciler" in sys.modules)
"""


def test_a_command_that_runs_nothing_loads_no_sqlalchemy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSOLE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "adminapp.settings")
    done = subprocess.run(
        [sys.executable, "-c", LOADS],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["False", "False"]


def test_an_engine_that_another_thread_is_loading_can_be_woken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = "batches.engine.reconciler"
    monkeypatch.setitem(sys.modules, name, ModuleType(name))
    engine.wake()
    monkeypatch.delitem(sys.modules, name)
    engine.wake()
