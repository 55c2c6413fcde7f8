"""Addresses of sitemaps and pages: whose they are, and which of them are the same."""

import ada_url

from batches.operation import InvalidTarget
from batches.operations.web.targets import domain_of, parse


def one_spelling(address: str) -> str:
    """One text for apex and www, http and https. Raises InvalidTarget."""
    url = parse(address)
    return f"{domain_of(url.origin)}{url.pathname}{url.search}"


def path_of(address: str) -> str:
    """Without the slash that it begins with. Raises InvalidTarget."""
    return str(parse(address).pathname).removeprefix("/")


def host_of(address: str) -> str:
    """Of one that has been seen to be absolute; cheap, and wrong only where no site would be so called."""
    return address.split("/", 3)[2].rpartition("@")[2].partition(":")[0].lower()


def parsed(address: str) -> ada_url.URL | None:
    try:
        return parse(address.strip())
    except InvalidTarget:
        return None
