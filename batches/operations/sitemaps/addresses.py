"""Addresses of sitemaps and pages: whose they are, and which of them are the same."""

from functools import cache, lru_cache

import ada_url
from publicsuffixlist import PublicSuffixList

from batches.operation import InvalidTarget
from batches.operations.web.targets import domain_of, parse


@lru_cache(maxsize=4_096)
def registrable(host: str) -> str:
    """example.co.uk for www.example.co.uk; an address or a name that nobody sells is itself."""
    host = host.rstrip(".").lower()
    if host.startswith("[") or host.replace(".", "").isdecimal():
        return host
    return str(_suffixes().privatesuffix(host) or host)


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def one_spelling(address: str) -> str:
    """One text for apex and www, http and https. Raises InvalidTarget."""
    url = parse(address)
    return f"{domain_of(url.origin)}{url.pathname}{url.search}"


def path_of(address: str) -> str:
    """Without the slash that it begins with. Raises InvalidTarget."""
    return str(parse(address).pathname).removeprefix("/")


def parsed(address: str) -> ada_url.URL | None:
    try:
        return parse(address.strip())
    except InvalidTarget:
        return None
