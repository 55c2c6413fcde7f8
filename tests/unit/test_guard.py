"""No packet leaves loopback in these tests: the factory under the guard refuses anything else itself."""

from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest
from aiohttp import web

from batches.operation import Failure, Permanent
from batches.operations.web import failures
from batches.operations.web.fetch import Fetcher, Limits
from batches.operations.web.guard import Network, Reach, guarded, plain_socket
from tests.loopback import QUICK, Recorder, Table, serving

NAMES = {
    "inside.example": ["127.0.0.1"],
    "inside2.example": ["127.0.0.2"],
    "mixed.example": ["10.0.0.1", "127.0.0.1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "both.example": ["203.0.113.9", "fd00::1"],
    "halfway.example": ["8.8.8.8", "10.0.0.1"],
    "metadata.google.internal": ["169.254.169.254"],
    "many.example": [f"10.0.0.{number}" for number in range(32)] + ["127.0.0.1", "::1"] * 16,
    "public.example": ["8.8.8.8", "2606:4700::1111"],
    # As a resolver with a search domain, or a name server of one's own, would answer.
    "internal.corp": ["10.0.0.7"],
    "printer.local": ["192.168.1.7", "fe80::7"],
    "hidden.onion": ["127.0.0.1"],
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
        self.fetcher = Fetcher(
            lambda: Reach(exceptions), self.recorder, Table(NAMES), courtesy=QUICK
        )

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


# P is the port of the canary. Each is tried by https, too.
BLOCKED = [
    "http://127.0.0.1:P/", "http://[::1]:P/", "http://[::]:P/", "http://0.0.0.0:P/", "http://0:P/",
    "http://[::ffff:127.0.0.1]:P/", "http://[::ffff:7f00:1]:P/", "http://[0:0:0:0:0:ffff:127.0.0.1]:P/",
    "http://①②⑦.⓪.⓪.①:P/", "http://127。0。0。1:P/", "http://127.1:P/", "http://127.0.1:P/",
    "http://2130706433:P/", "http://0x7f000001:P/", "http://0x7f.0.0.1:P/", "http://0177.0.0.1:P/",
    "http://017700000001:P/", "http://127.0.0.1.:P/", "http://localhost:P/", "http://LOCALHOST:P/",
    "http://localhost.:P/", "http://localhost.localdomain:P/", "http://foo.localhost:P/",
    "http://inside.example:P/", "http://mixed.example:P/", "http://mapped.example:P/",
    "http://many.example:P/", "http://internal.corp/", "http://printer.local/", "http://hidden.onion/",
    "http://[::127.0.0.1]:P/", "http://[64:ff9b::127.0.0.1]:P/", "http://[2002:7f00:1::]:P/",
    "http://[::ffff:0:127.0.0.1]:P/", "http://[64:ff9b:1::127.0.0.1]:P/", "http://[fe80::1]:P/",
    "http://127.0.0.1/", "http://[::1]/", "http://[64:ff9b::7f00:1]/", "http://[fec0::1]/", "http://[ff02::1]/",
    "http://169.254.169.254/", "http://[fd00:ec2::254]/", "http://168.63.129.16/", "http://192.0.0.192/",
    "http://100.100.100.200/", "http://198.18.0.1/", "http://255.255.255.255/", "http://224.0.0.1/",
    "http://metadata.google.internal/", "http://127.0.0.1:P#@inside.example/",
    "http://127.0.0.1:P?@inside.example/", "http://127%2e0%2e0%2e1:P/", "http://%31%32%37.0.0.1:P/",
    "http:127.0.0.1:P/", "http:///127.0.0.1:P/", "http://127.0.0.1:P\\@inside.example/",
    "http://inside.example\\@127.0.0.1:P/", "  http://127.0.0.1:P/  ",
    *(f"http://{host}:{port}/" for port in (22, 25, 6379, 5432, 11211, 2375, 8080)
      for host in ("8.8.8.8", "[2606:4700::1111]", "public.example")),
]  # fmt: skip
# Not even an address: the guard need not be asked.
REFUSED = [
    "http://user@127.0.0.1:P/", "http://example.com@127.0.0.1:P/", "http://127.0.0.1:P@inside.example/",
    "http://example.test:80+&@127.0.0.1:P/#+@example.test:80/", "http://:@127.0.0.1:P@x/", "http://127.0.0.1%00.example/",
    "http://[::1%25lo]:P/", "http://[fe80::1%25eth0]/", "http://12\t7.0.0.1:P/", "http://127.0.0.1\r\n:P/",
    "http://127.0.0.1:P:80/", "http://127.0.0.1:65616/", "http://127.0.0.1 :P/", "http://db:5432/", "http://%25lo:P/",
    "ftp://127.0.0.1:P/", "file:///etc/hostname", "gopher://127.0.0.1:P/", "unix:///run/x.sock",
    "data:text/html,x", "javascript:1", "ws://127.0.0.1:P/", "//127.0.0.1:P/", "127.0.0.1:P", "http://256.0.0.1:P/",
]  # fmt: skip


def _secure(vector: str) -> str:
    return vector.replace("http:", "https:", 1)


@pytest.mark.parametrize("vector", [*BLOCKED, *map(_secure, BLOCKED)])
async def test_nothing_inside_is_reached(
    closed: Setup, canary: tuple[int, list[str]], vector: str
) -> None:
    port, reached = canary
    error = await closed.failure(vector.replace(":P", f":{port}"))
    assert isinstance(error, failures.Blocked), error
    assert error.cause.startswith("Blocked: not ")
    assert (reached, closed.recorder.dialled) == ([], [])


@pytest.mark.parametrize("vector", dict.fromkeys([*REFUSED, *map(_secure, REFUSED)]))
async def test_what_is_no_address_is_not_tried(
    closed: Setup, canary: tuple[int, list[str]], vector: str
) -> None:
    port, reached = canary
    error = await closed.failure(vector.replace(":P", f":{port}"))
    assert isinstance(error, Permanent), error
    assert str(error).startswith("That can't be fetched: ")
    assert (reached, closed.recorder.dialled) == ([], [])


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
        fetcher = Fetcher(Reach, recorder, table, courtesy=QUICK)
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


async def test_a_port_that_is_closed_is_told_from_a_place_that_is(closed: Setup) -> None:
    error = await closed.failure("http://public.example:8080/")
    assert isinstance(error, failures.Blocked)
    assert "port 8080" in str(error)
    assert "CONSOLE_ALLOWED_PORTS" in str(error)
    inside = await closed.failure("http://halfway.example:8080/")
    assert "10.0.0.1" in str(inside)
    assert closed.recorder.dialled == []


def test_scopes_are_refused_even_where_the_network_is_open() -> None:
    factory = guarded(lambda: Reach([ip_network("fe80::/10")]), plain_socket)
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
