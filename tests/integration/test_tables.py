"""SQLAlchemy's tables are Django's, column by column, in the database that the migrations have made."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any

import pytest
from django.apps import apps
from django.conf import LazySettings
from django.contrib.postgres import fields as postgres
from django.contrib.postgres.search import SearchVectorField
from django.db import connection, models
from sqlalchemy import Connection, Text, create_engine, select
from sqlalchemy.dialects.postgresql import CIDR

from batches.models import Batch, Item
from dbcompat.tables import METADATA, NoTable, UnknownFieldType, column_type, parity, table_for
from tests.mirror.models import (
    STRUCTURES,
    Extended,
    Keyed,
    Linked,
    Named,
    Pair,
    Replaced,
    Seen,
    Stamped,
)  # fmt: skip
from tests.mirror.values import MODELS, model_of

OURS = [
    model
    for name in ("batches", "adminapp", "auth")
    for model in apps.get_app_config(name).get_models()
]


@pytest.fixture
def database() -> Iterator[Connection]:
    """The connection of the test, as SQLAlchemy sees it."""
    connection.ensure_connection()
    engine = create_engine("postgresql+psycopg://", creator=lambda: connection.connection)
    with engine.connect() as opened:
        yield opened
        opened.detach()


@pytest.mark.django_db
@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_parity(database: Connection, model: type[models.Model]) -> None:
    assert parity(database, model) == []


def kinds(module: Any) -> set[type]:
    found = [getattr(module, name) for name in dir(module)]
    return {kind for kind in found if isinstance(kind, type) and issubclass(kind, models.Field)}


def test_there_is_a_test_for_every_field_of_django() -> None:
    offered = kinds(models) | kinds(postgres) | {SearchVectorField}
    tried = {
        type(field) for model in [*STRUCTURES, *MODELS.values()] for field in model._meta.fields
    }
    tried |= {models.CompositePrimaryKey, models.ManyToManyField, models.BigAutoField}
    # What others are made of; what Django 5.1 took away; what needs an extension, which another file has.
    gone = {postgres.CICharField, postgres.CIEmailField, postgres.CITextField, models.IPAddressField, postgres.JSONField,
            models.NullBooleanField}  # fmt: skip
    bases = {models.Field, models.ForeignObject, postgres.RangeField, models.OrderWrt}
    assert offered - tried - gone - bases == {postgres.HStoreField}


def test_keys_of_several_columns() -> None:
    assert table_for(Item).primary_key.columns.keys() == ["batch_id", "seq"]
    assert table_for(Pair).primary_key.columns.keys() == ["left_id", "right"]


def test_names_of_columns_tables_and_schemas() -> None:
    table = table_for(Named)
    assert (table.schema, table.name) == ("Other place", "Named: things")
    assert table.c.keys() == ["id", "Select; all", "user"]
    assert table_for(Keyed).comment == "What has a key: all of it"
    assert table_for(Keyed).c.code.comment == "Printed on the label; it's short"


def test_inherited_models() -> None:
    assert table_for(Seen) is table_for(Keyed)
    assert table_for(Extended).c.keys() == ["keyed_ptr_id", "note"]
    with pytest.raises(NoTable, match="Stamped is abstract"):
        table_for(Stamped)


def test_a_model_that_another_one_replaces(settings: LazySettings) -> None:
    settings.MIRROR_REPLACEMENT = "mirror.Small"
    with pytest.raises(NoTable, match=r"Replaced is swapped for mirror\.Small"):
        table_for(Replaced)


@pytest.mark.parametrize("first", ["Ours", "Theirs"])
def test_of_two_models_of_one_table_others_refer_to_the_managed_one(first: str) -> None:
    name = f"Other.{first}"
    models_of = {
        "Ours": model_of(f"Ours{first}", models.IntegerField(), db_table=name),
        "Theirs": model_of(f"Theirs{first}", models.TextField(), db_table=name, managed=False),
    }
    table_for(models_of[first])
    tables = {which: table_for(model) for which, model in models_of.items()}
    assert METADATA.tables[name] is tables["Ours"]
    assert tables["Theirs"].name == tables["Ours"].name
    assert isinstance(tables["Theirs"].c.value.type, Text)


def test_joins_know_the_references() -> None:
    through: type[models.Model] = Linked.others.through
    joined = select(table_for(through).join(table_for(Linked)))
    assert "mirror_linked.id = mirror_linked_others.linked_id" in str(joined)
    joined = select(table_for(Item).join(table_for(Batch)))
    assert "batches_batch.id = batches_item.batch_id" in str(joined)
    (target,) = table_for(Linked).c.by_code_id.foreign_keys
    assert table_for(Keyed).c.code is target.column


def test_threads_that_ask_at_once_get_one_table() -> None:
    model = model_of("Asked", Slow())
    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(lambda _: table_for(model), range(4)))) == 1


class Slow(models.Field):  # type: ignore[type-arg]
    def sqlalchemy_type(self) -> CIDR:
        sleep(0.1)
        return CIDR()


class Odd(models.Field):  # type: ignore[type-arg]
    def get_internal_type(self) -> str:
        return "OddField"


class Place(models.Field):  # type: ignore[type-arg]
    def db_type(self, connection: Any) -> str:
        return "geometry(Point,4326)"


class Network(models.Field):  # type: ignore[type-arg]
    def db_type(self, connection: Any) -> str:
        return "cidr"

    def sqlalchemy_type(self) -> CIDR:
        return CIDR()


@pytest.mark.parametrize(
    ("field", "words"),
    [(Odd(), "OddField, nothing in the database"), (Place(), r"Place, geometry\(Point,4326\) in")],
)
def test_an_unknown_type_is_refused_loudly(field: Any, words: str) -> None:
    with pytest.raises(UnknownFieldType, match=words):
        column_type(field)
    with pytest.raises(UnknownFieldType, match="sqlalchemy_type"):
        column_type(postgres.ArrayField(field))


def test_a_field_says_its_type_itself() -> None:
    assert isinstance(column_type(Network()), CIDR)
