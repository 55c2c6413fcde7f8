"""Processes that are made by others than us, and leave without what Python does at exit."""

import signal
from pathlib import Path

import pytest
from django.contrib.auth.models import Group

from tests import processes
from tests.integration.running import until
from tests.processes import Site

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def names() -> set[str]:
    return set(Group.objects.values_list("name", flat=True))


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_children_of_multiprocessing_finish_their_work(tmp_path: Path, method: str) -> None:
    done = processes.run("children", method, environment=processes.surroundings(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    for line in done.stdout.splitlines():
        ending, pid, status = line.split()
        assert int(status) == (128 + signal.SIGTERM if ending == "terminate" else 0)
        assert f"{ending} {pid}" in names()
    until(lambda: processes.connections() == [], "every connection to be closed", 5)


def worker(folder: Path, **environment: str) -> Site:
    """One that gives itself a task. Its broker is `folder`."""
    folder.mkdir()
    return Site(folder, 0, "-m", "celery", "-A", "tests.programs.celery_app", "worker", "--pool=prefork",
                "--concurrency=1", "--loglevel=warning", "--without-gossip", "--without-mingle",
                "--without-heartbeat", PROBE_BROKER=str(folder), **environment)  # fmt: skip


def test_workers_of_celery_end_in_good_order(tmp_path: Path) -> None:
    """They leave by os._exit, past what Python does at exit: first without our word in it, then with it."""
    raw, ours = tmp_path / "raw", tmp_path / "ours"
    with worker(raw, PROBE_UNWIRED="1") as unwired, worker(ours) as wired:
        for folder in (raw, ours):
            until(lambda: list(folder.glob("begun-*")), "the task to begin", 60)  # noqa: B023 -- called at once
        for site in (unwired, wired):
            site.process.send_signal(signal.SIGTERM)
        for site in (unwired, wired):
            assert site.process.wait(20) == 0
            assert "Traceback" not in site.output
    assert not (raw / "cleaned-up").exists()
    assert (ours / "cleaned-up").exists()
    (mark,) = ours.glob("begun-*")
    # The loop began with the process, before any task.
    assert f"early {mark.name.removeprefix('begun-')}" in names()
    until(lambda: processes.connections() == [], "every connection to be closed", 5)
