"""What earlier scans have made of pages: good for as long as a page stays as it was, and is read by the same rules."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from batches.operation import Context, key_of
from batches.operations.crawl import Recall, Remembered
from batches.operations.emails.find import Found
from batches.operations.found import COLUMNS, CONTACTS, SOMETIMES, PageContacts
from batches.operations.web.fetch import Known

# Parts of a row's data that retention takes out of it, and that are no facts of a page.
_FORGOTTEN, _NO_FACTS = frozenset({"emails", "schema"}), ("empty", "leads", CONTACTS)


def facts_recalled(
    domain: str, read_as: str, context: Context, *, leads: bool
) -> Recall[dict[str, Any]]:
    """What page scans have read; with `leads`, only of pages of which it is known where they lead."""

    async def recall(urls: Sequence[str]) -> Mapping[str, Remembered[dict[str, Any]]]:
        rows = await _rows(domain, urls, context)
        found = {url: _facts_of(row) for url, row in rows.items() if _is_whole(row, read_as)}
        return {url: one for url, one in found.items() if not leads or one.leads is not None}

    return recall


def contacts_recalled(domain: str, read_as: str, context: Context) -> Recall[PageContacts]:
    """What e-mail scans have found. A contact that is gone is looked for again: people may have had it removed."""

    async def recall(urls: Sequence[str]) -> Mapping[str, Remembered[PageContacts]]:
        rows = await _rows(domain, urls, context)
        rows = {url: row for url, row in rows.items() if _is_as(row, read_as)}
        keys = {UUID(key) for row in rows.values() for key in row["data"][CONTACTS]["keys"]}
        contacts = await context.storage.load("batches.Contact", sorted(keys)) if keys else {}
        found = {url: _contacts_of(row, contacts) for url, row in rows.items()}
        return {url: remembered for url, remembered in found.items() if remembered}

    return recall


async def _rows(domain: str, urls: Sequence[str], context: Context) -> dict[str, dict[str, Any]]:
    keys = [key_of(domain, url) for url in urls]
    rows = await context.storage.load("batches.Page", keys)
    return {row["url"]: row for row in rows.values()}


def _is_whole(row: dict[str, Any], read_as: str) -> bool:
    return row["data"].get("read_as") == read_as and _data(row).keys() >= _FORGOTTEN


def _data(row: dict[str, Any]) -> dict[str, Any]:
    """With what was empty."""
    return {**row["data"], **row["data"].get("empty", {})}


def _facts_of(row: dict[str, Any]) -> Remembered[dict[str, Any]]:
    data = _data(row)
    columns = {name: row[name] for name in (*COLUMNS, "status", "bytes")}
    absent = (name for name in SOMETIMES if data.get(name) is None)
    facts = {**columns, **data, "content_type": "text/html", "unchanged": True}
    for name in (*_NO_FACTS, *absent):
        facts.pop(name, None)
    known = Known(row["etag"], row["last_modified_header"])
    sha256 = bytes(row["body_sha256"] or b"")
    return Remembered(row["url"], known, sha256, facts, data.get("leads"))


def _is_as(row: dict[str, Any], read_as: str) -> bool:
    visit = row["data"].get(CONTACTS) or {}
    return visit.get("read_as") == read_as and visit["leads"] is not None


def _contacts_of(
    row: dict[str, Any], contacts: Mapping[UUID, Mapping[str, Any]]
) -> Remembered[PageContacts] | None:
    visit = row["data"][CONTACTS]
    found = [contacts[UUID(key)] for key in visit["keys"] if UUID(key) in contacts]
    if len(found) < len(visit["keys"]):
        return None
    shown = [Found(one["address"], one["name"], one["context"], one["how"]) for one in found]
    known = Known(visit.get("etag", ""), visit.get("last_modified", ""))
    sha256 = bytes.fromhex(visit["sha256"])
    return Remembered(row["url"], known, sha256, PageContacts(row["title"], shown), visit["leads"])
