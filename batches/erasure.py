"""Taking somebody who asked not to be listed out of all that was found: sites, their pages, contacts, results."""

import asyncio
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import reduce
from itertools import batched
from operator import or_
from typing import Any
from urllib.parse import quote

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Exists, Func, Model, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Now

from batches.models import (
    Attempt,
    Contact,
    Domain,
    FailureGroup,
    Icon,
    Item,
    Page,
    Scan,
    SitemapFile,
    SitemapUrl,
    Suppression,
)
from batches.models.sitemaps import NAMING
from batches.operations.suppression import GONE, named_by, spellings, without

# Rows held in memory at once: a result may have hundreds of kilobytes.
_LOT = 100
# Where sites are quoted.
_TEXTS: dict[type[Model], tuple[str, ...]] = {
    Domain: (
        "url", "problem", "title", "description", "favicon", "logo", "emails", "phones", "social",
    ),
    Page: (
        "url", "title", "description", "h1", "canonical", "robots", "author", "publisher", "schema_types", "data",
    ),
    Contact: ("name", "source_url", "context"),
    Scan: ("problem",),
    SitemapFile: ("url", "parent", "problem", "generator"),
    SitemapUrl: ("url", "lastmod_text", "details"),
    Icon: ("url",),
    # Of scans, errors name nobody; those of before may.
    FailureGroup: ("message",),
    Item: ("result", "error"),
    Attempt: ("message", "trace"),
}  # fmt: skip
# Where each of them says which site it is about, or is one.
_SITES: dict[Any, str] = {
    Domain: "pk", Page: "domain_id", Contact: "domain_id", Scan: "domain_id", SitemapFile: "domain_id",
}  # fmt: skip
# Its own address names it: of what is at that of somebody, nothing is left.
_PLACES = (Page, SitemapFile, SitemapUrl, Icon)


def erase(entry: str) -> int:
    """How many contacts went. `entry` is an address, or "@example.com" for all of them there, as `written` gives it.

    Of all sites, pages, contacts and sitemaps the short columns are looked through, which takes ten seconds for a
    million of each, and of the pages that sitemaps name those that have an address in them, which an index knows; of
    the sites that show an address, and of the one at its host, all that there is. Safe to repeat.
    """
    contacts = Contact.objects.filter(
        _any("address__iendswith" if entry.startswith("@") else "address", spellings(entry))
    )
    with _unhurried():
        sites = _showing(entry, contacts)
    gone = 0
    for some in batched(sorted(sites), _LOT, strict=False):
        # Scans wait for one lot and no longer. All of a site at once: who goes on after a crash finds it by its texts.
        with _unhurried() as cursor:
            # Two that erase the same would each hold rows that the other wants, and one of them fail.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [Suppression.ERASING])
            gone += contacts.filter(domain_id__in=some).delete()[0]
            for rows in _all_of(some):
                _take_out(rows, entry)
    Suppression.objects.filter(pk=entry).update(erased_at=Now())
    return gone


async def finish() -> None:
    """What was not done, because a process ended in the middle of it. One entry after the other: in between, it can be stopped."""
    while await asyncio.to_thread(_finish_one):
        pass


def _finish_one() -> bool:
    # Any of them: another process may be at it as well.
    left = Suppression.objects.filter(erased_at=None).order_by("?")
    try:
        if entry := left.values_list("pk", flat=True).first():
            erase(entry)
        return entry is not None
    finally:
        # Of a thread that nobody else may ever use.
        connection.close()


@contextmanager
def _unhurried() -> Iterator[CursorWrapper]:
    """A transaction that may take longer than a page may."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL lock_timeout = 0")
        yield cursor


def _all_of(sites: Collection[str]) -> tuple[QuerySet[Any], ...]:
    scans = Scan.objects.filter(domain_id__in=sites, batch_id=OuterRef("batch_id"))
    items = Exists(scans.filter(seq=OuterRef("seq")))
    return (
        *(model.objects.filter(**{f"{key}__in": sites}) for model, key in _SITES.items()),
        SitemapUrl.objects.filter(NAMING, sitemap__domain_id__in=sites),
        Icon.objects.filter(pk__in=sites),
        FailureGroup.objects.filter(Exists(scans)),
        Item.objects.filter(items),
        Attempt.objects.filter(items),
    )


def _any(lookup: str, texts: Collection[str]) -> Q:
    return reduce(or_, (Q(**{lookup: text}) for text in texts))


def _showing(entry: str, contacts: QuerySet[Contact]) -> set[str]:
    sites = _hosts(entry)
    sites.update(contacts.values_list("domain_id", flat=True))
    for model, key in _SITES.items():
        # The data of a million pages would take a minute.
        columns = [column for column in _TEXTS[model] if column != "data"]
        found = _matching(model.objects.all(), columns, _as_written(entry))
        sites.update(found.values_list(key, flat=True))
    named = _matching(SitemapUrl.objects.filter(NAMING), _TEXTS[SitemapUrl], _as_written(entry))
    sites.update(named.values_list("sitemap__domain_id", flat=True))
    return sites


def _take_out(rows: QuerySet[Any], entry: str) -> None:
    columns = _TEXTS[rows.model]
    keys = list(_matching(rows, columns, _however_written(entry)).values_list("pk", flat=True))
    for some in batched(keys, _LOT, strict=False):
        # Scans write the same rows: what they find meanwhile must not be put back.
        found = rows.filter(pk__in=some).order_by("pk").select_for_update().only("pk", *columns)
        changes = {row: _changed(row, columns, named_by(entry)) for row in found}
        # A page whose own address names somebody is about nobody else.
        named = [
            row.pk for row, changed in changes.items() if rows.model in _PLACES and "url" in changed
        ]
        kept = [row for row, changed in changes.items() if changed and row.pk not in named]
        if kept:
            rows.model.objects.bulk_update(kept, set().union(*(changes[row] for row in kept)))
        if named:
            rows.model.objects.filter(pk__in=named).delete()


def _changed(row: Any, columns: Collection[str], unwanted: Callable[[str], object]) -> set[str]:
    """The columns that have something of them, which is gone from the row."""
    before = {column: getattr(row, column) for column in columns}
    after = without(before, unwanted)
    changed = {column for column, value in before.items() if after.get(column, GONE) != value}
    for column in changed:
        # Of a text, nothing may be left.
        setattr(row, column, after.get(column, type(before[column])()))
    return changed


def _matching(rows: QuerySet[Any], columns: Collection[str], expression: str) -> Any:
    texts = Func(Value(" "), *columns, function="concat_ws", output_field=TextField())
    return rows.annotate(texts=texts).filter(texts__iregex=expression)


def _as_written(entry: str) -> str:
    """An expression for what no other text is likely to match."""
    local = entry.rpartition("@")[0]
    return f"{_either({local})}(@|%(25)?40){_either(_hosts(entry))}"


def _however_written(entry: str) -> str:
    """An expression for all that `without` may find, and for more: signs and dots may be words."""
    local = entry.rpartition("@")[0]
    names = ".{1,9}".join(_either({part}) for part in local.split("."))
    before = f"{names}.{{1,30}}" if local else "(^|40|[^[:alnum:]])"
    first, top = ({host.split(".")[part] for host in _hosts(entry)} for part in (0, -1))
    return f"{before}{_either(first)}[^[:alnum:]].{{0,60}}{_either(top)}"


def _hosts(entry: str) -> set[str]:
    return {text.rpartition("@")[2] for text in spellings(entry)}


def _either(texts: Collection[str]) -> str:
    """Any of these, or as they are in the address of a link."""
    return (
        f"({'|'.join(sorted({re.escape(form) for text in texts for form in (text, quote(text))}))})"
    )
