"""What was found, as lists: page by page, by key, through filters that an address can carry."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

import ada_url
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from batches.bounded import bounded
from batches.keyset import Listed, Order, page, read_cursor
from batches.models import (
    Contact,
    Domain,
    Page,
    Scan,
    SitemapFile,
    SitemapUrl,
    Suppression,
    Verdict,
)

KINDS: dict[str, type[Domain | Page | SitemapFile | Contact]] = {
    "domains": Domain,
    "pages": Page,
    "sitemaps": SitemapFile,
    "contacts": Contact,
}
# What one of each is called, and many.
WORDS = {
    "domains": ("domain", "domains"),
    "pages": ("page", "pages"),
    "sitemaps": ("sitemap", "sitemaps"),
    "contacts": ("contact", "contacts"),
}
# Beyond this, a number is shown as "more than".
MOST_COUNTED = 10_000
_SEARCHED = {
    Domain: ("name", "title"),
    Page: ("url", "title"),
    SitemapFile: ("url",),
    Contact: ("address", "name"),
}


def encoded(text: str) -> str:
    """As a name is written in the net; as it is where it can't be."""
    try:
        return ada_url.idna_to_ascii(text).decode() or text
    except UnicodeError:
        return text


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows of which list; an empty field means any. Raises nothing: what it doesn't know, it ignores.

    `domain` and `batch` are for all kinds: of that site, and of the sites that the batch has scanned.
    """

    kind: str = "domains"
    q: str = ""
    verdict: str = ""
    domain: str = ""
    batch: int | None = None
    changed: str = ""  # One of PERIODS: found different in the last of them.
    technology: str = ""
    with_contacts: bool = False
    failing: bool = False
    status: str = ""  # One of STATUSES.
    language: str = ""
    contact_form: bool = False
    contact_kind: str = ""

    @classmethod
    def read(cls, kind: str, given: Mapping[str, str]) -> Self:
        """From the query of an address."""
        known = (*_SHARED, *_OWN[kind])
        return cls(kind=kind, **{name: _value(name, given.get(name, "")) for name in known})

    def query(self) -> dict[str, str]:
        """As `read` takes it back."""
        given = {name: value for name, value in asdict(self).items() if name != "kind" and value}
        return {name: "1" if value is True else str(value) for name, value in given.items()}

    def rows(self) -> QuerySet[Any]:
        """All that match, in no order."""
        model = KINDS[self.kind]
        words = Q()
        for name in _SEARCHED[model] if self.q else ():
            words |= Q(**{f"{name}__icontains": self.q})
            if not self.q.isascii():
                # Names are stored in punycode.
                words |= Q(**{f"{name}__icontains": encoded(self.q)})
        return model.objects.filter(words, self._own(), self._shared())

    def _shared(self) -> Q:
        found = Q(verdict=self.verdict) if self.verdict else Q()
        if self.domain:
            name = encoded(self.domain)
            found &= Q(name=name) if self.kind == "domains" else Q(domain=name)
        if self.changed:
            since = timezone.now() - PERIODS[self.changed]
            found &= Q(changed_at__gte=since, changed_at__gt=F("first_seen_at"))
        if self.batch is not None:
            site = OuterRef("pk" if self.kind == "domains" else "domain_id")
            found &= Q(Exists(Scan.objects.filter(batch_id=self.batch, domain=site)))
        return found

    def _own(self) -> Q:
        found = Q()
        for name in _OWN[self.kind]:
            if value := getattr(self, name):
                found &= _CONDITIONS[name](value)
        return found


PERIODS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
STATUSES = ("ok", "not_ok")
_SHARED = ("q", "verdict", "domain", "batch", "changed")
_OWN = {
    "domains": ("technology", "with_contacts", "failing"),
    "pages": ("status", "language", "contact_form"),
    "sitemaps": ("failing",),
    "contacts": ("contact_kind",),
}
_CONDITIONS: dict[str, Callable[[Any], Q]] = {
    "technology": lambda name: Q(technologies__contains=[name]),
    "with_contacts": lambda _: Q(contacts__gt=0),
    "failing": lambda _: ~Q(problem=""),
    "status": lambda which: Q(status__lt=400) if which == "ok" else Q(status__gte=400),
    # Who asks for "de" means "de-AT", too.
    "language": lambda code: Q(language__iexact=code) | Q(language__istartswith=f"{code}-"),
    "contact_form": lambda _: Q(contact_form=True),
    "contact_kind": lambda kind: Q(kind=kind),
}
_CHOICES = {"verdict": Verdict.values, "status": STATUSES, "contact_kind": Contact.Kind.values}
_FLAGS = ("with_contacts", "failing", "contact_form")


def _value(name: str, given: str) -> Any:
    text = given.replace("\0", "").strip()[:300]
    if name == "batch":
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
    if name in _FLAGS:
        return text not in ("", "0")
    if name == "changed":
        # Old links have a 1 there. A month hides least.
        return text if text in ("", *PERIODS) else "" if text == "0" else "month"
    return text if text in _CHOICES.get(name, (text,)) else ""


# What no list shows.
_HEAVY = {
    Domain: ("social", "phones"),
    Page: ("data", "schema_types", "body_sha256"),
    SitemapFile: ("body_sha256",),
    Contact: (),
}
SORTS = ("site", "scanned", "changed")
URLS = Order(("digest",))


def order_of(kind: str, sort: str = "site") -> Order:
    """By site and then by key, or newest first by when it was scanned or changed last. An unknown one is "site"."""
    key = "name" if kind == "domains" else "id"
    if sort in SORTS[1:]:
        return Order((f"{sort}_at", key), newest_first=True)
    return Order((key,) if kind == "domains" else ("domain_id", key))


@bounded
def listed(chosen: Filter, cursor: str = "", limit: int = 50, sort: str = "site") -> Listed:
    """`cursor` as the page before gave it, in the same order; one that is none begins at the beginning."""
    rows = chosen.rows().defer(*_HEAVY[KINDS[chosen.kind]])
    return page(rows, order_of(chosen.kind, sort), cursor, limit)


def is_cursor(kind: str, cursor: str, sort: str) -> bool:
    return read_cursor(KINDS[kind], order_of(kind, sort), cursor) is not None


@bounded
def urls_of(
    sitemap: SitemapFile, page_type: str = "", cursor: str = "", limit: int = 100
) -> Listed:
    """The pages that a sitemap names, all or of one type, in no order that means anything."""
    return page(urls(sitemap, page_type), URLS, cursor, limit)


def urls(sitemap: SitemapFile, page_type: str) -> QuerySet[SitemapUrl]:
    rows = SitemapUrl.objects.filter(sitemap=sitemap)
    return rows.filter(page_type=page_type) if page_type else rows


@bounded
def suppressions(cursor: str = "", limit: int = 100) -> Listed:
    """Those who asked not to be listed, in the order of the alphabet."""
    rows = Suppression.objects.select_related("created_by")
    return page(rows, Order(("entry",)), cursor, limit)


def read_keys(kind: str, texts: Iterable[str]) -> list[Any]:
    """Keys as a form sends them; what is none is left out."""
    if kind == "domains":
        return [text for text in texts if text and "\0" not in text]
    return [key for text in texts if (key := _uuid(text)) is not None]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@bounded
def counted(chosen: Filter) -> int:
    """How many match; no more than one past MOST_COUNTED are looked at."""
    return chosen.rows()[: MOST_COUNTED + 1].count()


def some(count: int, kind: str) -> str:
    return f"{count:,} {WORDS[kind][0 if count == 1 else 1]}"


def how_many(chosen: Filter) -> tuple[int, str]:
    """As `counted` counts, and in words."""
    count = counted(chosen)
    many = f"more than {MOST_COUNTED:,} {WORDS[chosen.kind][1]}"
    return count, many if count > MOST_COUNTED else some(count, chosen.kind)


@bounded
def matching(chosen: Filter, most: int) -> list[Any]:
    """The keys of the first that match: to act on what was counted, whatever a scan adds meanwhile."""
    rows = order_of(chosen.kind).sorted(chosen.rows())
    return list(rows.values_list("pk", flat=True)[:most])


@bounded
def unknown(kind: str, keys: list[Any]) -> list[Any]:
    """Those of the keys that nothing has."""
    known = set(KINDS[kind].objects.filter(pk__in=keys).values_list("pk", flat=True))
    return [key for key in keys if key not in known]
