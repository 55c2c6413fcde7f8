"""Lines into tables, by COPY; duplicates are found by the database. Memory does not grow with the list."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from batches.lines import MAX_SHOWN, Line, printable
from batches.operation import Operation

# One temporary table takes every line, good or bad: a connection can run only one COPY at a time.
# `key` is a hash: targets of any length then compare and sort as 16 bytes. NULL: not a target.
_STAGE = """
CREATE TEMPORARY TABLE intake (line integer, text text, key bytea, problem text) ON COMMIT DROP
"""
_COPY = "COPY intake (line, text, key, problem) FROM STDIN (FORMAT BINARY)"
_TYPES = ("int4", "text", "bytea", "text")
_RANK = """
CREATE TEMPORARY TABLE ranked ON COMMIT DROP AS
SELECT line, text, first_value(line) OVER same AS original
FROM intake WHERE key IS NOT NULL WINDOW same AS (PARTITION BY key ORDER BY line)
"""
_ITEMS = """
INSERT INTO batches_item (batch_id, seq, line, target)
SELECT %s, row_number() OVER (ORDER BY line) - 1, line, text FROM ranked WHERE line = original
"""
_DUPLICATES = """
INSERT INTO batches_reject (batch_id, line, kind, text, reason)
SELECT %s, line, 'duplicate', left(text, %s), 'the same as line ' || original
FROM ranked WHERE line <> original
"""
_INVALID = """
INSERT INTO batches_reject (batch_id, line, kind, text, reason)
SELECT %s, line, 'invalid', left(text, %s), problem FROM intake WHERE key IS NULL
"""
# Not left to the end of the transaction, which may be a caller's and see a second batch.
_CLEAR = "DROP TABLE intake, ranked"

type Staged = tuple[int, str, bytes | None, str | None]


@dataclass(frozen=True, slots=True)
class Counts:
    accepted: int
    duplicates: int
    invalid: int


def lift_time_limits(connection: BaseDatabaseWrapper) -> None:
    """For this transaction: a list of millions takes longer than any statement of a page may."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        # One that repeats a key waits for the first, however long that one takes.
        cursor.execute("SET LOCAL lock_timeout = 0")
        cursor.execute("SET LOCAL work_mem = '64MB'")


def store(
    connection: BaseDatabaseWrapper, batch_id: int, chosen: Operation[Any], lines: Iterable[Line]
) -> Counts:
    """Items numbered densely in the order of the lines; of equal targets the first. Rejects the rest.

    In the transaction of the caller, and nothing outlives it: this works behind a transaction-mode pooler.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STAGE)
        with cursor.copy(_COPY) as copy:
            copy.set_types(_TYPES)
            for line in lines:
                copy.write_row(_staged(chosen, line))
        cursor.execute(_RANK)
        cursor.execute(_ITEMS, [batch_id])
        accepted = cursor.rowcount
        cursor.execute(_DUPLICATES, [batch_id, MAX_SHOWN])
        duplicates = cursor.rowcount
        cursor.execute(_INVALID, [batch_id, MAX_SHOWN])
        invalid = cursor.rowcount
        cursor.execute(_CLEAR)
    return Counts(accepted, duplicates, invalid)


def refresh_statistics(connection: BaseDatabaseWrapper) -> None:
    """So that pages of a new, large batch are read by its index at once, not sorted out of all its rows.

    Skipped where another process is at it already.
    """
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE (SKIP_LOCKED) batches_item, batches_chunk, batches_reject")


def _staged(chosen: Operation[Any], line: Line) -> Staged:
    if line.problem:
        return line.number, line.text, None, line.problem
    try:
        target = chosen.target(line.text)
        # Raises for a lone surrogate, as does a number or a name that an operation can't parse:
        # one line must not cost the others.
        key, _ = target.key.encode(), target.value.encode()
    except ValueError as error:
        return line.number, line.text, None, printable(str(error)) or "can't be read"
    if "\0" in target.value:
        return line.number, line.text, None, "has a NUL character once it is decoded"
    return line.number, target.value, blake2b(key, digest_size=16).digest(), None
