"""Where the database is: one URL, for Django's driver and for asyncpg alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

# What both drivers understand in the same way.
_TLS = ("sslmode", "sslrootcert", "sslcert", "sslkey")
# asyncpg has no such option; psycopg keeps its promise.
_DJANGO_ONLY = ("channel_binding", "connect_timeout")
# Advice to other clients that hosting services put into the URLs they show.
_IGNORED = ("pgbouncer", "connection_limit", "pool_timeout")
_PLACE = ("host", "port", "application_name")


class BadDatabaseURL(ValueError):
    """A database URL that can't be used; the message says which setting and never shows a password."""


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A password the driver can ask for and nothing can show: not a log, not a traceback's locals."""

    value: str

    def __call__(self) -> str:
        return self.value

    def __repr__(self) -> str:
        return "Secret(***)"


def parse(url: str, setting: str = "DATABASE_URL") -> URL:
    """Accepts postgres://, postgresql:// and postgresql+driver://. Raises BadDatabaseURL."""
    scheme, found, rest = url.strip().partition("://")
    if not found or scheme.partition("+")[0] not in ("postgres", "postgresql"):
        raise BadDatabaseURL(f"{setting} must begin with postgresql://.")
    try:
        parsed = make_url(f"postgresql://{rest}")
    except (ArgumentError, ValueError):
        # The cause would quote the URL, and with it the password.
        raise BadDatabaseURL(
            f"{setting} is not a URL. Percent-encode special characters in the password."
        ) from None
    if not parsed.database:
        raise BadDatabaseURL(f"{setting} names no database: add /name at its end.")
    _refuse_unknown(parsed, setting)
    return parsed


def django_database(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The DATABASES entry for settings.DBCOMPAT. Connects to nothing and starts nothing.

    Raises BadDatabaseURL.
    """
    if settings["URL"] is None:
        # Where a URL is given, the binaries of the embedded database are not even looked for.
        from dbcompat import embedded

        entry = embedded.database_settings(Path(settings["EMBEDDED_DIR"]))
        entry["OPTIONS"] = {"application_name": settings["APPLICATION_NAME"], **entry["OPTIONS"]}
        return entry
    return database_at(parse(settings["URL"]), settings)


def database_at(url: URL, settings: Mapping[str, Any]) -> dict[str, Any]:
    query = {key: value for key, value in url.query.items() if isinstance(value, str)}
    passed = ("application_name", *_TLS, *_DJANGO_ONLY)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.database,
        "USER": url.username or "",
        "PASSWORD": url.password or "",
        "HOST": unquote(url.host or "") or query.get("host", ""),
        "PORT": str(url.port or query.get("port", "")),
        # A server-side cursor lives on one server connection; the next fetch may reach another.
        "DISABLE_SERVER_SIDE_CURSORS": settings["POOLER"] != "direct",
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "application_name": settings["APPLICATION_NAME"],
            **{key: query[key] for key in passed if key in query},
        },
    }


def asyncpg_arguments(database: Mapping[str, Any]) -> dict[str, Any]:
    """The same place for asyncpg, from an entry of DATABASES."""
    options = database.get("OPTIONS", {})
    tls = {key: options[key] for key in _TLS if options.get(key)}
    given = {
        # For TLS alone: only in a DSN can the driver be told where the certificates are.
        "dsn": f"postgresql:///?{urlencode(tls)}" if tls else None,
        "host": database["HOST"],
        "port": int(database["PORT"]) if database["PORT"] else None,
        "user": database["USER"],
        "password": Secret(database["PASSWORD"]) if database["PASSWORD"] else None,
        "database": database["NAME"],
    }
    return {key: value for key, value in given.items() if value}


def place(database: Mapping[str, Any]) -> str:
    """For people and as a key: no password."""
    host, port = database["HOST"] or "localhost", database["PORT"] or 5432
    return f"{database['USER']}@{host}:{port}/{database['NAME']}"


def _refuse_unknown(url: URL, setting: str) -> None:
    known = {*_TLS, *_DJANGO_ONLY, *_IGNORED, *_PLACE}
    if unknown := sorted(set(url.query) - known):
        raise BadDatabaseURL(
            f"{setting} has the parameter {unknown[0]}, which can't be passed on. Remove it; a setting of"
            " PostgreSQL belongs on the role: ALTER ROLE … SET …."
        )
    if repeated := [key for key, value in url.query.items() if not isinstance(value, str)]:
        raise BadDatabaseURL(f"{setting} has the parameter {repeated[0]} more than once.")
