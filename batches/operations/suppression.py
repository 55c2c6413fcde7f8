"""Of whom nothing may be kept: asked before anything is, and taken out of everything that was found."""

from collections.abc import Callable, Sequence
from typing import Any
from unicodedata import normalize

import ada_url

from batches.operation import Context

_LONGEST = 260


def written(address: str) -> str:
    """In the one form in which addresses are compared: in lower case, the host in Unicode."""
    address = address.lower()
    if "@" not in address or len(address) > _LONGEST:
        return address  # No address: putting a long text in normal form may take long.
    local, _, host = normalize("NFC", address).rpartition("@")
    if host.isascii() and "xn--" not in host:
        return f"{local}@{host}"
    try:
        plain = ada_url.idna_to_unicode(ada_url.idna_to_ascii(host))
    except UnicodeError:
        return address
    # Of what is no name, not all is left.
    return f"{local}@{plain}" if "." in plain else address


def spellings(entry: str) -> set[str]:
    """How what `written` gives may stand in texts, upper and lower case apart."""
    local, at, host = entry.rpartition("@")
    encoded = ada_url.idna_to_ascii(host).decode()
    return {entry, f"{local}{at}{encoded}"} if "." in encoded else {entry}


async def suppressed(context: Context, addresses: Sequence[str]) -> set[str]:
    """Those on the list, by themselves or with all of their domain ("@example.com")."""
    entries = {entry for address in addresses for entry in _entries(address)}
    if not entries:
        return set()
    known = await context.storage.load("batches.Suppression", sorted(entries))
    return {address for address in addresses if not known.keys().isdisjoint(_entries(address))}


def _entries(address: str) -> tuple[str, str]:
    address = written(address)
    return address, f"@{address.rpartition('@')[2]}"


def without(data: Any, unwanted: Callable[[str], bool]) -> Any:
    """Data for JSON less every text that is an unwanted address, wherever it stands, and all that is said of one.

    `unwanted` is asked about addresses as `written` gives them.
    """
    match data:
        case {"address": str(address)} if unwanted(written(address)):
            return _GONE
        case dict():
            kept = {key: without(part, unwanted) for key, part in data.items()}
            return {key: part for key, part in kept.items() if part is not _GONE}
        case list():
            return [part for one in data if (part := without(one, unwanted)) is not _GONE]
        case str() if unwanted(written(data.lower().removeprefix("mailto:"))):
            return _GONE
    return data


_GONE = object()
