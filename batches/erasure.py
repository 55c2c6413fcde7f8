"""Taking somebody who asked not to be listed out of all that was found: sites, their pages, contacts, results."""

from collections.abc import Callable, Collection
from functools import reduce
from itertools import batched
from operator import or_
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast

from batches.models import Contact, Domain, Item, Page, Scan
from batches.operations.suppression import spellings, without

# Rows held in memory at once: a result may have hundreds of kilobytes.
_LOT = 100


def erase(entry: str) -> int:
    """How many contacts went. `entry` is an address, or "@example.com" for all of them there, as `written` gives it.

    Within the caller's transaction. Every list of sites is looked through, which takes seconds for millions.
    """
    whole = entry.startswith("@")
    texts = spellings(entry)
    contacts = Contact.objects.filter(_any("address__iendswith" if whole else "address", texts))
    showing = _with_text(Domain.objects.all(), "emails", {f'{text}"' for text in texts})
    domains = {*showing.values_list("pk", flat=True), *contacts.values_list("domain_id", flat=True)}

    def unwanted(address: str) -> bool:
        return address.endswith(entry) if whole else address == entry

    for some in batched(sorted(domains), _LOT, strict=False):
        _take_out(Domain.objects.filter(pk__in=some), "emails", texts, unwanted)
        _take_out(Page.objects.filter(domain_id__in=some), "data", texts, unwanted)
        _take_out(_items(some), "result", texts, unwanted)
    return contacts.delete()[0]


def _items(domains: Collection[str]) -> QuerySet[Item]:
    scans = Scan.objects.filter(batch_id=OuterRef("batch_id"), seq=OuterRef("seq"))
    return Item.objects.filter(Exists(scans.filter(domain_id__in=domains)))


def _any(lookup: str, texts: Collection[str]) -> Q:
    return reduce(or_, (Q(**{lookup: text}) for text in texts))


def _with_text(rows: QuerySet[Any], column: str, texts: Collection[str]) -> Any:
    cast = rows.annotate(written=Cast(column, TextField()))
    return cast.filter(_any("written__icontains", texts))


def _take_out(
    rows: QuerySet[Any], column: str, texts: Collection[str], unwanted: Callable[[str], bool]
) -> None:
    keys = list(_with_text(rows, column, texts).values_list("pk", flat=True))
    for some in batched(keys, _LOT, strict=False):
        found = list(rows.filter(pk__in=some).only("pk", column))
        for row in found:
            setattr(row, column, without(getattr(row, column), unwanted))
        rows.model.objects.bulk_update(found, [column])
