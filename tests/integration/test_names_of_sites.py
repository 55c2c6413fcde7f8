"""What becomes of a site whose name leads nowhere, or somewhere inside."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from aiohttp.resolver import AsyncResolver

from batches.operation import Failure, Permanent, Transient
from batches.operations.web import failures
from batches.operations.web.fetch import Fetcher
from batches.operations.web.guard import Reach
from tests.loopback import OPEN, QUICK, Recorder


@asynccontextmanager
async def name_server(code: int | None, *records: bytes) -> AsyncIterator[int]:
    """Answers every question with that response code and these records, else no address; None: never."""

    class Server(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.DatagramTransport)
            self.transport = transport

        def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
            if code is not None:
                end = data.index(b"\0", 12) + 5
                head = data[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(records), 0, 0)
                self.transport.sendto(head + data[12:end] + b"".join(records), address)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Server, ("127.0.0.1", 0))
    yield transport.get_extra_info("sockname")[1]
    transport.close()


@pytest.mark.parametrize(
    ("code", "kind", "cause"),
    [
        (0, Permanent, "The domain has no address"),
        (2, Transient, "The name could not be looked up"),
        (3, Permanent, "The domain does not exist"),
        (5, Transient, "The name could not be looked up"),
        (None, Transient, "The name could not be looked up"),
    ],
)
async def test_names_that_lead_nowhere(code: int | None, kind: type[Failure], cause: str) -> None:
    async with name_server(code) as port:
        problem, _ = await unreached("shop.nowhere.example", port)
    assert isinstance(problem, kind)
    assert problem.cause == cause
    assert "shop.nowhere.example" in str(problem)


async def unreached(host: str, port: int) -> tuple[Failure, Recorder]:
    """What becomes of a site whose name the server on that port is asked for."""
    resolver = AsyncResolver(
        nameservers=["127.0.0.1"], udp_port=port, tcp_port=port, timeout=0.2, tries=1, domains=[]
    )
    recorder = Recorder()
    fetcher = Fetcher(Reach, recorder, resolver, courtesy=QUICK)
    with pytest.raises(Failure) as raised:
        await fetcher.site(host, OPEN)
    await fetcher.close()
    await resolver.close()
    return raised.value, recorder


def named(name: str) -> bytes:
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def record(name: str, kind: int, value: bytes) -> bytes:
    """For a minute. https://www.rfc-editor.org/rfc/rfc1035#section-3.2"""
    return named(name) + struct.pack("!HHIH", kind, 1, 60, len(value)) + value


async def test_a_name_that_is_another_for_something_inside_is_blocked() -> None:
    """Two names in between, of which the one in the middle looks like any site of a provider."""
    hops = ["shop.nowhere.example", "shop.provider.example", "db.internal.example"]
    chain = [record(name, 5, named(target)) for name, target in pairwise(hops)]
    async with name_server(0, *chain, record(hops[-1], 1, bytes([10, 0, 0, 7]))) as port:
        problem, recorder = await unreached(hops[0], port)
    assert isinstance(problem, failures.Blocked)
    assert "10.0.0.7 port 443" in str(problem)
    assert recorder.dialled == []
