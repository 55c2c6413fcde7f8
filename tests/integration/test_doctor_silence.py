"""Why nobody answers: no such name, nothing there, something else there, a server that comes or goes."""

import asyncio
import socket
import struct
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dbcompat import embedded_programs, loop
from dbcompat.doctor import cancellation, reachability
from dbcompat.doctor.patient import Patient
from dbcompat.doctor.report import Finding
from tests.clusters import Cluster, cluster
from tests.integration.examining import reached, resolving
from tests.integration.running import until
from tests.poolers import pgbouncer
from tests.servers import free_port
from tests.supavisor import CANCEL_REQUEST


@pytest.mark.parametrize(
    ("number", "cause"),
    [(socket.EAI_NONAME, "its host is not known"), (socket.EAI_AGAIN, "no name server says")],
)
def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch, number: int, cause: str) -> None:
    url = "postgresql://u:p@db.example.invalid/x"
    found = resolving(monkeypatch, url, socket.gaierror(number, "from the resolver"))
    assert cause in found.proved
    assert "the host in DATABASE_URL" in found.advice


@pytest.mark.parametrize("host", ["db..example.invalid", f"{'a' * 70}.invalid"])
def test_a_name_that_can_be_none(host: str) -> None:
    found = reached(f"postgresql://u:p@{host}/x?sslmode=disable")
    assert "the name of its host is not known" in found.proved


def test_nothing_listens() -> None:
    found = reached(f"postgresql://u:p@127.0.0.1:{free_port()}/x")
    assert "nothing listens there" in found.proved
    assert "host and port in DATABASE_URL" in found.advice
    found = reached("postgresql://u:p@/x?host=/nowhere")
    assert "no socket in that directory" in found.proved


@contextmanager
def listening(answer: bytes) -> Iterator[int]:
    """Something that is not PostgreSQL."""

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                with client:
                    client.recv(100)
                    client.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_something_else_listens() -> None:
    with listening(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        found = reached(f"postgresql://u:p@127.0.0.1:{port}/x")
    assert "what listens there is not PostgreSQL" in found.proved


def test_a_server_that_starts_ends_and_is_gone(
    short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the pooler before it, which lets clients in all the same."""
    monkeypatch.setattr(reachability, "ANSWER_SECONDS", 1.0)
    for name in ("primary", "follower", "pooler"):
        (short_path / name).mkdir()
    with cluster(short_path / "primary") as own:
        with own.standby(short_path / "follower") as follower:
            follower.stop()
            with (follower.folder / "data" / "postgresql.conf").open("a") as file:
                file.write("hot_standby = off\n")
            follower.run("pg_ctl", "start", "-W", "-D", "data", "-o",
                         f"-p {follower.port} -k '' -c listen_addresses=127.0.0.1")  # fmt: skip
            until(lambda: "takes no connections" in reached(follower.url()).proved, "a standby")
        with pgbouncer(short_path / "pooler", own.entry()) as pooler:
            assert reached(pooler.entry).verdict == "ok"
            with psycopg.connect(own.url()):
                # Waits for that client, and takes no more.
                stop(own)
                until(lambda: "shutting down" in reached(own.url()).proved, "it ends")
                own.stop()
            assert "nothing listens" in reached(own.url()).proved
            began = time.monotonic()
            found = reached(pooler.entry)
            # Long before the driver's own limit for a statement.
            assert time.monotonic() - began < 20
            assert "lets us in and then answers no query" in found.proved
            assert "start the database behind it" in found.advice


def stop(own: Cluster) -> None:
    subprocess.run(
        [own.binaries / "pg_ctl", "stop", "-m", "smart", "--no-wait", "-D", "data"],
        cwd=own.folder,
        stdout=subprocess.DEVNULL,
        check=True,
        **embedded_programs._as_account(own.folder),
    )


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while some := await reader.read(65536):
            writer.write(some)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def without_cancelling(own: Cluster) -> AsyncIterator[int]:
    """A way to the server on which cancel requests get lost, as behind many a load balancer."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readexactly(8)
        if struct.unpack("!ii", head)[1] == CANCEL_REQUEST:
            writer.close()
            return
        inner, outer = await asyncio.open_connection("127.0.0.1", own.port)
        outer.write(head)
        async with asyncio.TaskGroup() as group:
            group.create_task(carry(reader, outer))
            group.create_task(carry(inner, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


def test_a_cancel_request_that_gets_lost(short_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cancellation, "QUERY_SECONDS", 2.0)

    async def examine(own: Cluster) -> list[Finding]:
        async with without_cancelling(own) as port:
            # Or each request would begin with another, for encryption.
            plainly: dict[str, Any] = {"PORT": str(port), "OPTIONS": {"sslmode": "disable"}}
            lost, found = Patient(own.entry(**plainly)), Patient(own.entry())
            survey = await found.survey()
            return [
                *await cancellation.cancelling(lost, survey),
                *await cancellation.cancelling(found, survey),
            ]

    with cluster(short_path) as own:
        lost, found = loop.run(examine, own, timeout=30)
    assert (lost.verdict, found.verdict) == ("warning", "ok")
    assert "ran on at the server, for all of its 2 s" in lost.proved
    assert "Let cancel requests through" in lost.advice
