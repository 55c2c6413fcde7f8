"""Which addresses are the public web. Sources: https://www.iana.org/assignments/iana-ipv4-special-registry and
https://www.iana.org/assignments/iana-ipv6-special-registry, from both sides of every border."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batches.operations.web.guard import PORTS, Reach, allowed

BAD = [
    # "This network": on many systems 0.0.0.0 is the machine itself.
    "0.0.0.0", "0.0.0.1", "0.255.255.255",
    # Private networks.
    "10.0.0.0", "10.1.2.3", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255",
    # Between a provider and its customers; Alibaba's metadata is there.
    "100.64.0.0", "100.100.100.200", "100.127.255.255",
    # This machine.
    "127.0.0.0", "127.0.0.1", "127.1.1.1", "127.255.255.255",
    # Metadata of clouds: Azure's host, the link-local one of nearly all, Oracle's.
    "168.63.129.16", "169.254.0.0", "169.254.169.254", "169.254.170.2", "169.254.255.255", "192.0.0.192",
    # Protocols, documentation, benchmarks, relays.
    "192.0.0.0", "192.0.0.8", "192.0.0.255", "192.0.2.0", "192.0.2.255", "192.31.196.1", "192.52.193.1",
    "192.88.99.0", "192.88.99.255", "192.175.48.1", "198.18.0.0", "198.19.255.255", "198.51.100.1",
    "203.0.113.1", "203.0.113.255",
    # To many at once, and reserved.
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.254", "255.255.255.255",
    # The same in the clothes of IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP.
    "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::8.8.8.8",
    "::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8", "64:ff9b::127.0.0.1", "64:ff9b::a00:1", "64:ff9b::169.254.169.254",
    "64:ff9b:1::1", "64:ff9b:1:ffff::8.8.8.8", "2002:7f00:1::", "2002:a00:1::1", "2002:808:808::1",
    "2001::1", "2001:0:7f00:1::", "fe80::5efe:127.0.0.1",
    # IPv6's own: none, itself, discard, protocols, documentation, segment routing, local, to many.
    "::", "::1", "::2", "100::1", "100:0:0:1::1", "1fff:ffff::1", "2001:1::1", "2001:2::1", "2001:10::1",
    "2001:20::1", "2001:1ff:ffff::1", "2001:db8::", "2001:db8:ffff::1", "2620:4f:8000::1", "3fff::1", "3fff:fff::1",
    "4000::1", "5f00::1", "8000::1", "fc00::1", "fd00::1", "fd00:ec2::254", "fdff:ffff::1", "fe80::1", "febf::1",
    "fec0::1", "feff::1", "ff02::1", "ff0e::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    # With an interface of this machine.
    "fe80::1%eth0", "::1%lo", "2606:4700::1111%eth0", "fe80::1%1",
]  # fmt: skip
GOOD = [
    "1.0.0.0", "1.1.1.1", "8.8.8.8", "9.9.9.9", "9.255.255.255", "11.0.0.0", "93.184.216.34", "100.63.255.255",
    "100.128.0.0", "126.255.255.255", "128.0.0.0", "168.63.129.15", "168.63.129.17", "169.253.255.255",
    "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.0.3.0", "192.31.195.255",
    "192.31.197.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "192.175.47.255",
    "192.175.49.0", "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255",
    "203.0.114.0", "223.255.255.255",
    "2000::1", "2001:200::1", "2001:4860:4860::8888", "2001:db7:ffff::1", "2001:db9::1", "2001:ffff::1",
    "2003::1", "2400:cb00::1", "2606:4700::1111", "2620:4f:7fff::1", "2620:4f:8001::1", "2a00:1450::1", "3ffe::1",
    "3fff:1000::1", "::ffff:8.8.8.8", "::ffff:808:808", "64:ff9b::808:808", "64:ff9b::8.8.8.8",
]  # fmt: skip


def test_the_lists_are_long_enough_to_mean_something() -> None:
    assert len(set(BAD)) >= 60
    assert len(set(GOOD)) >= 30


@pytest.mark.parametrize("address", BAD)
def test_what_is_inside_is_denied(address: str) -> None:
    assert not any(allowed(address, port) for port in PORTS)


@pytest.mark.parametrize("address", GOOD)
def test_what_is_public_is_allowed_on_the_ports_of_the_web(address: str) -> None:
    assert allowed(address, 80)
    assert allowed(address, 443)


@pytest.mark.parametrize(
    "port", [0, 1, 21, 22, 25, 81, 2375, 5432, 6379, 8000, 8080, 8443, 11211, 65535]
)
@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_what_is_public_is_denied_on_other_ports(address: str, port: int) -> None:
    assert not allowed(address, port)


def test_more_ports_can_be_opened_on_the_public_web_only() -> None:
    more = Reach(ports=[80, 443, 8080])
    assert allowed("8.8.8.8", 8080, more)
    assert not allowed("8.8.8.8", 8443, more)
    assert not any(allowed(address, 8080, more) for address in BAD)


@pytest.mark.parametrize(
    ("network", "inside", "outside"),
    [
        ("10.1.2.0/24", ["10.1.2.0", "10.1.2.255", "::ffff:10.1.2.3"], ["10.1.1.255", "10.1.3.0", "::ffff:10.1.3.0"]),
        ("127.0.0.1/32", ["127.0.0.1", "::ffff:7f00:1"], ["127.0.0.2", "127.0.0.0", "::1", "0.0.0.0", "::127.0.0.1"]),
        ("::1/128", ["::1"], ["::", "::2", "127.0.0.1", "::ffff:127.0.0.1"]),
        ("fd00:1::/32", ["fd00:1::1", "fd00:1:ffff::"], ["fd00:2::", "fd00::1", "fd00:1::1%eth0"]),
        ("192.168.1.128/25", ["192.168.1.128"], ["192.168.1.127", "192.168.2.128"]),
        ("64:ff9b:1::/48", ["64:ff9b:1::1"], ["64:ff9b::127.0.0.1", "64:ff9b:2::1"]),
        ("8.8.8.8/32", ["8.8.8.8", "64:ff9b::808:808"], ["8.8.8.9"]),
    ],
)  # fmt: skip
def test_an_exception_opens_exactly_what_it_says(
    network: str, inside: list[str], outside: list[str]
) -> None:
    exceptions = [ip_network(network)]
    for port in (22, 80, 8000):
        assert all(allowed(address, port, Reach(exceptions)) for address in inside)
        assert not any(
            allowed(address, port, Reach(exceptions))
            for address in outside
            if port != 80 or address in BAD
        )


def test_several_exceptions_are_open_together() -> None:
    exceptions = [ip_network("10.0.0.0/8"), ip_network("fd00::/8"), ip_network("192.168.1.1/32")]
    for address in ("10.9.8.7", "fd00::1", "192.168.1.1"):
        assert allowed(address, 22, Reach(exceptions))
    assert not allowed("127.0.0.1", 80, Reach(exceptions))


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1).map(IPv4Address), st.sampled_from([0, 80, 443, 8080]))
def test_an_address_of_the_old_kind_is_the_same_in_every_dress_that_is_looked_through(
    address: IPv4Address, port: int
) -> None:
    plain = allowed(str(address), port)
    for prefix in ("::ffff:0:0", "64:ff9b::"):
        dressed = IPv6Address(int(IPv6Address(prefix)) | int(address))
        assert allowed(str(dressed), port) is plain
    # Routers that unwrap these are nobody's business.
    for prefix in ("::", "::ffff:0:0:0", "64:ff9b:1::"):
        assert not allowed(str(IPv6Address(int(IPv6Address(prefix)) | int(address))), port)


@settings(deadline=None)
@given(st.ip_addresses(v=6))
def test_outside_the_public_eighth_nothing_is_open(address: IPv6Address) -> None:
    wrapped = address.ipv4_mapped is not None or address in ip_network("64:ff9b::/96")
    if not wrapped and address not in ip_network("2000::/3"):
        assert not allowed(str(address), 443)
