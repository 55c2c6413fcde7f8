"""Where the database is: one URL, for Django's driver and for asyncpg alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.db import DEFAULT_DB_ALIAS, connections

from dbcompat import tls
from dbcompat.configuration import completed
from dbcompat.profiles import django_settings
from dbcompat.url import BOTH, DJANGO_ONLY, TLS, Address, BadDatabaseURL, parse

# By the same name as arguments of asyncpg.
_PASSED = ("target_session_attrs", "passfile", "krbsrvname")


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A password the driver can ask for and nothing can show: not a log, not a traceback's locals."""

    value: str

    def __call__(self) -> str:
        return self.value

    def __repr__(self) -> str:
        return "Secret(***)"


# Django's name for the connection past the pooler, where DATABASE_DIRECT_URL is set.
DIRECT_ALIAS = "direct"


def django_databases(settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """DATABASES for settings.DBCOMPAT: "default", and "direct" if there is a DIRECT_URL.

    Raises BadDatabaseURL.
    """
    settings = completed(settings)
    found = {"default": django_database(settings)}
    if direct := settings.get("DIRECT_URL"):
        address = parse(direct, "DATABASE_DIRECT_URL")
        entry = database_at(address, {**settings, "POOLER": "direct", "DJANGO_POOL": 0})
        # The same database by another door, for a test runner as well.
        found[DIRECT_ALIAS] = {**entry, "TEST": {"MIRROR": "default"}}
    return found


def unpooled() -> str:
    """The alias of DATABASES for migrations and COPY: past the pooler where there is a way.

    Both also work through one, but hold one of its few server connections for as long as they take.
    """
    return DIRECT_ALIAS if DIRECT_ALIAS in connections.settings else DEFAULT_DB_ALIAS


def django_database(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The DATABASES entry for settings.DBCOMPAT. Connects to nothing and starts nothing.

    Raises BadDatabaseURL.
    """
    settings = completed(settings)
    if settings["URL"] is None and settings["EMBEDDED_DIR"] is None:
        raise BadDatabaseURL(
            "There is no database: DBCOMPAT has neither URL nor EMBEDDED_DIR. Set one."
        )
    if settings["URL"] is None:
        # Where a URL is given, the binaries of the embedded database are not even looked for.
        from dbcompat import embedded

        entry = embedded.database_settings(Path(settings["EMBEDDED_DIR"]))
        entry["OPTIONS"] = {"application_name": settings["APPLICATION_NAME"], **entry["OPTIONS"]}
        return entry
    return database_at(parse(settings["URL"]), settings)


def database_at(address: Address, settings: Mapping[str, Any]) -> dict[str, Any]:
    options = tls.with_defaults(address.hosts, address.options)
    entry = django_settings(settings["POOLER"], settings.get("DJANGO_POOL", 0))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": address.database,
        "USER": address.user,
        "PASSWORD": address.password,
        "HOST": ",".join(address.hosts),
        "PORT": ",".join(address.ports),
        **entry,
        "OPTIONS": {
            "application_name": settings["APPLICATION_NAME"],
            **entry.get("OPTIONS", {}),
            **{name: options[name] for name in (*BOTH, *DJANGO_ONLY) if name in options},
        },
    }


def asyncpg_arguments(database: Mapping[str, Any]) -> dict[str, Any]:
    """The same place for asyncpg, from an entry of DATABASES."""
    options = database.get("OPTIONS", {})
    secured = {name: options[name] for name in TLS if options.get(name)}
    ports = [int(port) for port in str(database["PORT"]).split(",") if port]
    given = {
        # For TLS alone: only in a DSN can the driver be told where the certificates are.
        "dsn": f"postgresql:///?{urlencode(secured)}" if secured else None,
        "host": _one_or_all(database["HOST"].split(",")),
        "port": _one_or_all(ports),
        "user": database["USER"],
        "password": Secret(database["PASSWORD"]) if database["PASSWORD"] else None,
        "database": database["NAME"],
        **{name: options.get(name) for name in _PASSED},
        # As the startup parameter that it is for libpq.
        "server_settings": {"options": options["options"]} if options.get("options") else None,
    }
    return {name: value for name, value in given.items() if value}


def place(database: Mapping[str, Any]) -> str:
    """For people and as a key: no password."""
    host, port = database["HOST"] or "localhost", database["PORT"] or 5432
    return f"{database['USER']}@{host}:{port}/{database['NAME']}"


def _one_or_all[T](values: list[T]) -> T | list[T] | None:
    return values if len(values) > 1 else next(iter(values), None)
