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


def pages(result: dict[str, Any]) -> Pages:
    """Those that a scan has read, listed or only counted, and those that it could not read."""
    read = mappings(result.get("pages"), MOST, "url")
    problems = mapping(result.get("page_problems"))
    told = [(str(url)[:500], text(why)) for url, why in list(problems.items())[:MOST]]
    return Pages(
        [_page(page) for page in read], count(result.get("pages")), told, len(problems) - len(told)
    )


def _page(page: dict[str, Any]) -> Linked:
    url, status = text(page.get("url"), 2_048), number(page.get("status"))
    title = text(page.get("title"), 200)
    note = ", ".join(
        part for part in (title, f"answered {status}" if status and status >= 400 else "") if part
    )
    return Linked(url or "without an address", link(url), note)
