"""Tables for models that no migration knows of."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections, models


@contextmanager
def created(
    made: Sequence[type[models.Model]], before: str = "", alias: str = DEFAULT_DB_ALIAS
) -> Iterator[None]:
    """`before` is SQL for what the tables need. All is gone afterwards."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        if before:
            cursor.execute(before)
    with connection.schema_editor() as editor:
        for model in made:
            editor.create_model(model)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for model in made:
                options = model._meta
                for table in (
                    options,
                    *(field.m2m_db_table() for field in options.local_many_to_many),
                ):
                    name = table if isinstance(table, str) else options.db_table
                    cursor.execute(
                        f"DROP TABLE IF EXISTS {connection.ops.quote_name(name)} CASCADE"
                    )
