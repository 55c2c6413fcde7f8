"""What a migrated table and its model disagree on is said in a sentence; nothing else is."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, models
from sqlalchemy import Connection, create_engine

from dbcompat import loop
from dbcompat.sessions import get_direct_session
from dbcompat.tables import parity
from tests.mirror.models import BEFORE, STRUCTURES, FilledByDatabase, Legacy, Linked, Seen, Small
from tests.mirror.schema import created
from tests.mirror.values import MODELS

pytestmark = pytest.mark.django_db

THROUGH: type[models.Model] = Linked.others.through
THEIRS = [*STRUCTURES, *MODELS.values()]


@pytest.fixture(scope="module", autouse=True)
def tables(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), created(THEIRS, BEFORE):
        yield
        loop.stop()
        loop.start()


@pytest.fixture
def database() -> Iterator[Connection]:
    """The connection of the test, as SQLAlchemy sees it."""
    engine = create_engine("postgresql+psycopg://", creator=lambda: connection.connection)
    with engine.connect() as opened:
        yield opened
        opened.detach()


@pytest.mark.parametrize(
    "model", [*THEIRS, THROUGH, Seen, Legacy], ids=lambda model: model.__name__
)
def test_a_table_as_django_makes_it(database: Connection, model: type[models.Model]) -> None:
    assert parity(database, model) == []


def test_through_the_driver_of_the_background() -> None:
    async def check() -> list[str]:
        async with get_direct_session() as session:
            opened = await session.connection()
            return [words for model in THEIRS for words in await opened.run_sync(parity, model)]

    assert loop.run(check, timeout=60) == []


KEYED, PAIR, FILLED = "mirror_keyed", "mirror_pair", "mirror_filledbydatabase"
DRIFT = [
    (KEYED, "RENAME TO elsewhere", "mirror_keyed is not in the database."),
    (KEYED, "ADD extra int", "mirror_keyed.extra is not in the model."),
    (KEYED, "DROP title", "mirror_keyed.title is not in the database."),
    (KEYED, "ALTER code TYPE varchar(10)",
     "code: type is character varying(9) in the model and character varying(10) in the database."),
    (KEYED, "ALTER made TYPE timestamp",
     "made: type is timestamp with time zone in the model and timestamp without time zone in the"),
    (PAIR, "DROP total, ALTER amount TYPE numeric(8, 3), ADD total numeric(16, 4) GENERATED ALWAYS AS"
     " (amount * price) STORED",
     "amount: type is numeric(8,2) in the model and numeric(8,3) in the database."),
    (KEYED, "ALTER code DROP NOT NULL", "code: nullable is False in the model and True in the"),
    (KEYED, "ALTER title SET DEFAULT ''", "title: default is none in the model and ''::character"),
    (KEYED, 'ALTER title TYPE varchar(20) COLLATE "C"',
     "title: collation is sorted in the model and C in the database."),
    ("mirror_small", "ALTER id DROP IDENTITY", "id: identity is True in the model and False in the"),
    (FILLED, "ALTER number SET DEFAULT -8", "number: default is -7 in the model and '-8'::integer in"),
    (FILLED, "ALTER number DROP DEFAULT", "number: default is -7 in the model and none in the"),
    (FILLED, "ALTER at SET DEFAULT now()", "at: default is (STATEMENT_TIMESTAMP()) in the model and now()"),
    (FILLED, "ALTER text SET DEFAULT 'it''s 50% of :a'", "text: default is E'it''s 50% of :a"),
    (FILLED, "ALTER data SET DEFAULT '{}'", "data: default is "),
    (PAIR, "ALTER total DROP EXPRESSION",
     "total: generated is stored in the model and none in the database."),
    (PAIR, "DROP total, ADD total numeric(16, 4) GENERATED ALWAYS AS (amount + price) STORED",
     'total: expression is ("amount" * "price") in the model and (amount + price) in the database.'),
    (PAIR, "DROP CONSTRAINT mirror_pair_prices",
     "amount, price is unique in the model and not in the database."),
    (PAIR, "ADD UNIQUE (total)", "total is unique in the database and not in the model."),
    (PAIR, "DROP CONSTRAINT mirror_pair_pkey",
     "primary key is left_id, right in the model and none in the database."),
    ("mirror_linked", "ADD FOREIGN KEY (loose_id) REFERENCES mirror_keyed",
     "loose_id: references is none in the model and mirror_keyed.key in the database."),
    ("mirror_linked", "DROP CONSTRAINT mirror_linked_gone",
     "gone_id: references is mirror_keyed.key ON DELETE SET NULL in the model and none in the"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "change", "words"), DRIFT, ids=[change for _, change, _ in DRIFT]
)
def test_a_difference_is_named(database: Connection, table: str, change: str, words: str) -> None:
    with connection.cursor() as cursor:
        if change.startswith("DROP CONSTRAINT mirror_linked_gone"):
            cursor.execute(
                "SELECT conname FROM pg_constraint WHERE conname LIKE 'mirror_linked_gone%'"
            )
            change = f'DROP CONSTRAINT "{cursor.fetchone()[0]}"'
        cursor.execute(f"ALTER TABLE {table} {change}")
    (model,) = [model for model in STRUCTURES if model._meta.db_table == table]
    found = parity(database, model)
    assert len(found) == 1, found
    assert found[0].startswith(table)
    assert words in found[0]


def test_a_serial_column_of_an_older_django_is_as_good_as_an_identity(database: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE mirror_small ALTER id DROP IDENTITY")
        cursor.execute("CREATE SEQUENCE older OWNED BY mirror_small.id")
        cursor.execute("ALTER TABLE mirror_small ALTER id SET DEFAULT nextval('older')")
    assert parity(database, Small) == []


def test_a_default_that_does_not_suit_the_column_is_compared_as_text(database: Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE mirror_filledbydatabase DROP data,"
            " ADD data uuid NOT NULL DEFAULT gen_random_uuid()"
        )
    kind, default = sorted(parity(database, FilledByDatabase), reverse=True)
    assert "data: type is jsonb in the model and uuid in the database." in kind
    assert "and gen_random_uuid() in the database." in default


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("COLUMN mirror_keyed.code IS 'Long'",
         "code: comment is Printed on the label; it's short in the model and Long in the database."),
        ("TABLE mirror_keyed IS NULL",
         "mirror_keyed: comment is What has a key: all of it in the model and none in the database."),
    ],
)  # fmt: skip
def test_a_comment_is_compared(database: Connection, change: str, words: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON {change}")
    (found,) = parity(database, STRUCTURES[1])
    assert words in found


def test_of_an_unmanaged_model_the_columns_only(database: Connection) -> None:
    table = '"Other place"."Named: things"'
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE {table} ADD extra int, ALTER "Select; all" DROP NOT NULL')
        assert parity(database, Legacy) == []
        cursor.execute(f'ALTER TABLE {table} ALTER "Select; all" TYPE bigint')
    (found,) = parity(database, Legacy)
    assert "type is integer in the model and bigint in the database" in found
