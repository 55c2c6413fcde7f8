"""Why a database can't be reached: each cause made for real, told apart, with what to do."""

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from tests.clusters import Cluster, cluster
from tests.integration.examining import reached, resolving
from tests.integration.running import until

PASSWORD = "sesame-open"
SETTINGS = {"max_connections": "12", "superuser_reserved_connections": "2"}
PEOPLE = """
CREATE ROLE guest LOGIN PASSWORD 'sesame-open';
CREATE ROLE locked NOLOGIN PASSWORD 'sesame-open';
CREATE ROLE limited LOGIN PASSWORD 'sesame-open' CONNECTION LIMIT 0;
CREATE DATABASE closed ALLOW_CONNECTIONS false;
CREATE DATABASE hidden;
REVOKE CONNECT ON DATABASE hidden FROM public;
CREATE DATABASE crowded CONNECTION LIMIT 0;
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="console-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name).resolve()


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Cluster]:
    (folder / "plain").mkdir()
    with cluster(folder / "plain", password=PASSWORD, settings=SETTINGS) as own:
        with psycopg.connect(own.url(), autocommit=True) as client:
            for statement in PEOPLE.strip().split(";\n"):
                client.execute(statement)
        yield own


@pytest.fixture(scope="module")
def secure(folder: Path) -> Iterator[Cluster]:
    (folder / "tls").mkdir()
    with cluster(folder / "tls", tls=True, password=PASSWORD) as own:
        yield own


def url(own: Cluster, user: str = f"postgres:{PASSWORD}", rest: str = "postgres") -> str:
    return f"postgresql://{user}@127.0.0.1:{own.port}/{rest}"


def test_a_database_that_answers(server: Cluster) -> None:
    found = reached(url(server))
    assert (found.verdict, found.advice) == ("ok", "")
    assert "a round trip takes" in found.proved


@pytest.mark.parametrize(
    ("user", "rest", "cause", "advice"),
    [
        ("postgres:wrong-open", "postgres", "user name or password are wrong", "percent-encoded"),
        ("postgres", "postgres", "user name or password are wrong", "Check both in DATABASE_URL"),
        (f"who:{PASSWORD}", "postgres", "user name or password are wrong", "Check both"),
        (f"postgres:{PASSWORD}", "nowhere", 'database "nowhere" does not exist', "or create it"),
        (f"postgres:{PASSWORD}", "closed", "not currently accepting", "ALLOW_CONNECTIONS true"),
        (f"guest:{PASSWORD}", "hidden", "may not connect to that database", "GRANT CONNECT"),
        (f"guest:{PASSWORD}", "crowded", "the database has as many connections", "ALTER DATABASE"),
        (f"limited:{PASSWORD}", "postgres", "the role has as many connections", "ALTER ROLE"),
        (f"locked:{PASSWORD}", "postgres", "not permitted to log in", "ALTER ROLE … LOGIN"),
        (f"guest:{PASSWORD}", "postgres?sslmode=require", "offers no encryption", "Turn TLS on"),
        (f"guest:{PASSWORD}", "postgres?options=-c%20nonsense%3D1", "startup parameter", "Remove options"),
        (f"guest:{PASSWORD}", "postgres?target_session_attrs=standby", "target_session_attrs", "primary"),
        (f"guest:{PASSWORD}", "postgres?sslmode=verify-full&sslrootcert=/nowhere/ca.pem",
         "there is no sslrootcert at /nowhere/ca.pem", "Correct sslrootcert"),
    ],
)  # fmt: skip
def test_it_answers_and_refuses(
    server: Cluster, user: str, rest: str, cause: str, advice: str
) -> None:
    found = reached(url(server, user, rest))
    assert found.verdict == "wrong"
    assert cause in found.proved
    assert advice in found.advice
    assert PASSWORD not in repr(found)
    assert "wrong-open" not in repr(found)


def test_all_connections_are_taken(server: Cluster) -> None:
    held = []
    try:
        with suppress(psycopg.OperationalError):
            while True:
                held.append(psycopg.connect(url(server, f"guest:{PASSWORD}")))
        found = reached(url(server, f"guest:{PASSWORD}"))
    finally:
        for client in held:
            client.close()
    assert "all its connections are taken" in found.proved
    assert "max_connections" in found.advice


@contextmanager
def let_in(own: Cluster, *lines: str) -> Iterator[None]:
    """The server's own lines are those of `pg_hba.conf` again afterwards."""
    file = own.folder / "data" / "pg_hba.conf"
    before = file.read_text()

    def put(text: str) -> None:
        file.write_text(text)
        own.run("pg_ctl", "reload", "-D", "data")

    with psycopg.connect(url(own, rest="postgres?sslmode=prefer"), autocommit=True) as client:
        loaded = "SELECT pg_conf_load_time()"
        since = client.execute(loaded).fetchone()
        put("\n".join(lines) + "\n")
        until(lambda: client.execute(loaded).fetchone() != since, "the lines are read")
        since = client.execute(loaded).fetchone()
        try:
            yield
        finally:
            put(before)
            until(lambda: client.execute(loaded).fetchone() != since, "the lines are read again")


@pytest.mark.parametrize(
    "line", ["host all postgres all scram-sha-256", "host all guest all reject"]
)
def test_nobody_may_come_in_from_here(server: Cluster, line: str) -> None:
    """Its words are those of a server that wants encryption, too: "no entry for …, no encryption"."""
    with let_in(server, line):
        found = reached(url(server, f"guest:{PASSWORD}"))
    assert "lets this user not in from here (pg_hba.conf)" in found.proved
    assert "pg_hba.conf" in found.advice


def test_nor_with_encryption(secure: Cluster) -> None:
    with let_in(secure, "hostssl all guest all scram-sha-256"):
        found = reached(url(secure, rest="postgres?sslmode=disable"))
    assert "lets this user not in from here (pg_hba.conf)" in found.proved


@pytest.mark.parametrize("password", [PASSWORD, "wrong-open"])
def test_encryption_is_wanted(secure: Cluster, password: str) -> None:
    """Said first, whatever else may be wrong."""
    found = reached(url(secure, f"postgres:{password}", "postgres?sslmode=disable"))
    assert "takes encrypted connections only" in found.proved
    assert "sslmode=require to DATABASE_URL" in found.advice


@pytest.mark.parametrize(
    ("options", "cause", "advice"),
    [
        ("sslmode=verify-full&sslrootcert=system", "certificate is not trusted", "sslrootcert=/path"),
        ("sslmode=verify-full&sslrootcert={folder}/password", "encryption can't be set up", "sslrootcert"),
    ],
)  # fmt: skip
def test_its_certificate(secure: Cluster, options: str, cause: str, advice: str) -> None:
    rest = f"postgres?{options.format(folder=secure.folder)}"
    found = reached(url(secure, rest=rest))
    assert cause in found.proved
    assert advice in found.advice
    assert "DATABASE_URL" in found.advice


def test_a_certificate_for_another_name(secure: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    here = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", secure.port))
    options = f"sslmode=verify-full&sslrootcert={secure.folder}/ca.pem"
    place = f"db.example.invalid:{secure.port}/postgres"
    url = f"postgresql://postgres:{PASSWORD}@{place}?{options}"
    found = resolving(monkeypatch, url, [here])
    assert "its certificate is for another name" in found.proved
    assert "the name that the certificate is for" in found.advice
