"""The items of a batch as rows for a file: read by key, page after page, so that memory stays flat."""

from collections.abc import Iterator
from typing import Any

from batches import pages
from batches.models import Batch, Item

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
