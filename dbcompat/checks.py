"""Settings that would fail behind a pooler, found by `manage.py check`, which every command runs first.

Told from the settings alone, no connection is made: what answers at the address is the doctor's question.
"""

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error

from dbcompat.profiles import PROFILES
from dbcompat.tls import is_remote

# -c name=value or --name=value, as on PostgreSQL's command line.
_SETTING = re.compile(r"(^|\s)-(c|-)")
# For commands that ask for these checks alone.
TAG = "dbcompat"
# Below these, statements are named although nobody asked for it, or the settings of a profile are unknown.
FLOORS = {"asyncpg": (0, 32), "sqlalchemy": (2, 1)}


@checks.register(TAG)
def check_settings(**_: Any) -> list[CheckMessage]:
    ours: Mapping[str, Any] = getattr(settings, "DBCOMPAT", {})
    return [*_versions(), *check_database(settings.DATABASES["default"], ours)]


def check_database(database: Mapping[str, Any], ours: Mapping[str, Any]) -> list[CheckMessage]:
    """`database` is an entry of DATABASES, `ours` is settings.DBCOMPAT."""
    pooler = ours.get("POOLER", "auto")
    found = [*_everywhere(database)]
    # "auto" may turn out to be one: what would fail then is named now.
    if ours.get("URL") and (pooler == "auto" or PROFILES[pooler].pooled):
        found += [*_pooled(database, pooler), *_direct(ours)]
        if ours.get("STATEMENT_NAMES") == "unique":
            found.append(_LEAK)
    return found


_LEAK = checks.Warning(
    "DATABASE_STATEMENT_NAMES=unique leaves every statement behind on the pooler's server connections.",
    hint="Unset it. If the pooler insists on names, set server_reset_query_always = 1 in PgBouncer.",
    id="dbcompat.W004",
)


def _versions() -> Iterator[CheckMessage]:
    for package, floor in FLOORS.items():
        found = version(package)
        if tuple(int(part) for part in found.split(".")[:2] if part.isdecimal()) < floor:
            yield Error(
                f"{package} {found} is too old: its statements are named in another way.",
                hint=f"Install {package} {'.'.join(map(str, floor))} or newer.",
                id="dbcompat.E001",
            )


def _everywhere(database: Mapping[str, Any]) -> Iterator[CheckMessage]:
    options = database.get("OPTIONS", {})
    if options.get("pool") and database.get("CONN_MAX_AGE") != 0:
        yield Error(
            "Django's connections are kept open and pooled as well.",
            hint="Set CONN_MAX_AGE = 0, or unset DATABASE_DJANGO_POOL.",
            id="dbcompat.E002",
        )
    if database.get("CONN_MAX_AGE") != 0 and not database.get("CONN_HEALTH_CHECKS"):
        yield checks.Warning(
            "Django keeps connections open and uses them without a look whether they still live.",
            hint="Set CONN_HEALTH_CHECKS = True.",
            id="dbcompat.W001",
        )
    far = any(is_remote(host) for host in str(database.get("HOST", "")).split(","))
    mode = options.get("sslmode", "prefer")
    if far and not mode.startswith("verify"):
        yield checks.Warning(
            f"The database is on another machine, and sslmode={mode} takes any certificate"
            f"{' or none' if mode != 'require' else ''}.",
            hint="Remove sslmode from DATABASE_URL, and give the provider's certificate as sslrootcert.",
            id="dbcompat.W002",
        )


def _pooled(database: Mapping[str, Any], pooler: str) -> Iterator[CheckMessage]:
    options = database.get("OPTIONS", {})
    if not database.get("DISABLE_SERVER_SIDE_CURSORS"):
        yield Error(
            "Django may open server-side cursors: their next fetch can reach another server connection.",
            hint="Set DISABLE_SERVER_SIDE_CURSORS = True, or DATABASE_POOLER=direct if there is no pooler.",
            id="dbcompat.E003",
        )
    if options.get("prepare_threshold") is not None:
        yield Error(
            "psycopg would prepare statements on connections that others use as well.",
            hint="Remove prepare_threshold from OPTIONS.",
            id="dbcompat.E004",
        )
    if "assume_role" in options:
        yield Error(
            "assume_role stays on the server connection: other clients would run under that role.",
            hint="Connect as that role.",
            id="dbcompat.E005",
        )
    # What names the database to a hosted pooler is read by it and never reaches the server.
    if _SETTING.search(options.get("options", "")) and pooler != "supavisor":
        yield Error(
            "The options in DATABASE_URL are startup parameters, which PgBouncer refuses.",
            hint="Put them on the role: ALTER ROLE … SET ….",
            id="dbcompat.E006",
        )
    if database.get("CONN_MAX_AGE") != 0:
        yield checks.Warning(
            "Django keeps connections open, and each takes one of the pooler's client connections.",
            hint="Set CONN_MAX_AGE = 0: the pooler is the pool.",
            id="dbcompat.W003",
        )


def _direct(ours: Mapping[str, Any]) -> Iterator[CheckMessage]:
    if ours.get("DIRECT_URL") and ours["DIRECT_URL"] == ours["URL"]:
        yield checks.Warning(
            "DATABASE_DIRECT_URL is the same address as DATABASE_URL.",
            hint="Give the address of PostgreSQL itself, or unset it.",
            id="dbcompat.W005",
        )
