"""A stand-in for Supavisor in transaction mode, at the level of the protocol.

Supavisor itself is an Elixir release with a database of its own tenants, and can't be started here. Written
from its source at 2.9.7 and its documentation: it takes any startup parameter, its server
connections call themselves "Supavisor", a server connection changes hands after each transaction, cancel requests
are passed on, and of named statements it knows nothing: PostgreSQL refuses those it has not seen. What it does
not imitate: tenants, authentication, TLS, the flag for named statements.
"""

import asyncio
import secrets
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tests.servers import free_port

SSL_REQUEST, CANCEL_REQUEST, PROTOCOL = 80877103, 80877102, 196608
# Each is answered by a ReadyForQuery.
ASKING = (b"Q", b"S", b"F")

GONE = (OSError, asyncio.IncompleteReadError, asyncio.CancelledError, ExceptionGroup)


@dataclass(eq=False)
class Server:
    """A connection to PostgreSQL, `key` is what cancels its query."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    key: bytes = b""
    waiting: int = 0  # Answers that are still to come.

    def forward(self, sent: bytes) -> None:
        if sent[:1] == b"X":
            raise ConnectionResetError
        self.waiting += sent[:1] in ASKING
        self.writer.write(sent)


@dataclass(eq=False)
class StandIn:
    """Listens at 127.0.0.1 and `port`; `entry` is of DATABASES and leads through it."""

    database: dict[str, Any]
    size: int
    port: int = field(default_factory=free_port)
    made: int = 0
    statuses: list[bytes] = field(default_factory=list)
    idle: "asyncio.Queue[Server]" = field(default_factory=asyncio.Queue)
    at_work: dict[bytes, Server] = field(default_factory=dict)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    @property
    def entry(self) -> dict[str, Any]:
        engine = "django.db.backends.postgresql"
        user = f"{self.database['USER']}.tenant"
        place = {"HOST": "127.0.0.1", "PORT": str(self.port), "USER": user, "ENGINE": engine}
        return {**self.database, **place}

    async def serve(self, ready: threading.Event, ended: asyncio.Event) -> None:
        async with await asyncio.start_server(self._client, "127.0.0.1", self.port):
            ready.set()
            await ended.wait()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            for writer in self.writers:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        key = secrets.token_bytes(8)
        with suppress(*GONE):
            try:
                if await self._startup(reader, writer):
                    await self._welcome(writer, key)
                    await self._relay(reader, writer, key)
            finally:
                if (server := self.at_work.pop(key, None)) is not None:
                    # Left in the middle of something: whoever waits for it gets a new one.
                    server.writer.close()
                    self.idle.put_nowait(await self._connect())
                writer.close()

    async def _startup(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether a client begins; what parameters it sends is dropped unread."""
        while True:
            (length,) = struct.unpack("!i", await reader.readexactly(4))
            body = await reader.readexactly(length - 4)
            (code,) = struct.unpack("!i", body[:4])
            if code == SSL_REQUEST:
                writer.write(b"N")
            elif code == CANCEL_REQUEST:
                if (server := self.at_work.get(body[4:])) is not None:
                    await self._cancel(server)
                return False
            else:
                return True

    async def _welcome(self, writer: asyncio.StreamWriter, key: bytes) -> None:
        if not self.statuses:
            # Kept: to be let in, a client needs no server.
            self.idle.put_nowait(await self._take())
        writer.write(message(b"R", struct.pack("!i", 0)) + b"".join(self.statuses))
        writer.write(message(b"K", key) + message(b"Z", b"I"))

    async def _relay(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: bytes
    ) -> None:
        """One transaction after the other, each on the server that has been idle for longest."""
        inbox: asyncio.Queue[bytes] = asyncio.Queue()
        async with asyncio.TaskGroup() as group:
            pump = group.create_task(_pump(reader, inbox))
            while (first := await inbox.get())[:1] != b"X":
                server = self.at_work[key] = await self._take()
                await _transaction(first, inbox, writer, server)
                self.idle.put_nowait(self.at_work.pop(key))
            pump.cancel()

    async def _take(self) -> Server:
        if self.made < self.size and self.idle.empty():
            self.made += 1
            return await self._connect()
        while (server := await self.idle.get()).reader.at_eof():
            self.made -= 1
            if self.idle.empty():
                return await self._take()
        return server

    async def _connect(self) -> Server:
        reader, writer = await self._open()
        given = {"user": self.database["USER"], "database": self.database["NAME"],
                 "application_name": "Supavisor", "client_encoding": "UTF8"}  # fmt: skip
        texts = b"".join(f"{name}\0{value}\0".encode() for name, value in given.items())
        writer.write(message(b"", struct.pack("!i", PROTOCOL) + texts + b"\0"))
        server = Server(reader, writer)
        self.writers.append(writer)
        while (got := await read(reader))[:1] != b"Z":
            assert got[:1] != b"E", got
            if got[:1] == b"S":
                self.statuses.append(got)
            elif got[:1] == b"K":
                server.key = got[5:]
        return server

    async def _cancel(self, server: Server) -> None:
        _, writer = await self._open()
        writer.write(message(b"", struct.pack("!i", CANCEL_REQUEST) + server.key))
        await writer.drain()
        writer.close()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port = self.database["HOST"], self.database["PORT"] or 5432
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, port)


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


async def read(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(5)
    (length,) = struct.unpack("!i", head[1:])
    return head + await reader.readexactly(length - 4)


async def _pump(reader: asyncio.StreamReader, inbox: "asyncio.Queue[bytes]") -> None:
    """Whole messages of a client. One that has gone has said goodbye."""
    with suppress(OSError, asyncio.IncompleteReadError):
        while True:
            inbox.put_nowait(await read(reader))
    inbox.put_nowait(b"X")


async def _transaction(
    first: bytes, inbox: "asyncio.Queue[bytes]", writer: asyncio.StreamWriter, server: Server
) -> None:
    """Both ways, until the server is idle and has answered everything."""
    server.forward(first)
    async with asyncio.TaskGroup() as group:
        upstream = group.create_task(_upstream(inbox, server))
        while True:
            got = await read(server.reader)
            writer.write(got)
            if got[:1] == b"Z":
                server.waiting -= 1
                if not server.waiting and got[5:] == b"I":
                    break
            await writer.drain()
        upstream.cancel()


async def _upstream(inbox: "asyncio.Queue[bytes]", server: Server) -> None:
    while True:
        server.forward(await inbox.get())
        await server.writer.drain()


@contextmanager
def supavisor(database: dict[str, Any], size: int = 2) -> Iterator[StandIn]:
    """`database`, an entry of DATABASES that needs no password, behind the stand-in."""
    ready, ended, standing = threading.Event(), asyncio.Event(), StandIn(database, size)
    running = asyncio.new_event_loop()
    thread = threading.Thread(
        target=running.run_until_complete, args=[standing.serve(ready, ended)], daemon=True
    )
    thread.start()
    assert ready.wait(10)
    try:
        yield standing
    finally:
        running.call_soon_threadsafe(ended.set)
        thread.join(10)
        running.run_until_complete(running.shutdown_asyncgens())
        running.close()
