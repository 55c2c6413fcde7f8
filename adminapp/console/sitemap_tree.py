"""The sitemaps of a site as a tree: which names which, and what part of the pages each of them holds."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from adminapp.console.readings import count, link, mappings, moment, number, text, texts

MOST_FILES = 200
# Deeper ones stand beside their parents: nobody reads further, and templates call themselves.
DEEPEST = 8


@dataclass(slots=True)
class Node:
    """A sitemap; `pages` are its own and of those it names, `share` is their part of all, in percent."""

    url: str
    href: str
    kind: str
    own: int
    problem: str
    notes: list[str]
    depth: int = 0
    pages: int = 0
    share: float = 0.0
    below: list["Node"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SitemapTree:
    roots: list[Node]
    pages: int
    files: int
    counts: list[tuple[str, int]]
    oldest: datetime | None
    newest: datetime | None
    left_out: str
    sample: list[tuple[str, str]]
    more: int  # Files that are not shown.


_COUNTS = (
    "broken_sitemaps",
    "unchanged",
    "dated",
    "images",
    "videos",
    "news",
    "alternates",
    "foreign",
)
_NAMES = {
    "broken_sitemaps": "Broken sitemaps", "unchanged": "Unchanged sitemaps", "dated": "Pages with a date", "foreign": "Pages on other sites",
    "alternates": "In other languages",
}  # fmt: skip


def tree(result: dict[str, Any]) -> SitemapTree:
    files = mappings(result.get("files"), MOST_FILES, "url")
    nodes = [_node(file) for file in files]
    roots = _nested(nodes, _parents(files, result.get("in_robots")))
    _add_up(roots)
    pages = max(count(result.get("urls")), sum(root.pages for root in roots))
    for node in nodes:
        node.share = round(100 * node.pages / pages, 2) if pages else 0.0
    known = max(count(result.get("sitemaps")), count(result.get("files")))
    return SitemapTree(
        roots,
        pages,
        known,
        [
            (_NAMES.get(name, name.capitalize()), n)
            for name in _COUNTS
            if (n := count(result.get(name)))
        ],
        moment(result.get("oldest")),
        moment(result.get("newest")),
        text(result.get("left_out")),
        [(url, link(url)) for url in texts(result.get("sample"), 20)],
        max(0, known - len(nodes)),
    )


def _node(file: dict[str, Any]) -> Node:
    url = text(file.get("url"), 2_048)
    return Node(
        url or "without an address",
        link(url),
        text(file.get("kind")),
        count(file.get("urls")),
        text(file.get("problem")),
        _notes(file),
    )


def _notes(file: dict[str, Any]) -> list[str]:
    found = text(file.get("found_in"))
    status = number(file.get("status"))
    cut_off = file.get("cut_off") is True or file.get("whole") is False
    notes = [
        f"found in {found}" if found not in ("", "index", "given") else "",
        f"answered {status}" if status and status >= 400 else "",
        "cut off" if cut_off else "",
        "unchanged" if file.get("unchanged") is True else "",
        text(file.get("generator")),
    ]
    return [note for note in notes if note]


def _parents(files: list[dict[str, Any]], in_robots: Any) -> list[str]:
    """Of each file the address of the index that names it, or nothing.

    Older results don't say. Where the reading began at one index and met no other, all else comes from it.
    """
    stated = [text(file.get("parent"), 2_048) for file in files]
    if any("parent" in file or "found_in" in file for file in files) or not files:
        return stated
    first, *others = files
    if not _is_index(first) or any(_is_index(file) for file in others):
        return stated
    # What robots.txt does not name may have been linked on a page: then the index need not know all of it.
    if count(in_robots) > 1 or count(first.get("children")) < len(others):
        return stated
    return ["", *[text(first.get("url"), 2_048)] * len(others)]


def _is_index(file: dict[str, Any]) -> bool:
    return text(file.get("kind")) == "index"


def _nested(nodes: list[Node], parents: list[str]) -> list[Node]:
    """The roots. A parent must come before its children, as it was read before them: no circle can close."""
    roots: list[Node] = []
    above: dict[str, Node] = {}
    for node, parent in zip(nodes, parents, strict=True):
        found = above.get(parent)
        if found is None or found.depth >= DEEPEST:
            roots.append(node)
        else:
            node.depth = found.depth + 1
            found.below.append(node)
        above.setdefault(node.url, node)
    return roots


def _add_up(nodes: list[Node]) -> int:
    for node in nodes:
        node.pages = node.own + _add_up(node.below)
    return sum(node.pages for node in nodes)
