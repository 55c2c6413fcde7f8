"""Where a fetch may connect to: decided when a socket is about to be made, for the very address it is for.

Earlier is too early. A name can resolve to one address when it is checked and to another when it is used,
and an address in a URL is never resolved at all.

Of a name with addresses on both sides, those inside are not dialled; if one outside answers, that is the site.
"""

import errno
import socket
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, NamedTuple

type Network = IPv4Network | IPv6Network

PORTS = frozenset({80, 443})

# https://www.iana.org/assignments/iana-ipv4-special-registry and its IPv6 twin, spelled out: the flags of
# the ipaddress module change between patch releases. 168.63.129.16 is Azure's host, public by its number.
_DENIED_V4 = [
    IPv4Network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32",
        "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
        "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
]  # fmt: skip
_GLOBAL_V6 = IPv6Network("2000::/3")
_DENIED_V6 = [
    IPv6Network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
]
# Behind NAT64 every IPv4 site looks like this, and so would 127.0.0.1.
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Reach:
    """How far fetches may go: the public web by its `ports`, less what is `closed`, and what is `opened` by any port."""

    opened: Sequence[Network] = ()
    closed: Sequence[Network] = ()
    ports: Collection[int] = PORTS


WEB = Reach()


def allowed(address: str, port: int, reach: Reach = WEB) -> bool:
    """Whether an address may be connected to. What is both opened and closed is open."""
    if "%" in address:
        return False  # A scope: an interface of this machine.
    ip = _plain(ip_address(address))
    if _is_in(ip, reach.opened):
        return True
    return port in reach.ports and _public(ip) and not _is_in(ip, reach.closed)


def _is_in(ip: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    return any(ip in network for network in networks if network.version == ip.version)


def _plain(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return ip.ipv4_mapped
        if ip in _NAT64:
            return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


def _public(ip: IPv4Address | IPv6Address) -> bool:
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in _DENIED_V4)
    return ip in _GLOBAL_V6 and not any(ip in network for network in _DENIED_V6)


type SocketFactory = Callable[[Any], socket.socket]


class Refusal(NamedTuple):
    """`port_only`: the address could be reached by a port of the web."""

    address: str
    port: int
    port_only: bool


# What the guard has refused on behalf of the code that is running: several addresses of one name are
# tried, and of what became of each, the client tells no more than one.
_refused: ContextVar[list[Refusal] | None] = ContextVar("refused", default=None)


@contextmanager
def watched() -> Iterator[list[Refusal]]:
    """The addresses, with their ports, that the guard refuses while this is open."""
    refused: list[Refusal] = []
    token = _refused.set(refused)
    try:
        yield refused
    finally:
        _refused.reset(token)


def guarded(reach: Callable[[], Reach], make: SocketFactory) -> SocketFactory:
    """A socket factory for aiohttp's TCPConnector that refuses with EACCES, or leaves it to `make`.

    `reach` is asked each time: what a setting says counts from the next connection on.
    """

    def factory(info: Any) -> socket.socket:
        check(info[4], reach())
        return make(info)

    return factory


def check(place: Sequence[Any], reach: Reach) -> None:
    """Raises PermissionError with EACCES. `place` is an address as sockets have it."""
    address, port, *scope = place
    if not any(scope[1:]) and allowed(address, port, reach):
        return
    if (refused := _refused.get()) is not None:
        on_the_web = not any(scope[1:]) and any(
            allowed(address, other, reach) for other in reach.ports
        )
        refused.append(Refusal(address, port, on_the_web))
    raise PermissionError(errno.EACCES, f"{address} port {port} is not on the public web")


def plain_socket(info: Any) -> socket.socket:
    family, kind, protocol = info[:3]
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    return made


def is_refusal(error: BaseException) -> bool:
    """Whether the guard said no to every address: only then does its number survive the merging."""
    return getattr(error, "errno", None) == errno.EACCES
