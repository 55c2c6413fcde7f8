"""Microdata as objects of the shape that JSON-LD has. https://html.spec.whatwg.org/multipage/microdata.html"""

from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

_MAX_ELEMENTS, _MAX_UP, _MAX_TEXT = 5_000, 60, 2_048
_ADDRESSES = {
    "a": "href", "area": "href", "link": "href", "img": "src", "audio": "src", "video": "src",
    "embed": "src", "iframe": "src", "source": "src", "object": "data", "time": "datetime",
    "data": "value", "meter": "value", "meta": "content",
}  # fmt: skip

type Item = dict[str, Any]


def items(tree: LexborHTMLParser) -> list[Item]:
    """Those that are no property of another, each with all that is inside."""
    scopes: dict[int, Item] = {}
    found = []
    for node in tree.css("[itemscope], [itemprop]")[:_MAX_ELEMENTS]:
        # What both selectors match is found twice.
        if node.mem_id in scopes:
            continue
        attributes = node.attributes
        owner = _owner(node, scopes) if scopes else None
        value: Any = None
        if "itemscope" in attributes:
            value = scopes[node.mem_id] = _item(attributes)
            if owner is None or not attributes.get("itemprop"):
                found.append(value)
        names = (attributes.get("itemprop") or "").split()[:5]
        if owner is not None and names:
            _add(owner, names, _value(node, attributes) if value is None else value)
    return found


def _item(attributes: dict[str, str | None]) -> Item:
    item: Item = {}
    if kinds := (attributes.get("itemtype") or "").split()[:5]:
        item["@type"] = kinds
    if name := attributes.get("itemid"):
        item["@id"] = name
    return item


def _owner(node: LexborNode, scopes: dict[int, Item]) -> Item | None:
    parent = node.parent
    for _ in range(_MAX_UP):
        if parent is None:
            return None
        if (found := scopes.get(parent.mem_id)) is not None:
            return found
        parent = parent.parent
    return None


def _value(node: LexborNode, attributes: dict[str, str | None]) -> str:
    # Outside of meta, "content" is no part of the standard; shops use it to say what a price is.
    stated = attributes.get("content") or attributes.get(_ADDRESSES.get(node.tag or "", "content"))
    return " ".join((stated or node.text())[: _MAX_TEXT * 2].split())[:_MAX_TEXT]


def _add(item: Item, names: list[str], value: Any) -> None:
    for name in names:
        item.setdefault(name, []).append(value)
