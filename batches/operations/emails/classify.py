"""Whose an address is: a role's, a person's at the site's own domain, one at a provider for everybody, or another."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import ada_url

from batches.operations.html.urls import registrable

_BETWEEN = re.compile(r"[._+-]")


@dataclass(frozen=True, slots=True)
class Classified:
    """`kind` is role, corporate, free or other; `on_domain` whether the site's own domain is behind the @.

    A role comes first: info@ is nobody in particular, wherever it is.
    """

    kind: str
    on_domain: bool


def classify(address: str, *sites: str) -> Classified:
    """`sites`: hosts of the site, with or without a port: where it was looked for, and where it was found to be."""
    local, _, host = address.lower().rpartition("@")
    if not host.isascii():
        host = ada_url.idna_to_ascii(host).decode()
    own = registrable(host) in {registrable(site.partition(":")[0].lower()) for site in sites}
    if _is_role(local):
        return Classified("role", own)
    if own:
        return Classified("corporate", own)
    return Classified("free" if _is_free(host) else "other", own)


def _is_role(local: str) -> bool:
    """info, info-de, sales.berlin, team2: a role's name, alone or before something."""
    roles = _listed("roles.txt")
    words = _BETWEEN.split(local.partition("+")[0])
    first = words[0].rstrip("0123456789")
    return (
        local in roles
        or (first in roles and len(words) <= 3)
        or local.rstrip("0123456789") in roles
    )


def _is_free(host: str) -> bool:
    return host in _listed("providers.txt")


@cache
def _listed(name: str) -> frozenset[str]:
    lines = Path(__file__).with_name(name).read_text("utf-8").split("\n")
    words = (word for line in lines if not line.startswith("#") for word in line.split())
    return frozenset(words)
