"""SQLAlchemy's tables are Django's, column by column, in the database that the migrations have made."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import connection, models
from sqlalchemy import Connection, create_engine

from batches.models import Item
from dbcompat.tables import UnknownFieldType, column_type, parity, table_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def database() -> Iterator[Connection]:
    """The connection of the test, as SQLAlchemy sees it."""
    connection.ensure_connection()
    engine = create_engine("postgresql+psycopg://", creator=lambda: connection.connection)
    with engine.connect() as opened:
        yield opened
        opened.detach()


OURS = [
    model for name in ("batches", "adminapp") for model in apps.get_app_config(name).get_models()
]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_parity(database: Connection, model: type[models.Model]) -> None:
    assert parity(database, model) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            "ALTER COLUMN target TYPE varchar(9)",
            "batches_item.target: type is text in the model and character varying(9) in the",
        ),
        (
            "ALTER COLUMN target DROP NOT NULL",
            "batches_item.target: nullable is False in the model and True in the database.",
        ),
        ("ADD COLUMN extra int", "batches_item.extra is not in the model."),
        ("DROP COLUMN error", "batches_item.error is not in the database."),
    ],
)
def test_a_difference_is_named(database: Connection, change: str, words: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE batches_item {change}")
    (difference,) = parity(database, Item)
    assert words in difference


def test_keys_of_several_columns() -> None:
    assert table_for(Item).primary_key.columns.keys() == ["batch_id", "seq"]


def test_an_unknown_type_is_refused_loudly() -> None:
    class Odd(models.Field):  # type: ignore[type-arg]
        def get_internal_type(self) -> str:
            return "OddField"

    with pytest.raises(UnknownFieldType, match="OddField"):
        column_type(Odd())
