"""Results of the shipped operations as something to look at instead of a list of names and values."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adminapp.console import sitemap_tree
from adminapp.console.page_list import Pages, pages
from adminapp.console.readings import count, link, mapping, mappings, text
from adminapp.console.site_card import site_card
from batches.models import Contact

MOST_CONTACTS = 500
_KINDS = dict(Contact.Kind.choices)


@dataclass(frozen=True, slots=True)
class Found:
    """An address; `source` is a link to the page that shows it, or empty."""

    address: str
    kind: str
    name: str
    source: str
    how: str


@dataclass(frozen=True, slots=True)
class ContactTable:
    contacts: list[Found]
    kinds: list[tuple[str, int]]
    left_out: str
    pages: Pages
    more: int  # Contacts that are not shown.


@dataclass(frozen=True, slots=True)
class Preview:
    template: str
    shown: Any


def preview(slug: str, result: Any) -> Preview | None:
    """None for an operation that has none, and for a result with nothing in it."""
    make = _PREVIEWS.get(slug)
    if make is None or not isinstance(result, dict) or not result:
        return None
    return Preview(f"previews/{slug}.html", make(result))


def contact_table(result: dict[str, Any]) -> ContactTable:
    listed = result.get("contacts") or result.get("addresses") or result.get("emails")
    rows = [_contact(row) for row in mappings(listed, MOST_CONTACTS, "address")]
    contacts = [row for row in rows if row.address]
    return ContactTable(
        contacts,
        _kinds(result.get("kinds"), contacts),
        text(result.get("left_out")),
        pages(result),
        max(0, count(listed) - MOST_CONTACTS),
    )


def _contact(row: dict[str, Any]) -> Found:
    kind = text(row.get("kind"))
    return Found(
        text(row.get("address") or row.get("email")),
        _KINDS.get(kind, kind),
        text(row.get("name")),
        link(row.get("source") or row.get("source_url")),
        text(row.get("how")),
    )


def _kinds(stated: Any, contacts: list[Found]) -> list[tuple[str, int]]:
    """As the result counts them; for want of that, as they are listed."""
    counts = {text(kind): count(of_kind) for kind, of_kind in list(mapping(stated).items())[:20]}
    if not counts:
        for contact in contacts:
            counts[contact.kind] = counts.get(contact.kind, 0) + 1
    return [(kind, number) for kind, number in counts.items() if kind and number]


_PREVIEWS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "page_scan": site_card,
    "sitemap_scan": sitemap_tree.tree,
    "email_scan": contact_table,
}
