"""Where the database is: one URL, for Django's driver and for asyncpg alike."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import URL, make_url

from dbcompat import embedded

# What a URL may carry and both drivers understand.
_OPTIONS = ("sslmode", "sslrootcert", "sslcert", "sslkey")


class BadDatabaseURL(ValueError):
    """A database URL that can't be used; the message says which setting and never shows a password."""


def parse(url: str, setting: str = "DATABASE_URL") -> URL:
    """Accepts postgres://, postgresql:// and postgresql+driver://. Raises BadDatabaseURL."""
    scheme, found, rest = url.partition("://")
    if not found or scheme.partition("+")[0] not in ("postgres", "postgresql"):
        raise BadDatabaseURL(f"{setting} must begin with postgresql://.")
    try:
        parsed = make_url(f"postgresql://{rest}")
    except Exception as error:
        # The cause would quote the URL, and with it the password.
        raise BadDatabaseURL(
            f"{setting} is not a URL. Percent-encode special characters in the password."
        ) from type(error)()
    if not parsed.database:
        raise BadDatabaseURL(f"{setting} names no database: add /name at its end.")
    return parsed


def django_database(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The DATABASES entry for settings.DBCOMPAT. Connects to nothing and starts nothing."""
    if settings["URL"] is None:
        return embedded.database_settings(Path(settings["EMBEDDED_DIR"]))
    url = parse(settings["URL"])
    query = {key: value for key, value in url.query.items() if isinstance(value, str)}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.database,
        "USER": url.username or "",
        "PASSWORD": url.password or "",
        "HOST": url.host or query.get("host", ""),
        "PORT": str(url.port or query.get("port", "")),
        # A server-side cursor lives on one server connection; the next fetch may reach another.
        "DISABLE_SERVER_SIDE_CURSORS": settings["POOLER"] != "direct",
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "application_name": settings["APPLICATION_NAME"],
            **{key: query[key] for key in _OPTIONS if key in query},
        },
    }


def asyncpg_url(database: Mapping[str, Any]) -> tuple[URL, dict[str, Any]]:
    """The same place for SQLAlchemy: its URL, and the driver's arguments for TLS."""
    host = str(database["HOST"])
    socket = host.startswith("/")
    url = URL.create(
        "postgresql+asyncpg",
        username=database["USER"] or None,
        password=database["PASSWORD"] or None,
        host=None if socket else host or None,
        port=int(database["PORT"]) if database["PORT"] and not socket else None,
        database=database["NAME"],
        query={"host": host} if socket else {},
    )
    sslmode = database.get("OPTIONS", {}).get("sslmode")
    return url, {"ssl": sslmode} if sslmode else {}
