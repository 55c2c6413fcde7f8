"""What of the text around an @ belongs to the address: hosts end in a top-level domain that there is."""

import re

from batches.operations.html.urls import is_top

# In the place of a tag that can stand within a word, or part two of them by style. No page has it: it is taken out.
JOINT = "\0"
_MAX_PARTS = 20
_TWO_WORDS = re.compile(r"(?<=[^\W\d_])(?=[A-Z][a-z])")


def is_host(name: str) -> bool:
    """Whether it ends as hosts do: shop.de, not logo.png."""
    rest, dot, top = name.rpartition(".")
    return bool(dot and rest) and is_top(top.lower())


def joined(host: str) -> str:
    """As much of it as is a host, without the first word of another sentence: shop.de.Then, shop.dePhone"""
    name, _, last = host.rpartition(".")
    if last.islower() and is_top(last):
        return host
    host = host.rstrip(".-_")
    name, _, last = host.rpartition(".")
    if last.istitle() and name.islower():
        return joined(name) if "." in name else ""
    if not is_host(host) and (cut := _TWO_WORDS.search(last)):
        shorter = f"{name}.{last[: cut.start()]}"
        return shorter if is_host(shorter) else host
    return host


def apart(before: str, after: str) -> tuple[str, str]:
    """What stands before and after an @ of an address, with tags among it.

    An address that is whole between two tags is meant as it stands there, and words beside it are others;
    otherwise all is one, as far as it makes a host.
    """
    inner, first = before.rpartition(JOINT)[2], joined(after.partition(JOINT)[0])
    if inner and inner[0] not in "._+-" and is_host(first):
        return inner, _extended(first, after)
    return before.lstrip(JOINT), longest(after)


def longest(host: str) -> str:
    """As many of the parts between tags as make a host; all if none do."""
    parts = [part for part in host.split(JOINT, _MAX_PARTS) if part]
    for number in range(len(parts), 0, -1):
        one = joined("".join(parts[:number]))
        if is_host(one):
            return _as_written(one, host)
    return host


def _extended(first: str, after: str) -> str:
    """shop.co|.uk"""
    second = after.partition(JOINT)[2].lstrip(JOINT)
    if second.startswith(".") and after.startswith(f"{first}{JOINT}"):
        both = joined(first + second.partition(JOINT)[0])
        return _as_written(both, after) if is_host(both) else first
    return first


def _as_written(host: str, text: str) -> str:
    """The beginning of a text that is the host, with the marks of tags in it."""
    left = len(host)
    for at, character in enumerate(text):
        if not left:
            return text[:at]
        left -= character != JOINT
    return text
