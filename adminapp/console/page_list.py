"""The pages that a scan has read, and those that it could not."""

from dataclasses import dataclass
from typing import Any

from adminapp.console.readings import count, link, mapping, mappings, number, text

MOST = 50


@dataclass(frozen=True, slots=True)
class Linked:
    """A name and where it leads; without `href` it is only a text."""

    name: str
    href: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Pages:
    read: list[Linked]
    count: int
    problems: list[tuple[str, str]]
    more: int  # Problems that are not shown.
    unchanged: int = 0


def pages(result: dict[str, Any]) -> Pages:
    """Those that a scan has read, listed or only counted, and those that it could not read."""
    read = mappings(result.get("pages"), MOST, "url")
    problems = mapping(result.get("page_problems"))
    told = [(str(url)[:500], text(why)) for url, why in list(problems.items())[:MOST]]
    return Pages(
        [_page(page) for page in read],
        count(result.get("pages")),
        told,
        len(problems) - len(told),
        _unchanged(result),
    )


def _unchanged(result: dict[str, Any]) -> int:
    """As the result counts them, or as it lists them."""
    listed = result.get("pages")
    if isinstance(listed, list):
        return sum(mapping(page).get("unchanged") is True for page in listed)
    return count(result.get("unchanged"))


def _page(page: dict[str, Any]) -> Linked:
    url, status = text(page.get("url"), 2_048), number(page.get("status"))
    title = text(page.get("title"), 200)
    parts = (
        title,
        f"answered {status}" if status and status >= 400 else "",
        "not changed" if page.get("unchanged") is True else "",
    )
    return Linked(url or "without an address", link(url), ", ".join(filter(None, parts)))
