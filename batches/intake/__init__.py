"""From lines to a batch: checked, deduplicated and stored in one transaction, in constant memory."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections, transaction

from batches.intake.spec import LIMITS, BatchSpec, checked
from batches.intake.staging import Counts, lift_time_limits, refresh_statistics, store
from batches.lines import (
    BadInput,
    Line,
    Preflight,
    RejectLine,
    csv_columns,
    printable,
    read_file,
    read_text,
)
from batches.models import Batch, Chunk, Event, Reject
from batches.operation import Operation
from batches.pages import still_there
from dbcompat.address import unpooled

__all__ = ["LIMITS", "BadInput", "BatchSpec", "Line", "NothingToRun", "Preflight", "RejectLine",
           "create_batch", "csv_columns", "preflight_of", "read_file", "read_text", "rejects"]  # fmt: skip

SHOWN_REJECTS = 20
CHUNK_SIZE = 500
REJECTS_PAGE = 1_000
# From so many lines on, what the planner knew of the tables before is wrong.
LARGE = 10_000


class NothingToRun(BadInput):
    """No line can be used. `preflight` says why of the first."""

    preflight: Preflight


def create_batch(spec: BatchSpec, lines: Iterable[Line]) -> tuple[Batch, Preflight]:
    """Store a draft: its items, chunks and rejects, or nothing at all.

    With an idempotency key that this user has used before: that batch, and its preflight. Raises
    BadInput; of its kind NothingToRun if no line can be used.
    """
    chosen, params = checked(spec)
    if (earlier := _earlier(spec)) is not None:
        return earlier, preflight_of(earlier)
    alias = unpooled()
    try:
        with transaction.atomic(using=alias):
            batch = _store(alias, spec, chosen, params, lines)
            if batch.total + batch.duplicates + batch.invalid >= LARGE:
                refresh = partial(refresh_statistics, connections[alias])
                transaction.on_commit(refresh, using=alias, robust=True)
    except IntegrityError:
        # Two requests with the same key at once: the other one has committed first.
        if (earlier := _earlier(spec)) is None:
            raise
        return earlier, preflight_of(earlier)
    return batch, preflight_of(batch)


def preflight_of(batch: Batch, using: str = DEFAULT_DB_ALIAS) -> Preflight:
    first = Reject.objects.using(using).filter(batch=batch).order_by("line", "id")[:SHOWN_REJECTS]
    shown = [RejectLine(r.line, r.kind, r.text, r.reason) for r in first]
    return Preflight(batch.total, batch.duplicates, batch.invalid, shown)


def rejects(batch: Batch) -> Iterator[list[Reject]]:
    """All rejects by line, in pages of 1,000, each a query of its own. Raises BatchGone."""
    line = -1
    ordered = Reject.objects.filter(batch=batch).order_by("line", "id")
    # A line is rejected once: its number alone says where the next page begins.
    while page := list(ordered.filter(line__gt=line)[:REJECTS_PAGE]):
        still_there(batch)
        yield page
        line = page[-1].line
    still_there(batch)


def _earlier(spec: BatchSpec) -> Batch | None:
    if not spec.idempotency_key or spec.user is None:
        return None
    return Batch.objects.filter(
        created_by_id=spec.user.pk, idempotency_key=spec.idempotency_key
    ).first()


def _store(
    using: str,
    spec: BatchSpec,
    chosen: Operation[Any],
    params: dict[str, Any],
    lines: Iterable[Line],
) -> Batch:
    lift_time_limits(connections[using])
    batch = Batch.objects.using(using).create(
        name=printable(spec.name.strip())[:200],
        operation=chosen.slug,
        params=params,
        source=printable(spec.source)[:255],
        created_by_id=spec.user.pk if spec.user is not None else None,
        idempotency_key=spec.idempotency_key or None,
        **{name: getattr(spec, name) for name in LIMITS},
    )
    counts = store(connections[using], batch.pk, chosen, lines)
    batch.total, batch.duplicates, batch.invalid = (
        counts.accepted,
        counts.duplicates,
        counts.invalid,
    )
    if not counts.accepted:
        raise _nothing(batch, using)
    batch.name = batch.name or _default_name(batch, chosen)
    # Several chunks even for a short list, so that several workers can share it.
    batch.chunk_size = max(10, min(CHUNK_SIZE, -(-batch.total // 16)))
    batch.save(using=using, update_fields=["name", "total", "duplicates", "invalid", "chunk_size"])
    Chunk.objects.using(using).bulk_create(_chunks(batch), batch_size=5_000)
    message = _created(counts, batch.source)
    Event.objects.using(using).create(
        batch=batch, actor_id=batch.created_by_id, kind="create", message=message
    )
    return batch


def _nothing(batch: Batch, using: str) -> BadInput:
    if not batch.invalid:
        return BadInput("The list is empty. Put one item on each line.")
    lines = "The only line" if batch.invalid == 1 else f"None of the {batch.invalid:,} lines"
    words = "cannot" if batch.invalid == 1 else "can"
    preflight = preflight_of(batch, using)
    first = preflight.rejects[0]
    return NothingToRun(
        f"{lines} {words} be used. Line {first.line}: {first.reason.rstrip('.')}.",
        preflight=preflight,
    )


def _default_name(batch: Batch, chosen: Operation[Any]) -> str:
    # Only the name of a file has a dot in it: others say "pasted" or "the API".
    of = batch.source if "." in batch.source else _some(batch.total, "item")
    return f"{chosen.title}: {of}"[:200]


def _created(counts: Counts, source: str) -> str:
    origin = "a pasted list" if source == "pasted" else source
    message = f"Created with {_some(counts.accepted, 'item')} from {origin}."
    if counts.duplicates or counts.invalid:
        duplicates = _some(counts.duplicates, "duplicate")
        message += f" Left out: {duplicates}, {_some(counts.invalid, 'invalid line')}."
    return message


def _some(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _chunks(batch: Batch) -> Iterator[Chunk]:
    """The canary, if there is one, is the first chunk: exactly as large as was asked for."""
    first, number = 0, 0
    while first < batch.total:
        wanted = batch.canary_size if number == 0 and batch.canary_size else batch.chunk_size
        size = min(wanted, batch.total - first)
        yield Chunk(batch=batch, number=number, first_seq=first, size=size, pending=size)
        first, number = first + size, number + 1
