"""Find the e-mail addresses that each site shows: on its contact pages first, however they are written."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.conf import settings
from pydantic import Field

from batches.operation import Context, Result, Row, key_of
from batches.operations import found
from batches.operations.crawl import Crawl, Extent, Read, crawl
from batches.operations.earlier import contacts_recalled
from batches.operations.emails.classify import Classified, classify
from batches.operations.emails.find import Found, find
from batches.operations.found import PageContacts
from batches.operations.html import titles
from batches.operations.html.clean import clean
from batches.operations.html.urls import host
from batches.operations.site_operation import SiteOperation
from batches.operations.suppression import written
from batches.operations.web.fetch import Limits
from batches.operations.web.params import CrawlParams
from batches.operations.web.targets import domain_of

MOST_CONTACTS = 1_000
# One more whenever a page would now be read otherwise.
_RULES = 3


class EmailScanParams(CrawlParams):
    max_pages: int = Field(
        10,
        ge=1,
        le=200,
        title="Pages of a site",
        description="At most: the home page first, then those that say who made it.",
    )
    kinds: str = Field(
        "role corporate free other",
        title="Kinds to keep",
        description="Of role (info@…), corporate (somebody at the site's own domain), free (gmail.com and the like), other.",
        pattern=r"^\s*(role|corporate|free|other)([\s,]+(role|corporate|free|other))*\s*$",
    )


class EmailScan(SiteOperation[EmailScanParams]):
    slug = "email_scan"
    title = "E-mail scan"
    description = "Finds the e-mail addresses that each site shows, on its contact pages first."
    headline = ("addresses", "contacts", "pages", "url")
    params = EmailScanParams

    async def run(self, target: str, params: EmailScanParams, context: Context) -> Result:
        limits = Limits(params.timeout_seconds, robots=params.respect_robots)
        extent = Extent(params.max_pages, params.site_seconds)
        kinds = set(params.kinds.replace(",", " ").split())
        rules = _read_as(kinds)
        known = None if params.reread else contacts_recalled(domain_of(target), rules, context)
        seen = await crawl(self.fetcher, target, limits, extent, _read, known)
        contacts = _contacts(seen, kinds, domain_of(target))
        make = partial(_result, target, context, seen, rules, contacts)
        return await self.lawful(make, seen.is_small, context)


def _read_as(kinds: Collection[str]) -> str:
    """By which rules: what others found, or left out, is not what would be found now."""
    how = "" if settings.CONSOLE_DEOBFUSCATE else " as written"
    return f"{_RULES}{how} {' '.join(sorted(kinds))}"


def _read(read: Read) -> PageContacts:
    found = find(read.document, settings.CONSOLE_DEOBFUSCATE)
    return PageContacts(clean(titles.title(read.document)) or "", found)


@dataclass(frozen=True, slots=True)
class Contact:
    """An address as it was first found, and where."""

    found: Found
    classified: Classified
    source: str


def _contacts(seen: Crawl[PageContacts], kinds: Collection[str], domain: str) -> list[Contact]:
    """Each address once. Of two pages that show one, the first counts, but a name is taken from either."""
    contacts: dict[str, Contact] = {}
    # A site that has moved writes its addresses by either name.
    moved = host(seen.pages[0].answer.url)
    for page in seen.pages:
        for one in page.value.found if page.value else ():
            known = contacts.get(one.address)
            if known is None and len(contacts) < MOST_CONTACTS:
                classified = classify(one.address, domain, moved)
                contacts[one.address] = Contact(one, classified, page.answer.url)
            elif known and one.name and not known.found.name:
                better = replace(known.found, name=one.name)
                contacts[one.address] = replace(known, found=better)
    return [contact for contact in contacts.values() if contact.classified.kind in kinds]


def _result(
    target: str,
    context: Context,
    seen: Crawl[PageContacts],
    rules: str,
    contacts: list[Contact],
    unwanted: Collection[str],
) -> Result:
    kept = [one for one in contacts if written(one.found.address) not in unwanted]
    rows = [*_rows(target, context, seen, kept), *_pages(target, context, seen, rules, kept)]
    return Result(_facts(seen, kept, len(contacts) - len(kept)), rows)


def _facts(seen: Crawl[PageContacts], kept: list[Contact], unwanted: int) -> dict[str, Any]:
    kinds = Counter(contact.classified.kind for contact in kept)
    facts = {
        "url": seen.pages[0].answer.url,
        "addresses": len(kept),
        "kinds": dict(kinds),
        "pages": len(seen.pages),
        "unchanged": sum(page.answer.unchanged for page in seen.pages),
        "contacts": [_line(contact) for contact in kept],
        "suppressed": unwanted,
        "page_problems": dict(list(seen.problems.items())[:200]),
        "left_out": seen.left_out,
        **found.pauses(seen.pages[0].answer),
    }
    always = ("addresses", "pages", "contacts")
    return {name: value for name, value in facts.items() if value or name in always}


def _line(contact: Contact) -> dict[str, Any]:
    return {
        "address": contact.found.address,
        "name": contact.found.name,
        "kind": contact.classified.kind,
        "source": contact.source,
        "how": contact.found.how,
    }


def _rows(
    target: str, context: Context, seen: Crawl[PageContacts], kept: list[Contact]
) -> list[Row]:
    home = seen.pages[0].answer
    domain = found.domain_row(target, context, url=home.url, status=home.status, contacts=len(kept))
    name = domain_of(target)
    contacts = [_contact_row(name, context, contact) for contact in kept]
    return [domain, *contacts, found.scan_row(target, context, EmailScan.slug)]


def _pages(
    target: str, context: Context, seen: Crawl[PageContacts], rules: str, kept: list[Contact]
) -> list[Row]:
    addresses = {contact.found.address for contact in kept}
    read = [page for page in seen.pages if page.value]
    return [found.contacts_page_row(target, context, page, rules, addresses) for page in read]


def _contact_row(domain: str, context: Context, contact: Contact) -> Row:
    address = contact.found.address
    values = {
        "id": key_of(domain, address),
        "domain": domain,
        "batch_id": context.batch_id,
        "address": address,
        "name": contact.found.name,
        "kind": contact.classified.kind,
        "on_domain": contact.classified.on_domain,
        "source_url": contact.source,
        "context": contact.found.context,
        "how": contact.found.how,
    }
    return Row("batches.Contact", values)
