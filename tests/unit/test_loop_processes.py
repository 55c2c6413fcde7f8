"""Processes that are told to end, or just end, while there is work in the background."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.servers import ROOT, environment

PROGRAM = """
import asyncio, sys, time
from dbcompat import loop, loop_thread
{before}
async def work():
    print("begun", flush=True)
    await asyncio.sleep({seconds})
    print("finished", flush=True)
loop.submit(work)
{after}
"""


def program(folder: Path, seconds: float, after: str, before: str = "") -> subprocess.Popen[str]:
    text = PROGRAM.format(seconds=seconds, before=before, after=after)
    process = subprocess.Popen(
        [sys.executable, "-c", text],
        cwd=ROOT,
        env=environment(folder, DJANGO_SETTINGS_MODULE="adminapp.settings"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


def rest(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What else it says, to its end. communicate() would miss what was read ahead with the first line."""
    assert process.stdout is not None
    assert process.stderr is not None
    late = threading.Timer(30, process.kill)
    late.start()
    with process:
        found = process.stdout.read(), process.stderr.read()
    late.cancel()
    return found


@pytest.mark.parametrize(
    ("before", "status", "said"),
    [
        ("", -signal.SIGTERM, ""),
        ("loop.end_on_signals()", 128 + signal.SIGTERM, "finished\n"),
    ],
    ids=["raw", "ours"],
)
def test_a_process_that_is_terminated_finishes_its_work(
    tmp_path: Path, before: str, status: int, said: str
) -> None:
    waiting = 'try: time.sleep(60)\nfinally: print("ending", flush=True)'
    process = program(tmp_path, 1.0, waiting, before)
    time.sleep(0.3)
    process.terminate()
    assert process.stdout is not None
    process.stdout.readline()
    # What a supervisor tells the whole group comes again from the parent: one request, not two.
    process.terminate()
    output, errors = rest(process)
    assert (process.returncode, output) == (status, said), errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("after", ["time.sleep(60)", ""], ids=["signals", "exit"])
def test_whoever_asks_twice_does_not_wait(tmp_path: Path, after: str) -> None:
    process = program(tmp_path, 60, after, "loop.end_on_signals()" if after else "")
    time.sleep(0.3)
    process.send_signal(signal.SIGINT if after else 0)
    # Not to wait for something, but so long that it is no echo.
    time.sleep(1.5)
    assert process.poll() is None
    begun = time.monotonic()
    process.terminate()
    _, errors = rest(process)
    assert time.monotonic() - begun < 3
    assert process.returncode == 128 + signal.SIGTERM
    assert "Traceback" not in errors


def test_an_interrupted_stop_is_not_taken_up_again_at_exit(tmp_path: Path) -> None:
    """Ctrl-C while a command's own loop.stop() waits: Python's handler raises in it."""
    process = program(tmp_path, 60, "loop.stop(30)")
    time.sleep(0.5)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    rest(process)
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize(
    ("before", "kind"),
    [
        ("", "uvloop"),
        ("settings.DBCOMPAT['UVLOOP'] = False", "asyncio"),
        ("sys.modules['uvloop'] = None", "asyncio"),
    ],
    ids=["default", "off", "missing"],
)
def test_it_runs_on_uvloop_where_it_can(tmp_path: Path, before: str, kind: str) -> None:
    show = "async def kind(): return type(asyncio.get_running_loop()).__module__"
    process = program(
        tmp_path,
        0,
        f"{show}\nprint(loop.run(kind, timeout=5))",
        f"from django.conf import settings\n{before}",
    )
    output, errors = rest(process)
    assert f"\n{kind}" in f"\n{output.replace('finished', '')}", errors
    assert process.returncode == 0
