"""What the statements of the engine share: the tables, the database's clock, arrays as rows."""

from typing import Any

from sqlalchemy import Insert, TableValuedAlias, func, insert
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.expression import ColumnElement, bindparam
from sqlalchemy.types import TypeEngine

from batches import models
from dbcompat.tables import table_for

BATCH = table_for(models.Batch)
CHUNK = table_for(models.Chunk)
ITEM = table_for(models.Item)
ATTEMPT = table_for(models.Attempt)
GROUP = table_for(models.FailureGroup)
THROUGHPUT = table_for(models.Throughput)
ACTION = table_for(models.Action)
EVENT = table_for(models.Event)
REJECT = table_for(models.Reject)

# Always the database's clock: those of two workers differ, and leases compare times.
NOW: ColumnElement[Any] = func.now()


def seconds_from_now(seconds: float) -> ColumnElement[Any]:
    return NOW + func.make_interval(0, 0, 0, 0, 0, 0, seconds)


def given_rows(name: str, **columns: TypeEngine[Any]) -> TableValuedAlias:
    """`unnest` over one array parameter a column: any number of rows in one short statement."""
    arrays = [bindparam(f"{name}_{key}", type_=ARRAY(kind)) for key, kind in columns.items()]
    return func.unnest(*arrays).table_valued(*columns, name=name).render_derived()


def event(batch_id: int, kind: str, message: str, **data: Any) -> Insert:
    return insert(EVENT).values(batch_id=batch_id, kind=kind, message=message, data=data)
