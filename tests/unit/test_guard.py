"""No packet leaves loopback in these tests: the factory under the guard refuses anything else itself."""

import socket
from collections.abc import AsyncIterator
from ipaddress import ip_address, ip_network
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from batches.operation import Failure, Permanent
from batches.operations.web import failures
from batches.operations.web.fetch import Fetcher, Limits
from batches.operations.web.guard import Network, allowed, plain_socket

DENIED = [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
    "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1",
    "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.7", "224.0.0.1",
    "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::127.0.0.1",
    "64:ff9b::a00:1", "64:ff9b:1::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1",
    "4000::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "::1%lo",
    "fec0::1", "ff02::1",
]  # fmt: skip
ALLOWED = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "172.32.0.1", "192.167.255.255", "2606:4700::1111",
           "::ffff:8.8.8.8", "64:ff9b::808:808"]  # fmt: skip


@pytest.mark.parametrize("address", DENIED)
def test_private_addresses_are_denied(address: str) -> None:
    assert not allowed(address, 443)


@pytest.mark.parametrize("address", ALLOWED)
def test_public_addresses_are_allowed_on_the_ports_of_the_web(address: str) -> None:
    assert allowed(address, 443)
    assert allowed(address, 80)
    for port in (22, 25, 5432, 6379, 8000, 11211):
        assert not allowed(address, port)


def test_exceptions_open_a_network_on_any_port() -> None:
    exceptions = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
    assert allowed("10.9.8.7", 8080, exceptions)
    assert allowed("::ffff:10.9.8.7", 8080, exceptions)
    assert allowed("fd00::1", 22, exceptions)
    assert not allowed("127.0.0.1", 80, exceptions)


class Recorder:
    """What would have been dialled. Only loopback is."""

    def __init__(self) -> None:
        self.dialled: list[str] = []

    def __call__(self, info: Any) -> socket.socket:
        address = info[4][0]
        self.dialled.append(address)
        if not ip_address(address.partition("%")[0]).is_loopback:
            raise ConnectionRefusedError(f"{address} would have been dialled")
        return plain_socket(info)


class Table(AbstractResolver):
    """Names for tests. The second answer of `rebind.example` differs from the first."""

    def __init__(self) -> None:
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = _NAMES.get(host)
        if host == "rebind.example":
            self.asked += 1
            addresses = ["203.0.113.7"] if self.asked == 1 else ["127.0.0.1"]
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


_NAMES = {
    "inside.example": ["127.0.0.1"],
    "mixed.example": ["10.0.0.1", "127.0.0.1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "metadata.google.internal": ["169.254.169.254"],
    "localhost": ["127.0.0.1"],
    "foo.localhost": ["127.0.0.1"],
    "localhost.localdomain": ["127.0.0.1"],
}


@pytest.fixture
async def canary() -> AsyncIterator[tuple[int, list[str]]]:
    """A server on loopback that nobody may reach, and who did."""
    reached: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        reached.append(request.path)
        return web.Response(text="secret")

    runner = web.AppRunner(web.Application(), access_log=None)
    runner.app.router.add_route("*", "/{path:.*}", answer)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield runner.addresses[0][1], reached
    await runner.cleanup()


class Setup:
    def __init__(self, exceptions: list[Network]) -> None:
        self.recorder = Recorder()
        self.fetcher = Fetcher(lambda: exceptions, self.recorder)
        connector = self.fetcher._client.connector
        assert isinstance(connector, aiohttp.TCPConnector)
        connector._resolver = Table()

    async def failure(self, target: str) -> Failure:
        with pytest.raises(Failure) as raised:
            await self.fetcher.get(target, Limits(seconds=5, robots=False))
        return raised.value


@pytest.fixture
async def guarded() -> AsyncIterator[Setup]:
    setup = Setup([])
    yield setup
    await setup.fetcher.close()


VECTORS = [
    "http://127.0.0.1:P/", "http://[::1]:P/", "http://[::]:P/", "http://0.0.0.0:P/", "http://0:P/",
    "http://[::ffff:127.0.0.1]:P/", "http://[::ffff:7f00:1]:P/", "http://[0:0:0:0:0:ffff:127.0.0.1]:P/",
    "http://①②⑦.⓪.⓪.①:P/", "http://127。0。0。1:P/", "http://127.1:P/", "http://127.0.1:P/",
    "http://2130706433:P/", "http://0x7f000001:P/", "http://0x7f.0.0.1:P/", "http://0177.0.0.1:P/",
    "http://017700000001:P/", "http://127.0.0.1.:P/", "http://localhost:P/", "http://LOCALHOST:P/",
    "http://localhost.:P/", "http://localhost.localdomain:P/", "http://foo.localhost:P/",
    "http://inside.example:P/", "http://mixed.example:P/", "http://mapped.example:P/",
    "http://[::127.0.0.1]:P/", "http://[64:ff9b::127.0.0.1]:P/", "http://[2002:7f00:1::]:P/",
    "http://169.254.169.254/", "http://[fd00:ec2::254]/", "http://168.63.129.16/",
    "http://100.100.100.200/", "http://198.18.0.1/", "http://255.255.255.255/", "http://224.0.0.1/",
    "http://metadata.google.internal/", "http://user@127.0.0.1:P/", "http://example.com@127.0.0.1:P/",
    "http://127.0.0.1:P@inside.example/", "http://127.0.0.1:P#@inside.example/",
    "http://127.0.0.1:P?@inside.example/", "http://127%2e0%2e0%2e1:P/", "http://127.0.0.1%00.example/",
    "http:127.0.0.1:P/", "http:///127.0.0.1:P/", "http://127.0.0.1:P\\@inside.example/",
    "ftp://127.0.0.1:P/", "file:///etc/hostname", "gopher://127.0.0.1:P/", "http://8.8.8.8:22/",
    "http://[::1%25lo]:P/", "http://12\t7.0.0.1:P/", "https://127.0.0.1:P/",
]  # fmt: skip


@pytest.mark.parametrize("vector", VECTORS)
async def test_nothing_inside_is_reached(
    guarded: Setup, canary: tuple[int, list[str]], vector: str
) -> None:
    port, reached = canary
    error = await guarded.failure(vector.replace(":P", f":{port}"))
    assert isinstance(error, Permanent), error
    assert reached == []
    assert guarded.recorder.dialled == []


async def test_a_name_that_changes_its_mind_is_caught(
    guarded: Setup, canary: tuple[int, list[str]]
) -> None:
    _, reached = canary
    for _ in range(2):
        assert isinstance(await guarded.failure("http://rebind.example:80/"), failures.Blocked)
    assert reached == []
    assert guarded.recorder.dialled == []


@pytest.fixture
def locations() -> list[str]:
    return [
        "http://[::1]:P/", "http://2130706434:P/", "//127.0.0.2:P/x", "http://inside2.example:P/",
        "file:///etc/passwd", "ftp://127.0.0.1/", "http://user@127.0.0.1:P/", "http://10.0.0.1/",
    ]  # fmt: skip


async def test_every_hop_of_a_redirect_is_checked(
    canary: tuple[int, list[str]], locations: list[str]
) -> None:
    _, reached = canary
    queue = list(locations)

    async def redirect(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": queue[0]})

    runner = web.AppRunner(web.Application(), access_log=None)
    runner.app.router.add_get("/", redirect)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    # Only this one address is open; the redirects lead elsewhere.
    setup = Setup([ip_network("127.0.0.1/32")])
    _NAMES["inside2.example"] = ["127.0.0.2"]
    while queue:
        before = len(setup.recorder.dialled)
        error = await setup.failure(f"http://127.0.0.1:{runner.addresses[0][1]}/")
        assert isinstance(error, Permanent), (queue[0], error)
        assert set(setup.recorder.dialled[before:]) <= {"127.0.0.1"}
        queue.pop(0)
    assert reached == []
    await setup.fetcher.close()
    await runner.cleanup()


async def test_what_is_blocked_says_so_and_is_not_retried(guarded: Setup) -> None:
    error = await guarded.failure("http://10.0.0.1/")
    assert isinstance(error, failures.Blocked)
    assert str(error) == "Blocked: 10.0.0.1 is not on the public web."


async def test_proxies_of_the_environment_are_not_used(
    guarded: Setup, canary: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, reached = canary
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
    await guarded.failure("http://nowhere.example/")
    assert reached == []
