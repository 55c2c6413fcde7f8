"""What an earlier scan has read of a page: good for as long as the page stays as it was."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from batches.operation import Context, key_of
from batches.operations.crawl import Read
from batches.operations.found import COLUMNS, SOMETIMES
from batches.operations.html.page import read_as
from batches.operations.web.fetch import NOTHING, Known
from batches.operations.web.targets import domain_of, is_url, ways_to


@dataclass(frozen=True, slots=True)
class Earlier:
    """`row` is that of the page; empty if there is none that is still good."""

    row: dict[str, Any]

    @property
    def known(self) -> Known:
        return Known(self.row["etag"], self.row["last_modified_header"]) if self.row else NOTHING

    @property
    def facts(self) -> dict[str, Any]:
        """As they were read, and that nothing has changed."""
        columns = {name: self.row[name] for name in (*COLUMNS, "status", "bytes")}
        facts = {**columns, **self.row["data"], **self.row["data"]["empty"]}
        for name in ("empty", *(name for name in SOMETIMES if facts.get(name) is None)):
            facts.pop(name, None)
        return {**facts, "content_type": "text/html", "unchanged": True}

    def is_of(self, read: Read) -> bool:
        """Whether the very same page came again, without a server that says so."""
        same = bool(self.row) and self.row["url"] == read.answer.url
        return same and bytes(self.row["body_sha256"] or b"") == sha256(read.answer.body).digest()


NEVER = Earlier({})


async def earlier(target: str, deobfuscate: bool, context: Context) -> Earlier:
    """One question, for all ways to the page; nothing of it if it would be read otherwise now."""
    domain, rules = domain_of(target), read_as(deobfuscate)
    keys = [key_of(domain, address) for address in _addresses(target)]
    rows = await context.storage.load("batches.Page", keys)
    found = (rows[key] for key in keys if key in rows)
    return next((Earlier(row) for row in found if row["data"].get("read_as") == rules), NEVER)


def _addresses(target: str) -> list[str]:
    if is_url(target):
        return [target]
    end = "" if "/" in target else "/"
    return [f"{scheme}://{place}{end}" for scheme, place in ways_to(target)]
