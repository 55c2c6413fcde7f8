"""Addresses on a page: made absolute, and told whose they are."""

import re
from functools import cache, lru_cache

import ada_url
from publicsuffixlist import PublicSuffixList

MAX_URL = 2_048
# Nothing in these is changed by joining, so the parser needn't be asked: half of the time a page takes.
_SAFE = r"[A-Za-z0-9_~!$&()*+,;=:@/.-]"
_REST = rf"{_SAFE}*+(?:\?[A-Za-z0-9_~!$&()*+,;=:@/.-]*+)?"
_WHOLE = re.compile(rf"https?://(?:[a-z0-9-]++\.)++[a-z]{{2,}}/{_REST}")
_FROM_ROOT = re.compile(rf"/(?!/){_REST}")


def joined(address: str | None, base: str) -> str | None:
    """An absolute web address as browsers make it; None of what can't be fetched. `base` is in normal form."""
    if not address or len(address) > MAX_URL:
        return None
    if "/." not in address:
        if _FROM_ROOT.fullmatch(address):
            return origin(base) + address
        if _WHOLE.fullmatch(address):
            return address
    try:
        found = ada_url.join_url(base, address.strip())
    except ValueError:
        return None
    return found if found.startswith(("http://", "https://")) and len(found) <= MAX_URL else None


def normal(url: str) -> str:
    """The address in the form that browsers show; as it is if it is none."""
    try:
        return str(ada_url.URL(url).href)
    except ValueError:
        return url


@lru_cache(maxsize=64)
def origin(url: str) -> str:
    """`https://shop.example:8443` of an address in normal form."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{_authority(rest)}"


def host(url: str) -> str:
    """The host of an address in normal form, without its port."""
    place = _authority(url.partition("://")[2]).rpartition("@")[2]
    return (
        place[: place.index("]") + 1]
        if place.startswith("[") and "]" in place
        else place.partition(":")[0]
    )


def path(url: str) -> str:
    """The path of an address in normal form, and what it asks for."""
    return url[len(origin(url)) :].partition("#")[0] or "/"


def _authority(rest: str) -> str:
    end = min((at for at in map(rest.find, "/?#") if at >= 0), default=len(rest))
    return rest[:end]


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(maxsize=20_000)
def registrable(name: str) -> str:
    """The part of a host that somebody registered: `example.co.uk`; the host itself if it has none."""
    name = name.rstrip(".").lower()
    if name.startswith("[") or name.replace(".", "").isdigit():
        return name
    return str(_suffixes().privatesuffix(name) or name)


@lru_cache(maxsize=20_000)
def is_top(label: str) -> bool:
    """Whether it is a top-level domain, in lower case, in Unicode or punycode: `de`, `museum`, `xn--p1ai`."""
    # Of some, all suffixes have two labels.
    return (
        bool(label) and _suffixes().publicsuffix(f"a.b.{label}", accept_unknown=False) is not None
    )


def same_site(one: str, other: str) -> bool:
    """Whether two addresses belong to one registered domain: `example.com.evil.test` does not to `example.com`."""
    return registrable(host(one)) == registrable(host(other))
