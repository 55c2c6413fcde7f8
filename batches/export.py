"""Whole lists: read by key, page after page, so that memory stays flat and no transaction open."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from batches import pages
from batches.findings import URLS, Filter, order_of, urls
from batches.keyset import Order
from batches.models import Batch, Item, SitemapFile

PAGE = 1000
COLUMNS = ["seq", "line", "target", "state", "attempts", "error", "result", "finished_at"]


def export_pages(batch: Batch, state: str = "") -> Iterator[list[dict[str, Any]]]:
    """Lists of up to 1,000 rows, each a mapping of COLUMNS, in the order of the input.

    Each page is a query of its own: no cursor or transaction stays open while a slow client reads.
    Raises BatchGone, so that nobody takes a part for the whole.
    """
    cursor: int | None = None
    while True:
        page = pages.items_page(batch, state, cursor=cursor, limit=PAGE, results=True)
        pages.still_there(batch)
        if page.items:
            yield [_row(item) for item in page.items]
        if page.next is None:
            return
        cursor = page.next


def _row(item: Item) -> dict[str, Any]:
    return {column: getattr(item, column) for column in COLUMNS}


def exported(chosen: Filter, columns: tuple[str, ...]) -> Iterator[list[tuple[Any, ...]]]:
    """All that match, 1,000 at a time, each page a query of its own: a download holds no transaction open.

    By site: newest first, what is scanned meanwhile would be missed.
    """
    return _exported(chosen.rows(), order_of(chosen.kind), columns)


def exported_urls(
    sitemap: SitemapFile, page_type: str, columns: tuple[str, ...]
) -> Iterator[list[tuple[Any, ...]]]:
    """As `exported`."""
    return _exported(urls(sitemap, page_type), URLS, columns)


def _exported(
    rows: QuerySet[Any], order: Order, columns: tuple[str, ...]
) -> Iterator[list[tuple[Any, ...]]]:
    keys, following = len(order.columns), rows
    while page := list(order.sorted(following).values_list(*order.columns, *columns)[:PAGE]):
        yield [row[keys:] for row in page]
        following = order.after(rows, page[-1][:keys])


def names(chosen: Filter) -> Iterator[str]:
    """The domains of all that match, each once."""
    column = "name" if chosen.kind == "domains" else "domain_id"
    # A cursor on the server would need a connection of its own behind a pooler: by key instead.
    rows, after = chosen.rows().order_by(column).values_list(column, flat=True).distinct(), ""
    while page := list(rows.filter(**{f"{column}__gt": after})[:PAGE]):
        yield from page
        after = page[-1]
