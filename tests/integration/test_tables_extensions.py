"""Types of extensions, and a collation that takes a and A for one: of a PostgreSQL that is built with them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.postgres.fields import ArrayField, HStoreField
from django.contrib.postgres.signals import get_hstore_oids, register_type_handlers
from django.db import connections, models
from django.db.backends.signals import connection_created
from sqlalchemy import select

from dbcompat import engines, loop
from dbcompat.bulk import NotCopied, copy_rows
from dbcompat.sessions import get_background_session
from dbcompat.tables import parity, table_for
from tests import clusters
from tests.mirror.agreement import agree
from tests.mirror.fields import Folded
from tests.mirror.schema import created
from tests.mirror.values import model_of

ALIAS = "extended"
BEFORE = """
CREATE EXTENSION hstore;
CREATE EXTENSION citext;
CREATE COLLATION anycase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
"""
FIELDS: dict[str, tuple[Any, list[Any]]] = {
    "Map": (HStoreField(null=True), [{}, {"a": "1", 'q"\\,': None, "": "ä"}, {"n": 7}]),
    "Maps": (ArrayField(HStoreField(), null=True), [[], [{"a": "1"}, {"b": None}]]),
    "Folded": (Folded(null=True), ["Ab", "aB", ""]),
    "Foldeds": (ArrayField(Folded(), null=True), [["Ab", None], []]),
    "AnyCase": (models.CharField(null=True, max_length=9, db_collation="anycase"), ["Ab", "aB"]),
}
NOT_COPIED = ("Map", "Maps", "Folded", "Foldeds")
MODELS = {name: model_of(name, field) for name, (field, _) in FIELDS.items()}


@pytest.fixture(scope="module", autouse=True)
def tables(django_db_blocker: Any) -> Iterator[None]:
    with (
        tempfile.TemporaryDirectory(prefix="console-", dir="/tmp") as folder,
        clusters.cluster(Path(folder), system=True) as made,
        django_db_blocker.unblock(),
        pytest.MonkeyPatch.context() as patch,
    ):
        entry = made.entry()
        patch.setitem(connections.settings, ALIAS, entry)
        patch.setattr(engines, "_database", lambda purpose: (entry, "direct"))
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(BEFORE)
        connections[ALIAS].close()
        # As django.contrib.postgres does where it is installed.
        get_hstore_oids.cache_clear()  # type: ignore[attr-defined]
        connection_created.connect(register_type_handlers)
        loop.stop()
        loop.start()
        with created(list(MODELS.values()), alias=ALIAS):
            yield
        connection_created.disconnect(register_type_handlers)
        loop.stop()
        loop.start()
        connections[ALIAS].close()
        del connections[ALIAS]


@pytest.mark.parametrize("name", FIELDS)
def test_both_sides_see_the_same_value(name: str) -> None:
    values = [*FIELDS[name][1], None]
    agree(MODELS[name], values, copied=name not in NOT_COPIED, alias=ALIAS)


@pytest.mark.parametrize("name", NOT_COPIED)
def test_what_has_no_binary_form_is_not_copied(name: str) -> None:
    async def copy() -> None:
        async with get_background_session() as session:
            await copy_rows(session, table_for(MODELS[name]), ["value"], [[None]])

    with pytest.raises(NotCopied, match=rf"mirror_{name.lower()}value\.value can't be.*insert"):
        loop.run(copy, timeout=20)


def test_what_is_one_there_is_one_here() -> None:
    async def find(name: str) -> int:
        table = table_for(MODELS[name])
        async with get_background_session() as session:
            found = await session.execute(select(table).where(table.c.value == "AB"))
            return len(found.all())

    for name in ("Folded", "AnyCase"):
        agree(MODELS[name], ["Ab"], copied=False, alias=ALIAS)
        assert (
            loop.run(find, name, timeout=20)
            == MODELS[name]._default_manager.using(ALIAS).filter(value="AB").count()
        )


@pytest.mark.parametrize("name", FIELDS)
def test_parity(name: str) -> None:
    async def check() -> list[str]:
        async with get_background_session() as session:
            return await (await session.connection()).run_sync(parity, MODELS[name])

    assert loop.run(check, timeout=20) == []
