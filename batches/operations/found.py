"""The typed rows in which scans leave what they found: sites, their pages, and that they were there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from batches.operation import Context, Row, key_of
from batches.operations.crawl import Seen
from batches.operations.emails.find import Found
from batches.operations.frontier import Lead
from batches.operations.web import gate
from batches.operations.web.client import Answer
from batches.operations.web.targets import domain_of

# Fields of a page that can be asked for in lists; the others stand in its `data`.
COLUMNS = frozenset({
    "title", "description", "h1", "language", "canonical", "schema_types", "contact_form", "word_count",
    "links_in", "links_out", "author", "publisher",
})  # fmt: skip
# Fields that only some pages have.
SOMETIMES = ("wordpress", "published_raw", "modified_raw", "last_modified_raw", "partly_read")
# In the data of a page, what e-mail scans keep of their visits.
CONTACTS = "contacts_seen"
MOST_LISTED = 200
_EMPTY: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class PageContacts:
    """What an e-mail scan reads of a page."""

    title: str
    found: list[Found]


def scan_row(target: str, context: Context, operation: str, problem: str = "") -> Row:
    values = {"batch_id": context.batch_id, "seq": context.seq, "domain": domain_of(target)}
    return Row("batches.Scan", {**values, "operation": operation, "problem": problem})


def failure_rows(target: str, problem: str, context: Context, operation: str) -> Sequence[Row]:
    """That a site could not be scanned, and why; what was known of it stays."""
    name = domain_of(target)
    values = {"name": name, "problem": problem, "batch_id": context.batch_id}
    return [Row("batches.Domain", values), scan_row(target, context, operation, problem)]


def pauses(answer: Answer) -> dict[str, float]:
    """What the robots.txt of a site asks for between two visits, in seconds, and what it got."""
    asked = answer.crawl_delay
    return {"crawl_delay": asked, "crawl_delay_kept": min(asked, gate.MAX_DELAY)} if asked else {}


def domain_row(target: str, context: Context, **values: Any) -> Row:
    return Row(
        "batches.Domain",
        {"name": domain_of(target), "problem": "", "batch_id": context.batch_id, **values},
    )


def page_row(target: str, context: Context, seen: Seen[dict[str, Any]]) -> Row:
    """Of a page that was read; of one that the server says is as it was, only that it was seen again."""
    answer, facts = seen.answer, seen.value or {}
    identity = _page(target, context, answer.url)
    if answer.unchanged:
        return Row("batches.Page", {**identity, **_still_there(facts)})
    columns = {name: facts.get(name) for name in sorted(COLUMNS)}
    values = {
        **identity,
        "status": answer.status,
        "depth": seen.depth,
        "robots": (facts.get("robots") or {}).get("meta"),
        "published_at": _moment(facts.get("published")),
        "modified_at": _moment(facts.get("modified")),
        "bytes": len(answer.body),
        "milliseconds": answer.milliseconds,
        "etag": answer.headers.get("etag", "")[:500],
        "last_modified_header": answer.headers.get("last-modified", "")[:100],
        "body_sha256": sha256(answer.body).digest(),
        "data": _data({**facts, "leads": _leads(seen)}),
    }
    return Row("batches.Page", {**columns, **values})


def _still_there(facts: dict[str, Any]) -> dict[str, datetime | None]:
    """What is not written again has been seen again."""
    now = datetime.now(UTC)
    return {f"{part}_at": now if facts.get(part) else None for part in ("emails", "schema")}


def contacts_page_row(
    target: str, context: Context, seen: Seen[PageContacts], read_as: str, kept: Collection[str]
) -> Row:
    """Beside what page scans keep of the page; of contacts only which, for they can be forgotten by themselves."""
    answer, contacts = seen.answer, seen.value
    identity = _page(target, context, answer.url)
    if answer.unchanged or contacts is None:
        return Row("batches.Page", identity)
    domain = domain_of(target)
    visit = {
        "read_as": read_as,
        "etag": answer.headers.get("etag", "")[:500],
        "last_modified": answer.headers.get("last-modified", "")[:100],
        "sha256": sha256(answer.body).hexdigest(),
        "keys": [str(key_of(domain, one.address)) for one in contacts.found if one.address in kept],
        "leads": _leads(seen),
    }
    values = {"status": answer.status, "depth": seen.depth, "title": contacts.title}
    return Row("batches.Page", {**identity, **values, "data": {CONTACTS: visit}})


def _page(target: str, context: Context, url: str) -> dict[str, Any]:
    domain = domain_of(target)
    identity = {"id": key_of(domain, url), "domain": domain, "url": url}
    return {**identity, "batch_id": context.batch_id}


def _leads(seen: Seen[Any]) -> Sequence[Lead] | None:
    # A page that leads to more is read again each time.
    few = seen.leads is not None and len(seen.leads) <= MOST_LISTED
    return seen.leads if few else None


def _data(facts: dict[str, Any]) -> dict[str, Any]:
    """What has no column, and what was `empty` this time: what was there before is not overwritten by it."""
    empty = {name: value for name, value in facts.items() if value in _EMPTY}
    absent = {name: None for name in SOMETIMES if name not in facts}
    kept = facts.keys() - COLUMNS - {"unchanged"}
    others = {name: _listed(facts[name]) for name in sorted(kept)}
    return {**others, "empty": {**absent, **empty}}


def _listed(value: Any) -> Any:
    return value[:MOST_LISTED] if isinstance(value, list) else value


def _moment(text: Any) -> datetime | None:
    """Of what was found as text; one without a zone says too little."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None
