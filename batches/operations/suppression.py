"""Of whom nothing may be kept: asked before anything is, and taken out of everything that was found."""

from collections.abc import Callable, Sequence
from typing import Any

from batches.operation import Context


async def suppressed(context: Context, addresses: Sequence[str]) -> set[str]:
    """Those on the list, by themselves or with all of their domain ("@example.com")."""
    entries = {entry for address in addresses for entry in _entries(address)}
    if not entries:
        return set()
    known = await context.storage.load("batches.Suppression", sorted(entries))
    return {address for address in addresses if not known.keys().isdisjoint(_entries(address))}


def _entries(address: str) -> tuple[str, str]:
    address = address.lower()
    return address, f"@{address.rpartition('@')[2]}"


def without(data: Any, unwanted: Callable[[str], bool]) -> Any:
    """Data for JSON less every text that is an unwanted address, wherever it stands, and all that is said of one."""
    match data:
        case {"address": str(address)} if unwanted(address.lower()):
            return _GONE
        case dict():
            kept = {key: without(part, unwanted) for key, part in data.items()}
            return {key: part for key, part in kept.items() if part is not _GONE}
        case list():
            return [part for one in data if (part := without(one, unwanted)) is not _GONE]
        case str() if unwanted(data.lower().removeprefix("mailto:")):
            return _GONE
    return data


_GONE = object()
