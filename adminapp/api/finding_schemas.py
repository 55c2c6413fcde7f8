"""What the API takes and answers about findings."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from adminapp.api.schemas import Id
from batches.findings import MOST_COUNTED
from batches.lines import printable
from batches.models import Contact as ContactModel
from batches.models import Verdict


def _storable(text: str) -> str:
    if printable(text) != text:
        words = "Nothing that is stored holds a NUL, or half a character"
        raise PydanticCustomError("unstorable", words)
    return text


# No `type` statement: ninja loses the names of query parameters whose type has a name of its own.
Text = Annotated[str, Field(max_length=300), AfterValidator(_storable)]


class AnyFilter(Schema):
    """A filter that is left out, empty or false lets everything pass."""

    model_config = ConfigDict(extra="forbid")

    q: Text = Field("", description="Part of a name, a title or an address.")
    verdict: Verdict | None = None
    domain: Text = Field("", description="The name of one.")
    batch: Id | None = Field(None, description="That has scanned the site.")
    changed: Literal["", "day", "week", "month"] = Field(
        "", description="Only what a scan has found different in the last day, week or month."
    )


class PageFilter(AnyFilter):
    status: Literal["", "ok", "not_ok"] = Field(
        "", description="Whether the server answered with the page, or with an error."
    )
    language: Text = Field("", description="As pages name theirs; “de” stands for “de-AT”, too.")
    contact_form: bool = False


class SitemapFilter(AnyFilter):
    failing: bool = False


class DomainFilter(SitemapFilter):
    technology: Text = ""
    with_contacts: bool = False


class ContactFilter(AnyFilter):
    contact_kind: ContactModel.Kind | None = None


class _Found(Schema):
    verdict: Verdict
    verdict_at: datetime | None
    batch: int | None = Field(validation_alias="batch_id", description="The last that found it.")
    first_seen_at: datetime
    scanned_at: datetime
    changed_at: datetime
    changed: bool = Field(
        validation_alias="has_changed",
        description="Whether any scan has found it different since the first; `changed_at`: when last.",
    )


class _FoundOnSite(_Found):
    id: UUID
    # Not the row of the domain: that would be a query for each.
    domain: str = Field(validation_alias="domain_id")


class Domain(_Found):
    name: str = Field(description="In punycode.")
    url: str
    status: int | None
    problem: str = Field(description="Why the last scan failed; empty: it did not.")
    title: str
    description: str
    language: str
    cms: str
    technologies: list[str]
    favicon: str
    logo: str
    emails: list[str]
    certificate_expires_at: datetime | None
    pages: int | None
    sitemaps: int | None
    sitemap_urls: int | None
    contacts: int | None


class Change(Schema):
    """Of one field, as a line of text each; empty: it was not there."""

    field: str
    before: str
    after: str


class Visit(Schema):
    batch: int | None = Field(description="Null: it is gone.")
    seq: int
    operation: str
    at: datetime
    problem: str
    changes: list[Change] | None = Field(
        description="Against the scan before by the same operation; null: there was none."
    )
    more: int = Field(description="Changes besides those.")


class DomainDetail(Domain):
    phones: list[str]
    social: dict[str, Any] = Field(description="Network → address of the profile.")
    verdict_by: str | None
    history: list[Visit] = Field(description="The last twenty scans, newest first.")


class Page(_FoundOnSite):
    url: str
    status: int | None
    depth: int | None
    title: str
    description: str
    h1: str
    language: str
    canonical: str
    robots: str
    contact_form: bool | None
    word_count: int | None
    links_in: int | None
    links_out: int | None
    author: str
    publisher: str
    published_at: datetime | None
    modified_at: datetime | None
    bytes: int | None
    milliseconds: int | None


class Sitemap(_FoundOnSite):
    url: str
    parent: str
    found_in: str
    kind: str
    generator: str
    problem: str
    status: int | None
    depth: int | None
    bytes: int | None
    packed: bool | None
    whole: bool | None
    urls: int | None
    children: int | None
    images: int | None
    videos: int | None
    news: int | None
    alternates: int | None
    foreign: int | None = Field(description="Pages on other sites.")
    dated: int | None = Field(description="Pages with a date.")
    newest: datetime | None
    oldest: datetime | None
    has_lastmod: bool | None
    has_changefreq: bool | None
    has_priority: bool | None
    lastmod: datetime | None
    milliseconds: int | None
    read_at: datetime | None


class SitemapUrl(Schema):
    url: str
    lastmod: datetime | None
    lastmod_text: str
    changefreq: str
    priority: float | None
    page_type: str = Field(description="A guess by its address; empty: none.")
    images: int
    videos: int
    news: bool
    alternates: int
    details: dict[str, Any] | None = Field(
        description="The first few images, videos, news and alternates, with what is said of them."
    )
    first_seen_at: datetime
    seen_at: datetime
    gone: bool = Field(description="Not there when the sitemap was last read.")


class Contact(_FoundOnSite):
    address: str
    name: str
    kind: str
    on_domain: bool | None
    source_url: str
    context: str
    how: str


class _List(Schema):
    next: str | None = Field(description="The cursor of the next page; null: there is none.")


class DomainList(_List):
    items: list[Domain]


class PageList(_List):
    items: list[Page]


class SitemapList(_List):
    items: list[Sitemap]


class SitemapUrlList(_List):
    items: list[SitemapUrl]


class ContactList(_List):
    items: list[Contact]


class Count(Schema):
    count: int = Field(description=f"Counting ends at {MOST_COUNTED:,}.")
    more: bool = Field(description="Whether there are more than that.")
