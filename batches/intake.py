"""From lines to a batch: checked, deduplicated and stored in one transaction, in constant memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from pydantic import ValidationError

from batches.lines import BadInput, Line, csv_columns, read_file, read_text
from batches.models import Batch, Chunk, Event, Reject
from batches.operation import InvalidTarget, Operation, UnknownOperation, operation

__all__ = ["BadInput", "BatchSpec", "Preflight", "create_batch", "csv_columns", "preflight_of",
           "read_file", "read_text", "rejects"]  # fmt: skip

SHOWN_REJECTS = 20
MAX_TEXT = 500
CHUNK_SIZE = 500


@dataclass(frozen=True, slots=True)
class BatchSpec:
    """What to do and how. The limits mean what the fields of the same name of Batch mean."""

    operation: str
    params: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    source: str = "pasted"
    user: AbstractBaseUser | None = None
    idempotency_key: str | None = None
    priority: int = 0
    concurrency: int = 20
    max_attempts: int = 3
    backoff_seconds: float = 2.0
    timeout_seconds: float = 60.0
    breaker_percent: int | None = None
    canary_size: int = 0
    canary_percent: int = 5


# Limit → the least and the most that make sense.
LIMITS: dict[str, tuple[float, float]] = {
    "priority": (-5, 5),
    "concurrency": (1, 400),
    "max_attempts": (1, 20),
    "backoff_seconds": (0, 3_600),
    "timeout_seconds": (0.1, 3_600),
    "breaker_percent": (1, 99),
    "canary_size": (0, 1_000_000),
    "canary_percent": (0, 100),
}


@dataclass(frozen=True, slots=True)
class RejectLine:
    line: int
    kind: str  # "duplicate" or "invalid"
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Preflight:
    """What became of the lines; `rejects` are the first 20 that became no item."""

    accepted: int
    duplicates: int
    invalid: int
    rejects: list[RejectLine]


class NothingToRun(BadInput):
    """No line could be used. `preflight` says why for each of the first."""

    def __init__(self, message: str, preflight: Preflight) -> None:
        super().__init__(message)
        self.preflight = preflight


def create_batch(spec: BatchSpec, lines: Iterator[Line]) -> tuple[Batch, Preflight]:
    """Store a draft: its items, chunks and rejects, or nothing at all.

    With an idempotency key that this user has used before: that batch, and its preflight. Raises
    BadInput; of its kind NothingToRun if no line can be used.
    """
    chosen, params = _checked(spec)
    if (earlier := _earlier(spec)) is not None:
        return earlier, preflight_of(earlier)
    try:
        with transaction.atomic():
            batch = Batch.objects.create(
                name=spec.name[:200] or chosen.title,
                operation=chosen.slug,
                params=params,
                source=spec.source[:255],
                created_by=spec.user if spec.user is not None and spec.user.pk else None,
                idempotency_key=spec.idempotency_key,
                **{name: getattr(spec, name) for name in LIMITS},
            )
            _store(batch, chosen, lines)
    except IntegrityError:
        # Two requests with the same key at once: the other one has committed first.
        if (earlier := _earlier(spec)) is None:
            raise
        return earlier, preflight_of(earlier)
    return batch, preflight_of(batch)


def preflight_of(batch: Batch) -> Preflight:
    first = Reject.objects.filter(batch=batch).order_by("line", "id")[:SHOWN_REJECTS]
    shown = [RejectLine(r.line, r.kind, r.text, r.reason) for r in first]
    return Preflight(batch.total, batch.duplicates, batch.invalid, shown)


def rejects(batch: Batch) -> Iterator[list[Reject]]:
    """All rejects by line, in pages of 1,000, each a query of its own."""
    line, number = -1, -1
    ordered = Reject.objects.filter(batch=batch).order_by("line", "id")
    while page := list(ordered.filter(Q(line__gt=line) | Q(line=line, id__gt=number))[:1000]):
        yield page
        line, number = page[-1].line, page[-1].pk


def _checked(spec: BatchSpec) -> tuple[Operation[Any], dict[str, Any]]:
    try:
        chosen = operation(spec.operation)
        params = chosen.params.model_validate(spec.params, extra="forbid")
    except UnknownOperation as error:
        raise BadInput(str(error.args[0]), "operation") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{where}: {first['msg']}.", f"params.{where}") from error
    for name, (least, most) in LIMITS.items():
        value = getattr(spec, name)
        if value is not None and not least <= value <= most:
            words = name.replace("_", " ")
            raise BadInput(f"{words}: must be from {least:g} to {most:g}, not {value:g}.", name)
    return chosen, params.model_dump(mode="json")


def _earlier(spec: BatchSpec) -> Batch | None:
    if not spec.idempotency_key or spec.user is None:
        return None
    return Batch.objects.filter(
        created_by_id=spec.user.pk, idempotency_key=spec.idempotency_key
    ).first()


# One temporary table takes every line, good or bad: a connection can run only one COPY at a time.
# `key` is a hash: targets of any length then compare and sort as 16 bytes. NULL: not a target.
_STAGE = """
CREATE TEMPORARY TABLE intake (line integer, text text, key bytea, problem text) ON COMMIT DROP
"""
_COPY = "COPY intake (line, text, key, problem) FROM STDIN (FORMAT BINARY)"
_RANK = """
CREATE TEMPORARY TABLE ranked ON COMMIT DROP AS
SELECT line, text, first_value(line) OVER same AS original
FROM intake WHERE key IS NOT NULL WINDOW same AS (PARTITION BY key ORDER BY line)
"""
_ITEMS = """
INSERT INTO batches_item (batch_id, seq, line, target)
SELECT %s, row_number() OVER (ORDER BY line) - 1, line, text FROM ranked WHERE line = original
"""
_REJECTS = f"""
INSERT INTO batches_reject (batch_id, line, kind, text, reason)
SELECT %(batch)s, line, 'duplicate', left(text, {MAX_TEXT}), 'the same as line ' || original
FROM ranked WHERE line <> original
UNION ALL
SELECT %(batch)s, line, 'invalid', left(text, {MAX_TEXT}), problem FROM intake WHERE key IS NULL
"""
_COUNT = "SELECT count(*) FILTER (WHERE kind = 'duplicate'), count(*) FROM batches_reject WHERE batch_id = %s"


def _store(batch: Batch, chosen: Operation[Any], lines: Iterator[Line]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(_STAGE)
        with cursor.copy(_COPY) as copy:
            copy.set_types(["int4", "text", "bytea", "text"])
            for line in lines:
                copy.write_row(_staged(chosen, line))
        cursor.execute(_RANK)
        cursor.execute(_ITEMS, [batch.pk])
        batch.total = cursor.rowcount
        cursor.execute(_REJECTS, {"batch": batch.pk})
        cursor.execute(_COUNT, [batch.pk])
        batch.duplicates, both = cursor.fetchone()
        batch.invalid = both - batch.duplicates
    _refuse_if_empty(batch)
    # Several chunks even for a short list, so that several workers can share it.
    batch.chunk_size = max(10, min(CHUNK_SIZE, -(-batch.total // 16)))
    batch.save(update_fields=["total", "duplicates", "invalid", "chunk_size"])
    Chunk.objects.bulk_create(_chunks(batch), batch_size=5_000)
    message = f"Created with {batch.total:,} items from {batch.source}."
    Event.objects.create(batch=batch, actor=batch.created_by, kind="create", message=message)


def _staged(chosen: Operation[Any], line: Line) -> tuple[int, str, bytes | None, str | None]:
    if line.problem:
        return line.number, line.text, None, line.problem
    try:
        target = chosen.target(line.text)
    except InvalidTarget as error:
        return line.number, line.text, None, str(error)
    return line.number, target.value, blake2b(target.key.encode(), digest_size=16).digest(), None


def _refuse_if_empty(batch: Batch) -> None:
    if batch.total:
        return
    if not batch.invalid:
        raise BadInput("The list is empty. Put one item on each line.")
    lines = "The only line" if batch.invalid == 1 else f"None of the {batch.invalid:,} lines"
    raise NothingToRun(
        f"{lines} can{'not' if batch.invalid == 1 else ''} be used.", preflight_of(batch)
    )


def _chunks(batch: Batch) -> Iterator[Chunk]:
    """The canary, if there is one, is the first chunk: exactly as large as was asked for."""
    first, number = 0, 0
    while first < batch.total:
        wanted = batch.canary_size if number == 0 and batch.canary_size else batch.chunk_size
        size = min(wanted, batch.total - first)
        yield Chunk(batch=batch, number=number, first_seq=first, size=size, pending=size)
        first, number = first + size, number + 1
