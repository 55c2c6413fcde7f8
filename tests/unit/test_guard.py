"""No packet leaves loopback in these tests: the factory under the guard refuses anything else itself."""

from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest
from aiohttp import web

from batches.operation import Failure, Permanent
from batches.operations.web import failures
from batches.operations.web.fetch import Fetcher, Limits
from batches.operations.web.guard import Network, allowed, guarded, plain_socket
from tests.loopback import Recorder, Table, serving

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


NAMES = {
    "inside.example": ["127.0.0.1"],
    "inside2.example": ["127.0.0.2"],
    "mixed.example": ["10.0.0.1", "127.0.0.1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "both.example": ["203.0.113.9", "fd00::1"],
    "halfway.example": ["8.8.8.8", "10.0.0.1"],
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

    async with serving(answer) as address:
        yield int(address.rpartition(":")[2]), reached


class Setup:
    def __init__(self, exceptions: list[Network]) -> None:
        self.recorder = Recorder()
        self.fetcher = Fetcher(lambda: exceptions, self.recorder, Table(NAMES))

    async def failure(self, target: str) -> Failure:
        with pytest.raises(Failure) as raised:
            await self.fetcher.get(target, Limits(seconds=5, robots=False))
        return raised.value


@pytest.fixture
async def closed() -> AsyncIterator[Setup]:
    """A fetcher for which nothing inside is open."""
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
    "http://[::1%25lo]:P/", "http://12\t7.0.0.1:P/", "https://127.0.0.1:P/", "http://[::ffff:0:127.0.0.1]:P/",
    "http://127.0.0.1:P:80/", "http://127.0.0.1:65616/", "http://example.test:80+&@127.0.0.1:P/#+@example.test:80/",
    "http://8.8.8.8:25/", "http://8.8.8.8:6379/", "http://[2606:4700::1111]:5432/", "unix:///run/x.sock",
]  # fmt: skip


@pytest.mark.parametrize("vector", VECTORS)
async def test_nothing_inside_is_reached(
    closed: Setup, canary: tuple[int, list[str]], vector: str
) -> None:
    port, reached = canary
    error = await closed.failure(vector.replace(":P", f":{port}"))
    assert isinstance(error, Permanent), error
    assert reached == []
    assert closed.recorder.dialled == []


async def test_the_canary_can_be_reached_where_it_is_open(canary: tuple[int, list[str]]) -> None:
    port, reached = canary
    setup = Setup([ip_network("127.0.0.0/8")])
    answer = await setup.fetcher.get(f"http://inside.example:{port}/", Limits(robots=False))
    assert (answer.status, reached) == (200, ["/"])
    await setup.fetcher.close()


async def test_what_is_open_can_change_from_one_connection_to_the_next(
    canary: tuple[int, list[str]],
) -> None:
    port, reached = canary
    exceptions: list[Network] = []
    setup = Setup(exceptions)
    await setup.failure(f"http://127.0.0.1:{port}/")
    exceptions.append(ip_network("127.0.0.0/8"))
    await setup.fetcher.get(f"http://127.0.0.1:{port}/", Limits(robots=False))
    assert reached == ["/"]
    await setup.fetcher.close()


async def test_a_name_that_changes_its_mind_is_caught(canary: tuple[int, list[str]]) -> None:
    """The first answer is public, as a check in advance would find; the second is not."""
    _, reached = canary
    table, recorder = Table(NAMES), Recorder()
    table.names["rebind.example"] = [["8.8.8.8"], ["127.0.0.1"]]
    for expected in (failures.NoConnection, failures.Blocked):
        fetcher = Fetcher(list, recorder, table)
        with pytest.raises(expected):
            await fetcher.get("http://rebind.example:80/", Limits(robots=False))
        await fetcher.close()
    assert recorder.dialled == ["8.8.8.8"]
    assert reached == []


LOCATIONS = [
    ("http://[::1]:P/", failures.Blocked),
    ("http://2130706434:P/", failures.Blocked),  # 127.0.0.2.
    ("//127.0.0.2:P/x", failures.Blocked),
    ("http://inside2.example:P/", failures.Blocked),
    ("http://10.0.0.1/", failures.Blocked),
    ("https://127.0.0.2:P/", failures.Blocked),
    ("file:///etc/passwd", failures.BadRedirect),
    ("ftp://127.0.0.1/", failures.BadRedirect),
    ("javascript:alert(1)", failures.BadRedirect),
    ("http://user@127.0.0.1:P/", failures.BadRedirect),
    ("http://[::1", failures.BadRedirect),
]


@pytest.mark.parametrize(("location", "expected"), LOCATIONS)
async def test_every_hop_of_a_redirect_is_checked(
    canary: tuple[int, list[str]], location: str, expected: type[Failure]
) -> None:
    port, reached = canary

    async def redirect(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": location.replace(":P", f":{port}")})

    # Only this one address is open; the redirects lead elsewhere.
    setup = Setup([ip_network("127.0.0.1/32")])
    async with serving(redirect) as address:
        error = await setup.failure(f"{address}/")
        assert type(error) is expected, error
        assert setup.recorder.dialled == ["127.0.0.1"]
        assert reached == []
        await setup.fetcher.close()


async def test_what_is_blocked_says_so_and_is_not_retried(closed: Setup) -> None:
    error = await closed.failure("http://10.0.0.1/")
    assert isinstance(error, failures.Blocked)
    assert isinstance(error, Permanent)
    assert str(error).startswith("Blocked: 10.0.0.1 is not on the public web. ")
    assert error.cause == "Blocked: not on the public web"


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("inside.example", "127.0.0.1 port 80"),
        ("both.example", "203.0.113.9 port 80"),  # Both families: the errors are merged into one.
        ("halfway.example", "10.0.0.1 port 80"),  # The public one was dialled, and refused.
    ],
)
async def test_a_name_that_leads_inside_is_blocked_whatever_the_client_makes_of_it(
    closed: Setup, name: str, address: str
) -> None:
    error = await closed.failure(f"http://{name}/")
    assert isinstance(error, failures.Blocked), error
    assert address in str(error)
    assert set(closed.recorder.dialled) <= {"8.8.8.8"}


def test_scopes_are_refused_even_where_the_network_is_open() -> None:
    factory = guarded(lambda: [ip_network("fe80::/10")], plain_socket)
    with pytest.raises(PermissionError):
        factory((10, 1, 6, "", ("fe80::1", 80, 0, 3)))


async def test_proxies_of_the_environment_are_not_used(
    canary: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the proxy itself may be reached, so that only not asking it keeps the page from coming."""
    port, reached = canary
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
    setup = Setup([ip_network("127.0.0.0/8")])
    assert isinstance(await setup.failure("http://nowhere.example/"), failures.NameNotFound)
    assert reached == []
    await setup.fetcher.close()
