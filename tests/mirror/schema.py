"""Tables for models that no migration knows of."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from dbcompat import loop


@contextmanager
def created(
    made: Sequence[type[models.Model]], before: str = "", alias: str = DEFAULT_DB_ALIAS
) -> Iterator[None]:
    """`before` is SQL for what the tables need. All is gone afterwards."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        if before:
            cursor.execute(before)
    try:
        with connection.schema_editor() as editor:
            for model in made:
                editor.create_model(model)
        yield
    finally:
        _drop(made, connection)


@contextmanager
def standing(blocker: Any, made: Sequence[type[models.Model]], before: str = "") -> Iterator[None]:
    """For a module: they are there, and no connection of the loop is when they go. `blocker` is pytest-django's."""
    with blocker.unblock(), created(made, before):
        loop.start()
        yield
        loop.stop()
        loop.start()


def _drop(made: Sequence[type[models.Model]], connection: BaseDatabaseWrapper) -> None:
    tables = [model._meta.db_table for model in made]
    tables += [field.m2m_db_table() for model in made for field in model._meta.local_many_to_many]
    names = ", ".join(connection.ops.quote_name(name) for name in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {names} CASCADE")
