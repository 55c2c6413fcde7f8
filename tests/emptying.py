"""Tables emptied after a test that has committed: only those with rows, and not what every migration makes.

Django empties all of them and makes permissions, groups and content types anew, which takes half a second: as long as
most such tests.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker

MADE = ("auth_group", "auth_group_permissions", "auth_permission", "django_content_type")
# A power cut may take all of it.
SETTINGS = ("fsync", "synchronous_commit", "full_page_writes")
MANY_BYTES = 1_000_000


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        _forget_durability()
        made = _contents()

    def empty(test: Any) -> None:
        nonlocal made
        if test.available_apps is not None:
            slowly(test)
        elif _contents() == made:
            _empty()
        else:
            slowly(test)
            # The same once more, under other numbers.
            made = _contents()

    slowly = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


def _forget_durability() -> None:
    with connection.cursor() as cursor:
        for name in SETTINGS:
            cursor.execute(f"ALTER SYSTEM SET {name} = off")
        cursor.execute("SELECT pg_reload_conf()")


def _contents() -> Any:
    """A digest of what every migration makes."""
    rows = " UNION ALL ".join(f"SELECT '{name}', row.*::text FROM {name} row" for name in MADE)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT md5(string_agg(made::text, ' ' ORDER BY made)) FROM ({rows}) made")
        return cursor.fetchone()


def _empty() -> None:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = [connection.ops.quote_name(name) for name in sorted({*names} - {*MADE})]
    sizes = " UNION ALL ".join(
        f"SELECT {number}, pg_relation_size('{table}') WHERE EXISTS (SELECT FROM {table})"
        for number, table in enumerate(tables)
    )
    with connection.cursor() as cursor:
        cursor.execute(sizes)
        filled = {tables[number]: size for number, size in cursor.fetchall()}
        if sum(filled.values()) > MANY_BYTES:
            cursor.execute(f"TRUNCATE {', '.join(filled)} CASCADE")
        elif filled:
            # A new file for each table and each index would take longer than the rows.
            emptied = "; ".join(f"DELETE FROM {table}" for table in filled)
            cursor.execute(f"SET LOCAL session_replication_role = replica; {emptied}")
