"""The doctor on servers that are not as they should be, and on ways past the pooler that are none."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import LazySettings
from django.db import connection, connections

from dbcompat import loop
from dbcompat.doctor import examination, here
from dbcompat.doctor.patient import Patient
from dbcompat.doctor.report import Finding
from tests.clusters import Cluster, cluster
from tests.integration.examining import entry_of, examined, wrong
from tests.poolers import pgbouncer
from tests.servers import free_port

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("loop_thread")]

PEOPLE = """
CREATE ROLE reader LOGIN;
ALTER ROLE reader SET default_transaction_read_only = on;
CREATE ROLE guest LOGIN;
CREATE ROLE limited LOGIN CONNECTION LIMIT 2;
CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0;
CREATE DATABASE tight;
REVOKE TEMPORARY ON DATABASE tight FROM public;
"""


@pytest.fixture
def server(short_path: Path) -> Iterator[Cluster]:
    for name in ("server", "other", "pooler"):
        (short_path / name).mkdir()
    with cluster(short_path / "server") as own:
        with psycopg.connect(own.url(), autocommit=True) as client:
            for statement in PEOPLE.strip().split(";\n"):
                client.execute(statement)
        yield own


def without_migrations(found: dict[str, Finding]) -> set[str]:
    """Not one of them is applied on a server of a test's own."""
    assert found["migrations"].verdict == "wrong"
    assert found["migrations"].advice == "Run manage.py migrate."
    return wrong(found) - {"migrations"}


def test_servers_and_roles_that_lack_something(
    server: Cluster, settings: LazySettings, short_path: Path
) -> None:
    assert without_migrations(examined(settings, server.entry())) == set()

    found = examined(settings, server.entry(USER="reader"))
    assert without_migrations(found) == {"writable"}
    assert "default_transaction_read_only" in found["writable"].advice

    found = examined(settings, server.entry("ascii"))
    assert without_migrations(found) == {"server"}
    assert "ENCODING 'UTF8'" in found["server"].advice

    found = examined(settings, server.entry("tight", USER="guest"))
    assert without_migrations(found) == {"rights"}
    assert "GRANT TEMPORARY" in found["rights"].advice

    found = examined(settings, server.entry(USER="limited"))
    assert without_migrations(found) == {"room", "engine"}
    assert "The role's CONNECTION LIMIT leaves 2" in found["room"].proved
    assert "ALTER ROLE" in found["engine"].advice

    with server.standby(short_path / "other") as follower:
        found = examined(settings, follower.entry())
    assert without_migrations(found) == {"writable"}
    assert "This is a standby" in found["writable"].proved
    assert found["writable"].setting == "DATABASE_URL"


def test_too_few_connections(short_path: Path, settings: LazySettings) -> None:
    few = {"max_connections": "8", "superuser_reserved_connections": "1"}
    with cluster(short_path, settings=few) as own:
        found = examined(settings, own.entry())
        assert "room" in without_migrations(found)
        assert found["room"].verdict == "wrong"
        assert "max_connections leaves 7" in found["room"].proved
        assert "Raise max_connections" in found["room"].advice


def test_tables_of_ours_that_this_role_may_not_use(settings: LazySettings) -> None:
    role = "CREATE ROLE stranger LOGIN; GRANT SELECT ON django_migrations TO stranger;"
    entry = {**connection.settings_dict, "ENGINE": "django.db.backends.postgresql"}
    with connection.cursor() as cursor:
        cursor.execute(role)
    try:
        found = examined(settings, {**entry, "USER": "stranger"})
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP OWNED BY stranger; DROP ROLE stranger")
    assert wrong(found) == {"rights"}
    assert "may not read and write" in found["rights"].proved


def test_djangos_driver_may_be_refused_where_the_other_is_not(
    server: Cluster, settings: LazySettings
) -> None:
    """Of the two only psycopg keeps the promise of this option."""
    entry = server.entry()
    options = {**entry["OPTIONS"], "channel_binding": "require"}
    found = examined(settings, {**entry, "OPTIONS": options})
    assert wrong(found) == {"migrations"}
    assert "Django's driver is not let in" in found["migrations"].proved


@contextmanager
def past(entry: dict[str, Any]) -> Iterator[None]:
    """As DATABASE_DIRECT_URL."""
    connections.settings["direct"] = entry
    try:
        yield
    finally:
        del connections.settings["direct"]


async def past_the_pooler(entry: dict[str, Any]) -> Finding:
    patient = Patient(entry)
    [finding] = await here.direct(patient, await patient.survey())
    return finding


def test_the_way_past_the_pooler(server: Cluster, short_path: Path) -> None:
    nowhere = entry_of(f"postgresql://postgres@127.0.0.1:{free_port()}/postgres")
    with pgbouncer(short_path / "pooler", server.entry()) as pooler:
        found = loop.run(past_the_pooler, pooler.entry, timeout=20)
        assert (found.verdict, found.setting) == ("warning", "DATABASE_DIRECT_URL")
        with past(server.entry()):
            assert loop.run(past_the_pooler, pooler.entry, timeout=20).verdict == "ok"
        for direct, words in (
            (server.entry("tight"), "another database"),
            (pooler.entry, "a pooler in transaction mode"),
            (nowhere, "nothing listens there"),
        ):
            with past(direct):
                found = loop.run(past_the_pooler, pooler.entry, timeout=20)
            assert (found.verdict, found.setting) == ("wrong", "DATABASE_DIRECT_URL")
            assert words in found.proved
            assert "DATABASE_DIRECT_URL" in found.advice


async def hanging(*_: object) -> list[Finding]:
    await asyncio.sleep(20)
    raise AssertionError


async def broken(*_: object) -> list[Finding]:
    raise LookupError("a fault of its own")


def test_one_probe_does_not_hide_the_others(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examination, "_ALWAYS", [broken, hanging, here.migrations])
    monkeypatch.setattr(examination, "SECONDS", 0.5)
    entry = {**connection.settings_dict, "ENGINE": "django.db.backends.postgresql"}
    found = examined(settings, entry)
    assert (found["broken"].verdict, found["hanging"].verdict) == ("unknown", "unknown")
    assert "LookupError: a fault of its own" in found["broken"].proved
    assert "took too long" in found["hanging"].proved
    assert found["migrations"].verdict == "ok"
    assert found["loop"].verdict == "ok"


def test_all_of_them_have_one_bound(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examination, "_ALWAYS", [hanging, here.migrations])
    monkeypatch.setattr(examination, "TOTAL_SECONDS", 2.0)
    # No help from the bound of each.
    monkeypatch.setattr(examination, "SECONDS", 60.0)
    entry = {**connection.settings_dict, "ENGINE": "django.db.backends.postgresql"}
    found = examined(settings, entry)
    assert "took too long" in found["hanging"].proved
    assert "took all the time" in found["migrations"].proved
