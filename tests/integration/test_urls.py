"""Addresses that both drivers really connect to: with TLS, with several hosts, with options."""

from collections.abc import Iterator
from pathlib import Path
from ssl import SSLCertVerificationError
from typing import Any

import pytest
from django.db import OperationalError
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.utils import ConnectionHandler
from sqlalchemy import text

from dbcompat import engines, loop
from dbcompat.address import database_at
from dbcompat.profiles import DIRECT
from dbcompat.url import parse
from tests.clusters import SETTINGS, Cluster, cluster
from tests.servers import free_port

pytestmark = pytest.mark.django_db

PASSWORD = "p@ss/word?#%"
ENCODED = "p%40ss%2Fword%3F%23%25"
ENCRYPTED = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def secure(folder: Path) -> Iterator[Cluster]:
    for parent in (folder, *folder.parents):
        if parent.owner() == "root" and str(parent).startswith("/tmp/"):
            parent.chmod(0o755)
    with cluster(folder, tls=True, password=PASSWORD) as own:
        yield own


def entry(url: str) -> dict[str, Any]:
    database = database_at(parse(url), SETTINGS)
    return dict(ConnectionHandler({"default": database}).settings["default"])


def by_django(url: str, query: str) -> Any:
    wrapper = DatabaseWrapper(entry(url))
    try:
        with wrapper.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchone()[0]
    finally:
        wrapper.close()


def by_asyncpg(url: str, query: str) -> Any:
    async def ask() -> Any:
        engine = engines.make_engine(entry(url), DIRECT)
        try:
            async with engine.begin() as database:
                return await database.scalar(text(query))
        finally:
            await engine.dispose()

    return loop.run(ask, timeout=20)


def test_a_verified_connection_by_both_drivers(secure: Cluster, folder: Path) -> None:
    place = f"127.0.0.1:{secure.port}/postgres"
    url = f"postgres://postgres:{ENCODED}@{place}?sslmode=verify-full&sslrootcert={folder}/ca.pem"
    assert by_django(url, ENCRYPTED) is True
    assert by_asyncpg(url, ENCRYPTED) is True


def test_a_certificate_that_nobody_here_trusts(secure: Cluster) -> None:
    """As of a provider with an authority of its own: refused, by the system's list of authorities."""
    place = f"127.0.0.1:{secure.port}/postgres"
    url = f"postgres://postgres:{ENCODED}@{place}?sslmode=verify-full&sslrootcert=system"
    with pytest.raises(OperationalError, match="certificate verify failed"):
        by_django(url, ENCRYPTED)
    with pytest.raises(SSLCertVerificationError):
        by_asyncpg(url, ENCRYPTED)


def test_an_unencrypted_connection_is_refused_by_a_server_that_wants_none(secure: Cluster) -> None:
    url = f"postgres://postgres:{ENCODED}@127.0.0.1:{secure.port}/postgres?ssl=false"
    with pytest.raises(OperationalError, match="no encryption"):
        by_django(url, ENCRYPTED)
    with pytest.raises(Exception, match="no encryption"):
        by_asyncpg(url, ENCRYPTED)


def test_the_first_of_several_hosts_that_answers(secure: Cluster) -> None:
    hosts = f"127.0.0.1:{free_port()},127.0.0.1:{secure.port}"
    url = f"postgres://postgres:{ENCODED}@{hosts}/postgres?sslmode=require"
    ports = "SELECT inet_server_port()"
    assert by_django(url, ports) == by_asyncpg(url, ports) == secure.port


def test_options_reach_the_server_by_both_drivers(secure: Cluster) -> None:
    options = "options=-c%20work_mem%3D7MB&application_name=named"
    place = f"127.0.0.1:{secure.port}/postgres"
    url = f"postgres://postgres:{ENCODED}@{place}?sslmode=require&{options}"
    asked = "SELECT current_setting('work_mem') || current_setting('application_name')"
    assert by_django(url, asked) == by_asyncpg(url, asked) == "7MBnamed"


def test_a_pool_of_djangos_own(secure: Cluster) -> None:
    url = f"postgres://postgres:{ENCODED}@127.0.0.1:{secure.port}/postgres?sslmode=require"
    database = database_at(parse(url), {**SETTINGS, "POOLER": "direct", "DJANGO_POOL": 2})
    wrapper = DatabaseWrapper(ConnectionHandler({"default": database}).settings["default"])
    pids = set()
    for _ in range(3):
        with wrapper.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pids.add(cursor.fetchone()[0])
        wrapper.close()
    assert len(pids) == 1
    wrapper.close_pool()
