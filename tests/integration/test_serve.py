"""The server as a process: what it prints, what it answers, and what it leaves behind."""

import re
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import psutil
import pytest

from tests.integration.running import until
from tests.servers import Server, manage, query

pytestmark = pytest.mark.slow

STATE = "SELECT state FROM batches_batch"


@pytest.fixture
def nothing(tmp_path: Path) -> Iterator[Path]:
    """An empty data directory. Afterwards nothing may run that was started for it."""
    yield tmp_path
    try:
        until(lambda: not left_over(tmp_path), "every process to end", limit=10)
    finally:
        for process in left_over(tmp_path):
            process.kill()


@pytest.fixture
def data(prepare: Callable[[Path], Path], nothing: Path) -> Path:
    """Of a console that has been started before."""
    return prepare(nothing)


@pytest.fixture(scope="module")
def server(
    prepare: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """For what people do with a console that merely runs."""
    running = Server(prepare(tmp_path_factory.mktemp("serve")))
    yield running
    running.stop()


def left_over(data: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = " ".join(process.info["cmdline"] or [])
        if str(data) in words and " pytest" not in words and "-m pytest" not in words:
            found.append(process)
    return found


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_from_nothing_it_serves_and_ends_in_good_order(nothing: Path, ending: int) -> None:
    server = Server(nothing)
    assert left_over(nothing)
    until(lambda: "ready" in get(f"{server.url}/readyz"), "readiness")
    assert "Welcome" in get(server.link)
    output = server.stop(ending)
    assert output.rstrip().endswith("Stopped.")
    assert "Traceback" not in output
    assert "set CONSOLE_CONTACT_URL" in output
    assert server.process.returncode == 0


def test_a_port_that_is_taken_is_said_at_once(nothing: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = manage(nothing, "serve", f"--port={port}")
    assert refused.returncode == 1
    assert f"Can't listen on 127.0.0.1 port {port}" in refused.stderr
    assert not (nothing / "postgresql").exists()


def test_two_share_a_database_and_the_last_one_stops_it(data: Path) -> None:
    first, second = Server(data), Server(data)
    first.stop()
    assert "ready" in get(f"{second.url}/readyz")
    # A process that is killed is not waited for by anybody.
    third = Server(data)
    third.kill()
    second.stop()


def test_sample_sites_are_for_consoles_without_batches_of_their_own(data: Path) -> None:
    first = Server(data, "--demo")
    output = first.stop()
    assert "200 sample sites are up on loopback." in output
    assert "CONSOLE_CONTACT_URL" not in output
    manage(data, "batch", "create", "checksum", "--input=-", stdin="mine\n")
    second = Server(data, "--demo", CONSOLE_CONTACT_URL="https://example.com/who")
    output = second.stop()
    assert "No sample sites: this console has batches of its own." in output
    assert "CONSOLE_CONTACT_URL" not in output


def test_work_goes_on_where_it_was_after_an_orderly_end(data: Path) -> None:
    server = Server(data)
    lines = "".join(f"line {n}\n" for n in range(400))
    made = manage(
        data, "batch", "create", "checksum", "--input=-", "--param=delay_ms=400", stdin=lines
    )
    until(lambda: query(data, STATE) == ("running",), "the batch to run")
    server.stop()
    again = Server(data)
    until(lambda: query(data, STATE) == ("completed",), "the batch to end")
    assert query(data, "SELECT sum(succeeded) FROM batches_chunk") == (400,)
    assert manage(data, "batch", "verify", made.stdout.split()[-1]).returncode == 0
    again.stop()


def test_what_broke_a_page_is_told_on_stderr_and_opens_nothing(data: Path) -> None:
    with (data / "errors").open("w") as errors:
        server = Server(data, errors=errors)
    query(data, "ALTER TABLE adminapp_signinlink RENAME TO away")
    with pytest.raises(urllib.error.HTTPError, match="500") as broken:
        get(server.link)
    assert "what went wrong is in the server’s log" in broken.value.read().decode()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(f"{server.url}/nowhere")
    server.stop()
    told = (data / "errors").read_text()
    assert "ERROR django.request: Internal Server Error: /sign-in/link/…/\n" in told
    assert told.count("Traceback") == 2, told  # Django's own error has the driver's as its cause.
    assert 'psycopg.errors.UndefinedTable: relation "adminapp_signinlink" does not exist' in told
    assert server.link.split("/")[-2] not in told
    assert "nowhere" not in told


def test_a_token_is_alone_on_the_last_line_and_opens_the_api(server: Server) -> None:
    token = manage(server.data, "createtoken", "ada", "--role=viewer").stdout.splitlines()[-1]
    request = urllib.request.Request(
        f"{server.url}/api/v1/batches", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


def test_the_link_signs_in_once(server: Server) -> None:
    person = build_opener(HTTPCookieProcessor(CookieJar()))
    page = person.open(server.link).read().decode()
    (token,) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    body = urlencode({"csrfmiddlewaretoken": token}).encode()
    with person.open(server.link, body) as answer:
        assert answer.status == 200
        assert "/sign-in/" not in answer.url
    with pytest.raises(urllib.error.HTTPError, match="403"):
        build_opener().open(server.link)
