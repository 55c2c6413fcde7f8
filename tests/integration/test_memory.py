"""Memory does not grow with the size of a batch: ten times the items, the same process."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers import ROOT, environment

pytestmark = pytest.mark.slow


def peak(data: Path, items: int) -> int:
    """Megabytes that a process needs at most to take in and run a batch of so many items."""
    source = data / f"{items}.txt"
    source.write_text("".join(f"line {n}\n" for n in range(items)))
    command = ["batch", "run", "checksum", f"--input={source}"]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), *command],
        env=environment(data),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss // 1024


def test_ten_times_the_items_take_no_more_memory(
    prepare: Callable[[Path], Path], tmp_path: Path
) -> None:
    prepare(tmp_path)
    small, large = peak(tmp_path, 5_000), peak(tmp_path, 50_000)
    assert large < small + 16
