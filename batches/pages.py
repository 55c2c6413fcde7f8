"""Lists, page by page: by key and never by offset, without results unless they are asked for."""

from dataclasses import dataclass

from django.db.models import F, Q, QuerySet

from batches.bounded import bounded
from batches.models import Batch, Chunk, Item
from batches.reports import Progress, progress_of
from batches.states import ItemState

# A search by text reads at most this many rows for one page, then says where to go on.
SEARCH_WINDOW = 50_000


@dataclass(frozen=True, slots=True)
class BatchRow:
    batch: Batch
    progress: Progress


@dataclass(frozen=True, slots=True)
class Page[T]:
    """`next` is the cursor of the page after this one; None: there is none."""

    items: list[T]
    next: int | None


class BatchGone(Exception):
    """The batch has been deleted while it was read: what was read last may have a gap."""


def still_there(batch: Batch) -> None:
    """To be asked after each page of a long reading. Raises BatchGone."""
    if not Batch.kept.filter(pk=batch.pk).exists():
        raise BatchGone(
            f"Batch {batch.pk} has been deleted while it was read. The file is not whole."
        )


def batches_page(
    state: str = "", operation: str = "", q: str = "", cursor: int | None = None, limit: int = 50
) -> Page[BatchRow]:
    """Newest first. `q` matches part of the name, or the number of the batch."""
    state, operation, q = (_searchable(text) for text in (state, operation, q))
    batches = Batch.kept.select_related("created_by")
    if state:
        batches = batches.filter(state=state)
    if operation:
        batches = batches.filter(operation=operation)
    if q:
        number = Q(pk=int(q)) if q.isdecimal() and len(q) < 19 else Q()
        batches = batches.filter(Q(name__icontains=q) | number)
    if cursor is not None:
        batches = batches.filter(pk__lt=cursor)
    return _with_progress(batches, limit)


@bounded
def _with_progress(batches: QuerySet[Batch], limit: int) -> Page[BatchRow]:
    found = list(batches[: limit + 1])
    shown = found[:limit]
    counts = progress_of(shown)
    rows = [BatchRow(batch, counts[batch.pk]) for batch in shown]
    return Page(rows, shown[-1].pk if len(found) > limit else None)


@bounded
def items_page(
    batch: Batch,
    state: str = "",
    group: int | None = None,
    q: str = "",
    cursor: int | None = None,
    limit: int = 50,
    results: bool = False,
) -> Page[Item]:
    """In order of `seq`. `cursor` is the last `seq` seen. Results are loaded only on request."""
    after, q = -1 if cursor is None else cursor, _searchable(q)
    items = Item.objects.filter(batch=batch, seq__gt=after).order_by("seq")
    if not results:
        items = items.defer("result")
    if group is not None:
        items = items.filter(failure_group_id=group)
    elif state:
        items = items.filter(_where_chunks_have(batch, state, after, limit), state=state)
    if q:
        return _search(batch, items.filter(target__icontains=q), after, limit)
    found = list(items[: limit + 1])
    return Page(found[:limit], found[limit - 1].seq if len(found) > limit else None)


def _searchable(text: str) -> str:
    """Nothing that is stored holds a NUL, and PostgreSQL takes none in a question either."""
    return text.replace("\0", "")


def _search(batch: Batch, items: QuerySet[Item], after: int, limit: int) -> Page[Item]:
    end = after + SEARCH_WINDOW
    found = list(items.filter(seq__lte=end)[: limit + 1])
    if len(found) > limit:
        return Page(found[:limit], found[limit - 1].seq)
    return Page(found, end if end < batch.total - 1 else None)


def _where_chunks_have(batch: Batch, state: str, after: int, limit: int) -> Q:
    """The runs of items to look in for `limit` items of that state: the chunk counters know them.

    Without it, the page that holds the only two failures of ten million would read them all.
    """
    wanted = limit + 1
    ranges: list[list[int]] = []
    chunks = Chunk.objects.filter(
        batch=batch, **{f"{ItemState(state)}__gt": 0}, size__gt=after - F("first_seq") + 1
    ).order_by("number")
    for first, size, count in chunks.values_list("first_seq", "size", state)[: limit + 2]:
        if ranges and ranges[-1][1] == first - 1:
            ranges[-1][1] = first + size - 1
        else:
            ranges.append([first, first + size - 1])
        # The chunk the cursor stands in may hold what has been shown already: it does not count.
        wanted -= count if first > after else 0
        if wanted <= 0:
            break
    where = Q(seq__in=[])
    for first, last in ranges:
        where |= Q(seq__gte=first, seq__lte=last)
    return where
