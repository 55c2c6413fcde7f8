"""Many rows at once."""

from collections.abc import Iterable, Sequence
from time import monotonic
from typing import Any

from sqlalchemy import Table, text
from sqlalchemy.dialects.postgresql import ARRAY, CITEXT, HSTORE, TSVECTOR
from sqlalchemy.ext.asyncio import AsyncSession

from dbcompat import guards

# The driver writes COPY in binary, and these as text only.
_TEXT_ONLY = (CITEXT, HSTORE, TSVECTOR)


class NotCopied(TypeError):
    """A column whose values COPY can't carry; insert() can."""


async def copy_rows(
    session: AsyncSession,
    table: Table,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> int:
    """COPY `rows`, each a value per name in `columns`, within the session's transaction; how many.

    Values are Python's, as for an INSERT, but for defaults: columns that are not named are left to the
    database. Everything is undone with the transaction. Raises NotCopied.
    """
    _refuse_text(table, columns)
    # SQLAlchemy sends BEGIN with its first statement: before it a COPY would stand outside, and survive
    # a rollback.
    await session.execute(text("SELECT 1"))
    connection = await session.connection()
    assert connection.sync_connection is not None
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    started = monotonic()
    status: str = await driver.copy_records_to_table(
        table.name,
        schema_name=table.schema,
        columns=columns,
        records=_converted(connection.dialect, table, columns, rows),
    )
    guards.count_busy(connection.sync_connection, monotonic() - started)
    return int(status.removeprefix("COPY "))


def _refuse_text(table: Table, columns: Sequence[str]) -> None:
    for name in columns:
        kind: Any = table.c[name].type
        if isinstance(kind, ARRAY):
            kind = kind.item_type
        if isinstance(getattr(kind, "like", kind), _TEXT_ONLY):
            raise NotCopied(
                f"{table.c[name]} can't be copied: the driver has no binary form of it. Use insert(), which"
                " takes many rows as well."
            )


def _converted(
    dialect: Any, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> Iterable[Sequence[Any]]:
    """What SQLAlchemy would do to a parameter, JSON above all, done here: COPY goes past it."""
    processors = [
        table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in columns
    ]
    if not any(processors):
        return rows
    return (
        [
            value if process is None else process(value)
            for process, value in zip(processors, row, strict=True)
        ]
        for row in rows
    )
