"""The engines of this process: one for each purpose, made on the loop thread and nowhere else."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections
from sqlalchemy import URL, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from dbcompat import embedded, loop
from dbcompat.address import BadDatabaseURL, asyncpg_url, django_database
from dbcompat.fingerprint import detect
from dbcompat.profiles import DIRECT, ConnectionProfile, profile_named

log = logging.getLogger(__name__)

BACKGROUND, DIRECTLY = "background", "direct"
POOL_SIZE = 5
CONNECT_SECONDS = 10

_engines: dict[str, tuple[AsyncEngine, ConnectionProfile]] = {}
_detected: dict[str, str] = {}


async def engine_for(purpose: str) -> tuple[AsyncEngine, ConnectionProfile]:
    """On the loop thread: the engine for "background" or "direct" sessions, made at first use.

    Raises BadDatabaseURL if direct sessions are asked for and only a pooler is configured.
    """
    if purpose not in _engines:
        database = _database(purpose)
        _engines[purpose] = await _build(purpose, database)
        if len(_engines) == 1:
            loop.on_stop(dispose)
    return _engines[purpose]


async def dispose() -> None:
    """Close every connection. The next session makes new engines."""
    while _engines:
        _, (engine, _profile) = _engines.popitem()
        await engine.dispose()


def _database(purpose: str) -> Mapping[str, Any]:
    direct = settings.DBCOMPAT["DIRECT_URL"]
    if purpose == DIRECTLY and direct:
        return django_database({**settings.DBCOMPAT, "URL": direct})
    # As Django sees it now: under a test runner the name is that of the test database.
    return connections["default"].settings_dict


async def _build(
    purpose: str, database: Mapping[str, Any]
) -> tuple[AsyncEngine, ConnectionProfile]:
    if database["ENGINE"] == embedded.ENGINE:
        embedded.ensure_started(Path(settings.DBCOMPAT["EMBEDDED_DIR"]))
    url, tls = asyncpg_url(database)
    profile = await _profile(purpose, database, url, tls)
    if purpose == DIRECTLY and profile.pooled:
        raise BadDatabaseURL(
            "This needs a connection without a pooler: set DATABASE_DIRECT_URL to the address of"
            " PostgreSQL itself."
        )
    name = {"application_name": settings.DBCOMPAT["APPLICATION_NAME"]}
    engine = create_async_engine(
        url,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=POOL_SIZE,
        max_overflow=0,
        connect_args={
            "timeout": CONNECT_SECONDS,
            **tls,
            **profile.connect_args,
            "server_settings": {**name, **profile.server_settings},
        },
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine, profile


def _refuse_closed(connection: Any, record: Any, proxy: Any) -> None:
    """A look at the driver's own state finds a connection the server has closed, at no round trip.

    A ping before each use would cost four.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError


async def _profile(
    purpose: str, database: Mapping[str, Any], url: URL, tls: dict[str, Any]
) -> ConnectionProfile:
    chosen = settings.DBCOMPAT["POOLER"]
    if database["ENGINE"] == embedded.ENGINE:
        return DIRECT
    if purpose == DIRECTLY or chosen == "auto":
        place = url.render_as_string(hide_password=True)
        if place not in _detected:
            _detected[place] = await detect(url, tls)
        chosen = _detected[place]
    return profile_named(chosen, settings.DBCOMPAT["STATEMENT_NAMES"])
