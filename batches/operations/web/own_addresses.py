"""The addresses of this machine: public ones, too, are nobody's site that an operator may send us to."""

from ipaddress import ip_network

import ifaddr

from batches.operations.web.guard import Network


def own_addresses() -> list[Network]:
    """Of every interface. Not those of a router before it: CONSOLE_DENIED_NETWORKS is for these."""
    found = (ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips)
    return [ip_network(ip if isinstance(ip, str) else ip[0]) for ip in found]
