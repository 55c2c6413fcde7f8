"""Servers, a resolver and a socket factory for tests of fetching: no packet leaves loopback."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from batches.operations.web.client import Answer
from batches.operations.web.fetch import Fetcher, Limits
from batches.operations.web.gate import Courtesy
from batches.operations.web.guard import Reach, plain_socket

# All sites of the tests are ours.
QUICK = Courtesy(delay=0)
LOOPBACK = [ip_network("127.0.0.0/8")]
OPEN = Limits(seconds=10, robots=False)
PAGE = "<!doctype html><title>Found</title><p>Three plain words.</p>"
# For localhost and 127.0.0.1, until 2126, signed by itself.
CERTIFICATE = Path(__file__).parent / "certificates" / "self-signed.pem"


class Recorder:
    """A socket factory that notes what would have been dialled. Only loopback is."""

    def __init__(self) -> None:
        self.dialled: list[str] = []

    def __call__(self, info: Any) -> socket.socket:
        address = info[4][0]
        self.dialled.append(address)
        if not ip_address(address.partition("%")[0]).is_loopback:
            raise ConnectionRefusedError(111, f"{address} would have been dialled")
        return plain_socket(info)


class Table(AbstractResolver):
    """Name → addresses. Of a list of lists, one list for each time it is asked."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.names = dict(names)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = self.names.get(host)
        if addresses and isinstance(addresses[0], list):
            addresses = addresses.pop(0)
        if addresses is None:
            raise OSError(None, "Domain name not found")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        pass


type Speaker = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def speaking(speak: Speaker | bytes, tls: bool = False) -> AsyncIterator[int]:
    """A server that says what it likes once it has heard a request. Yields its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            if isinstance(speak, bytes):
                writer.write(speak)
                await writer.drain()
            else:
                await speak(reader, writer)
        writer.close()

    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        server.close_clients()
        await server.wait_closed()


type Answerer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(answer: Answerer) -> AsyncIterator[str]:
    """A well-behaved server, for any path. Yields its address without a slash at the end."""

    async def handler(request: web.Request) -> web.StreamResponse:
        return await answer(request)

    runner = web.AppRunner(web.Application(), access_log=None, shutdown_timeout=0.1)
    runner.app.router.add_route("*", "/{path:.*}", handler)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


NAMES = Table({name: ["127.0.0.1"] for name in ("shop.example", "www.shop.example", "b.shop.example", "other.example", "www.only.example")})  # fmt: skip


@asynccontextmanager
async def fetching(
    answer: Answerer, courtesy: Courtesy = QUICK
) -> AsyncIterator[Callable[..., Awaitable[Answer]]]:
    """A way to ask a server for a path, by one of `NAMES`."""
    fetcher = Fetcher(lambda: Reach(LOOPBACK), Recorder(), NAMES, courtesy=courtesy)

    async with serving(answer) as address:

        async def get(path: str, name: str = "shop.example", limits: Limits = OPEN) -> Answer:
            return await fetcher.get(address.replace("127.0.0.1", name) + path, limits)

        try:
            yield get
        finally:
            await fetcher.close()


def page(text: str = "fine") -> web.Response:
    return web.Response(text=text, content_type="text/html")


def answering(status: int = 200, text: str = PAGE, **headers: str) -> web.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    kind = named.pop("Content-Type", "text/html; charset=utf-8")
    return web.Response(status=status, body=text.encode(), headers={"Content-Type": kind, **named})
