"""Every way to serve the console: background work in each worker, and an end that loses none of it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from tests import processes
from tests.integration.running import finished, started, until
from tests.processes import Site
from tests.servers import ROOT, free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

# From the signal to the last process: none of them may come near to the limit of its supervisor, 30 s.
PROMPT_SECONDS = 12.0
WSGI, ASGI = "adminapp.wsgi:application", "adminapp.asgi:application"
GUNICORN = ["-m", "gunicorn", "--no-control-socket", "--workers=2", "--bind=127.0.0.1:{port}"]

type Serve = Callable[..., Site]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    started: list[Site] = []

    def start(*command: str, **environment: str) -> Site:
        port = free_port()
        words = [word.format(port=port) for word in command]
        started.append(Site(tmp_path, port, *words, **environment))
        return started[-1]

    yield start
    for site in started:
        site.kill()


def names() -> set[str]:
    return set(Group.objects.values_list("name", flat=True))


def work_and_end_in_good_order(*sites: Site) -> None:
    """Two workers each. The sites share a database, so any of them may take the batch."""
    batch = started("checksum", 10)
    held = []
    for site in sites:
        backends = site.workers(2)
        # No two share a connection.
        assert len(set(backends.values())) == 2
    finished(batch)
    for site in sites:
        held.append(site.ask("hold/ends/0.7")["pid"])
        assert site.end() < PROMPT_SECONDS
    assert {f"ends {pid}" for pid in held} <= names()
    until(lambda: processes.connections() == [], "every connection to be closed", 5)
    for site in sites:
        assert "Traceback" not in site.output, site.output


@pytest.mark.parametrize("preload", [[], ["--preload"]], ids=["each", "preload"])
def test_gunicorn(serve: Serve, preload: list[str]) -> None:
    work_and_end_in_good_order(
        serve(*GUNICORN, "--worker-class=sync", *preload, WSGI),
        serve(*GUNICORN, "--worker-class=gthread", "--threads=4", *preload, WSGI),
    )


def test_gunicorns_asgi_worker(serve: Serve) -> None:
    work_and_end_in_good_order(serve(*GUNICORN, "-k", "asgi", ASGI))


def test_uvicorn_with_workers(serve: Serve) -> None:
    work_and_end_in_good_order(
        serve("-m", "uvicorn", "--workers=2", "--port={port}", "--log-level=warning", ASGI)
    )


def answers(url: str) -> bool:
    with suppress(OSError), urlopen(url, timeout=20):
        return True
    return False


@pytest.mark.parametrize(
    "command",
    [[*GUNICORN, WSGI], ["-m", "uvicorn", "--port={port}", "--log-level=warning", ASGI]],
    ids=["gunicorn", "uvicorn"],
)
def test_what_broke_a_page_is_in_the_log(serve: Serve, command: list[str]) -> None:
    site = serve(*command, DJANGO_SETTINGS_MODULE="adminapp.settings")
    until(lambda: answers(f"{site.url}/healthz"), "an answer")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE adminapp_signinlink RENAME TO away")
        try:
            with pytest.raises(HTTPError, match="500"):
                urlopen(f"{site.url}/sign-in/link/secret/", timeout=20)
        finally:
            cursor.execute("ALTER TABLE away RENAME TO adminapp_signinlink")
    assert "ERROR django.request: Internal Server Error: /sign-in/link/…/\nTraceback" in site.output


def test_what_does_not_end_in_time_is_undone(serve: Serve) -> None:
    site = serve("-m", "uvicorn", "--port={port}", "--log-level=warning", ASGI)
    site.workers(1)
    site.ask("hold/endless/3600")
    assert any(state == "idle in transaction" for _, state in processes.connections())
    assert site.end() < PROMPT_SECONDS
    assert not any(name.startswith("endless") for name in names())
    until(lambda: processes.connections() == [], "every connection to be closed", 5)
    assert "did not finish in time. They were cancelled: hold." in site.output


def test_runserver_reloads(serve: Serve, tmp_path: Path) -> None:
    module = tmp_path / "watched.py"
    module.write_text("")
    site = serve("manage.py", "runserver", "{port}", PROBE_MODULE="watched",
                 PYTHONPATH=os.pathsep.join([str(ROOT), str(tmp_path)]))  # fmt: skip
    (old,) = site.workers(1)
    site.ask("hold/reloaded/0.7")
    module.write_text("changed = True\n")
    until(lambda: old not in site.workers(1), "it to reload")
    assert f"reloaded {old}" in names()
    site.end(signal.SIGINT)
    site.kill()
    until(lambda: processes.connections() == [], "every connection to be closed", 5)


def test_the_module_for_wsgi_starts_nothing_before_a_request(tmp_path: Path) -> None:
    """With --preload it is imported in the parent, whose threads no worker would have."""
    program = """
import threading
from adminapp import wsgi
from dbcompat import loop
print(threading.active_count(), loop.health().alive)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=processes.surroundings(tmp_path),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "1 False\n", done.stderr
