"""What was found, as lists: page by page, by key, through filters that an address can carry."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from batches.bounded import bounded
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
_EXPORT_PAGE = 1_000


def encoded(text: str) -> str:
    """As a name is written in the net; as it is where it can't be."""
    try:
        return text.encode("idna").decode()
    except UnicodeError:
        return text


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows of which list; an empty field means any. Raises nothing: what it doesn't know, it ignores.

    `domain` and `batch` are for all kinds; of domains, `batch` means any batch that has scanned them, of
    the others the last that found them.
    """

    kind: str = "domains"
    q: str = ""
    verdict: str = ""
    domain: str = ""
    batch: int | None = None
    technology: str = ""
    contact_kind: str = ""
    with_contacts: bool = False
    failing: bool = False
    changed: bool = False

    @classmethod
    def read(cls, kind: str, given: Mapping[str, str]) -> Self:
        """From the query of an address."""
        text = {name: given.get(name, "").replace("\0", "").strip()[:300] for name in _TEXTS}
        flags = {name: given.get(name, "") not in ("", "0") for name in _FLAGS}
        batch = given.get("batch", "")
        number = int(batch) if batch.isascii() and batch.isdecimal() and len(batch) < 19 else None
        if text["verdict"] not in Verdict.values:
            text["verdict"] = ""
        return cls(kind=kind, batch=number, **text, **flags)  # type: ignore[arg-type]

    def query(self) -> dict[str, str]:
        """As `read` takes it back."""
        given = {name: value for name, value in asdict(self).items() if name != "kind" and value}
        return {name: "1" if value is True else str(value) for name, value in given.items()}

    def rows(self) -> QuerySet[Any]:
        """All that match, in the order of their keys."""
        model = KINDS[self.kind]
        words = Q()
        for name in _SEARCHED[model] if self.q else ():
            words |= Q(**{f"{name}__icontains": self.q})
            if not self.q.isascii():
                # Names are stored in punycode.
                words |= Q(**{f"{name}__icontains": encoded(self.q)})
        found = model.objects.filter(words, self._own(), self._shared())
        return found.order_by("pk")

    def _shared(self) -> Q:
        found = Q(verdict=self.verdict) if self.verdict else Q()
        if self.domain:
            name = encoded(self.domain)
            found &= Q(name=name) if self.kind == "domains" else Q(domain=name)
        if self.changed:
            found &= Q(changed_at__gte=F("scanned_at"), changed_at__gt=F("first_seen_at"))
        if self.batch is None:
            return found
        if self.kind == "domains":
            return found & Q(
                Exists(Scan.objects.filter(batch_id=self.batch, domain=OuterRef("pk")))
            )
        return found & Q(batch_id=self.batch)

    def _own(self) -> Q:
        found = Q()
        if self.kind == "domains":
            if self.technology:
                found &= Q(technologies__contains=[self.technology])
            if self.with_contacts:
                found &= Q(contacts__gt=0)
            if self.failing:
                found &= ~Q(problem="")
        elif self.kind == "sitemaps" and self.failing:
            found &= ~Q(problem="")
        elif self.kind == "contacts" and self.contact_kind:
            found &= Q(kind=self.contact_kind)
        return found


_TEXTS = ("q", "verdict", "domain", "technology", "contact_kind")
_FLAGS = ("with_contacts", "failing", "changed")
# What no list shows.
_HEAVY = {
    Domain: ("social", "phones"),
    Page: ("data", "schema_types", "body_sha256"),
    SitemapFile: ("body_sha256",),
    Contact: (),
}


@dataclass(frozen=True, slots=True)
class Listed:
    """`next` is the key after which the next page begins; None: there is none."""

    rows: list[Any]
    next: str | None


@bounded
def listed(chosen: Filter, cursor: str = "", limit: int = 50) -> Listed:
    """By key. `cursor` as the page before gave it; one that is no key begins at the beginning."""
    heavy = _HEAVY[KINDS[chosen.kind]]
    after = next(iter(read_keys(chosen.kind, [cursor])), None)
    return _page(chosen.rows().defer(*heavy), after, limit, "pk")


@bounded
def urls_of(
    sitemap: SitemapFile, page_type: str = "", cursor: str = "", limit: int = 100
) -> Listed:
    """The pages that a sitemap names, all or of one type, in no order that means anything."""
    return _page(_urls(sitemap, page_type), _uuid(cursor), limit, "digest")


def exported_urls(
    sitemap: SitemapFile, page_type: str, columns: tuple[str, ...]
) -> Iterator[list[tuple[Any, ...]]]:
    """As `exported`."""
    return _exported(_urls(sitemap, page_type), columns, "digest")


def _urls(sitemap: SitemapFile, page_type: str) -> QuerySet[SitemapUrl]:
    rows = SitemapUrl.objects.filter(sitemap=sitemap).order_by("digest")
    return rows.filter(page_type=page_type) if page_type else rows


@bounded
def suppressions(cursor: str = "", limit: int = 100) -> Listed:
    """Those who asked not to be listed, in the order of the alphabet."""
    rows = Suppression.objects.select_related("created_by").order_by("entry")
    return _page(rows, cursor.replace("\0", ""), limit, "entry")


def _page(rows: QuerySet[Any], after: Any, limit: int, key: str) -> Listed:
    found = list((rows if after is None else rows.filter(**{f"{key}__gt": after}))[: limit + 1])
    shown = found[:limit]
    last = getattr(shown[-1], key) if len(found) > limit else None
    return Listed(shown, None if last is None else str(last))


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
    return list(chosen.rows().values_list("pk", flat=True)[:most])


@bounded
def unknown(kind: str, keys: list[Any]) -> list[Any]:
    """Those of the keys that nothing has."""
    known = set(KINDS[kind].objects.filter(pk__in=keys).values_list("pk", flat=True))
    return [key for key in keys if key not in known]


def exported(chosen: Filter, columns: tuple[str, ...]) -> Iterator[list[tuple[Any, ...]]]:
    """All that match, 1,000 at a time, each page a query of its own: a download holds no transaction open."""
    return _exported(chosen.rows(), columns, "pk")


def _exported(
    rows: QuerySet[Any], columns: tuple[str, ...], key: str
) -> Iterator[list[tuple[Any, ...]]]:
    after = None
    while True:
        following = rows if after is None else rows.filter(**{f"{key}__gt": after})
        page = list(following.values_list(key, *columns)[:_EXPORT_PAGE])
        if not page:
            return
        yield [row[1:] for row in page]
        after = page[-1][0]


def names(chosen: Filter) -> Iterator[str]:
    """The domains of all that match, each once."""
    column = "name" if chosen.kind == "domains" else "domain_id"
    # A cursor on the server would need a connection of its own behind a pooler: by key instead.
    rows, after = chosen.rows().order_by(column).values_list(column, flat=True).distinct(), ""
    while page := list(rows.filter(**{f"{column}__gt": after})[:_EXPORT_PAGE]):
        yield from page
        after = page[-1]
