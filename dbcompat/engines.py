"""The engines of this process: one for each purpose, made on the loop thread and nowhere else."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from dbcompat import codecs, forks, guards, loop, pools
from dbcompat.address import DIRECT_ALIAS, asyncpg_arguments, unpooled
from dbcompat.address import place as place_of
from dbcompat.driver import LIMITS, LimitedConnection, StatelessConnection
from dbcompat.fingerprint import detect
from dbcompat.loop_health import PoolUse
from dbcompat.misuse import SessionMisuse
from dbcompat.profiles import DIRECT, PROFILES, ConnectionProfile, profile_named
from dbcompat.url import BadDatabaseURL

BACKGROUND, DIRECTLY = "background", "direct"
EMBEDDED = "dbcompat.postgresql"
POOL_SIZE = 5
# SQLAlchemy wakes nobody who waits when a connection could not be made: half a minute is too long then.
_POOL = {
    "poolclass": pools.OwnedPool,
    "pool_size": POOL_SIZE,
    "max_overflow": 0,
    "pool_timeout": 10,
}
CONNECT_SECONDS = 10.0
# The server's own limit comes first; this one is for a server that no longer answers at all.
COMMAND_SECONDS = LIMITS["statement_timeout"] / 1000 + 30
# A fork waits so long for idle connections to be closed, and then goes ahead with them.
FORK_SECONDS = 0.25


class WrongProfile(SessionMisuse):
    """The configured profile would mix up clients here; the message names the right one."""


@dataclass(eq=False, slots=True)
class _Registry:
    loop: asyncio.AbstractEventLoop
    # Two tasks that ask at once must not make two engines.
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    engines: dict[str, AsyncEngine] = field(default_factory=dict)

    def use(self) -> tuple[PoolUse, ...]:
        return tuple(pools.use(*item) for item in list(self.engines.items()))

    async def close_idle(self) -> None:
        for engine in list(self.engines.values()):
            await pools.close_idle(engine)


_registry: _Registry | None = None
_detected: dict[str, str] = {}


async def engine_for(purpose: str) -> AsyncEngine:
    """On the loop thread: the engine for "background" or "direct" sessions, made at first use.

    Raises BadDatabaseURL if direct sessions are asked for and only a pooler is configured.
    """
    registry = _here()
    if (engine := registry.engines.get(purpose)) is not None:
        return engine
    async with registry.lock:
        if purpose not in registry.engines:
            registry.engines[purpose] = await _build(purpose)
        return registry.engines[purpose]


async def dispose() -> None:
    """Close every connection. The next session makes new engines."""
    engines = _here().engines
    while engines:
        await engines.popitem()[1].dispose()


def make_engine(
    database: Mapping[str, Any],
    profile: ConnectionProfile,
    connection_class: type[LimitedConnection] = LimitedConnection,
    **options: Any,
) -> AsyncEngine:
    """An engine for an entry of DATABASES: its driver arguments, its pool and its guards.

    Raises AutocommitRefused.
    """
    refusing = profile.pooled and profile.unique_names
    if refusing:
        guards.refuse_autocommit(None, options)
    place, how = asyncpg_arguments(database), profile.arguments(_application_name(database))
    # No address in the URL, so no password in anything that shows it.
    engine = create_async_engine(
        "postgresql+asyncpg://",
        connect_args={
            **place,
            **how,
            "server_settings": {**place.get("server_settings", {}), **how["server_settings"]},
            "timeout": CONNECT_SECONDS,
            "command_timeout": COMMAND_SECONDS,
            "connection_class": connection_class,
        },
        # Errors are logged and stored, and values may be somebody's.
        **{"hide_parameters": True, **({} if "poolclass" in options else _POOL), **options},
    )
    event.listen(engine.sync_engine, "connect", codecs.install)
    event.listen(engine.sync_engine, "checkout", guards.refuse_closed)
    event.listen(engine.sync_engine, "handle_error", guards.discard_outdated)
    if refusing:
        for name in ("set_connection_execution_options", "set_engine_execution_options"):
            event.listen(engine.sync_engine, name, guards.refuse_autocommit)
    if seconds := settings.DBCOMPAT.get("GUARD_SECONDS"):
        guards.watch(engine, seconds)
    return engine


async def profile_of(database: Mapping[str, Any], pooler: str) -> ConnectionProfile:
    """`pooler` as in DATABASE_POOLER. Connects to find out what answers, once per address and process.

    Also for a profile that trusts the connection: behind a pooler in transaction mode it would receive
    other clients' rows. Raises WrongProfile then; the pooled ones are right everywhere.
    """
    if database["ENGINE"] == EMBEDDED:
        return DIRECT
    if pooler == "auto" or not PROFILES[pooler].pooled:
        found = await _detected_at(database)
        if pooler != "auto" and PROFILES[found].pooled:
            raise WrongProfile(
                f"DATABASE_POOLER is {pooler}, and a pooler in transaction mode answers: statements would"
                f" be missing, or mixed up between clients. Set it to {found}, or leave it at auto."
            )
        pooler = found if pooler == "auto" else pooler
    return profile_named(pooler, settings.DBCOMPAT["STATEMENT_NAMES"])


async def _detected_at(database: Mapping[str, Any]) -> str:
    where = place_of(database)
    if where not in _detected:
        arguments = asyncpg_arguments(database)
        _detected[where] = await detect(arguments, where, _application_name(database))
    return _detected[where]


def detected(database: Mapping[str, Any]) -> str:
    """The name of the profile for what answers there; empty if this process has not looked yet."""
    return _detected.get(place_of(database), "")


def _here() -> _Registry:
    global _registry
    running = asyncio.get_running_loop()
    if _registry is None or _registry.loop is not running:
        if _registry is not None:
            _bury(_registry)
        _registry = _Registry(running)
        loop.on_stop(dispose)
        loop.report_pools(_registry.use)
    return _registry


def _bury(registry: _Registry) -> None:
    # Its loop is gone, or the parent's: collecting them would end connections that somebody still uses.
    for engine in registry.engines.values():
        # The pool by itself, too: dispose(close=False) takes it away from its engine.
        forks.bury(engine, *getattr(engine.pool, "inherited", list)())


def _close_idle_before_fork() -> None:
    # What is closed can't be inherited. Those in use are buried in the child.
    if _registry is not None and _registry.engines:
        loop.attempt(_registry.close_idle, FORK_SECONDS)


def _forget_after_fork() -> None:
    global _registry
    if _registry is not None:
        _bury(_registry)
    _registry = None


async def _build(purpose: str) -> AsyncEngine:
    database, pooler = _database(purpose)
    if database["ENGINE"] == EMBEDDED:
        from dbcompat import embedded

        # It takes a second, which would be a second for everything on this loop.
        await asyncio.to_thread(embedded.ensure_started, Path(settings.DBCOMPAT["EMBEDDED_DIR"]))
    profile = await profile_of(database, pooler)
    if purpose == DIRECTLY and profile.pooled:
        raise BadDatabaseURL(
            "This needs a connection without a pooler: set DATABASE_DIRECT_URL to the address of"
            " PostgreSQL itself."
        )
    if purpose == DIRECTLY:
        # A new connection each time: what is left on it, and leaving something is what they are for, goes
        # with it. And none stays open where connections are few.
        return make_engine(database, profile, poolclass=pools.OwnedNullPool)
    return make_engine(database, profile, StatelessConnection)


def _database(purpose: str) -> tuple[Mapping[str, Any], str]:
    # As Django sees it now: under a test runner the name is that of the test database.
    if purpose == DIRECTLY and unpooled() == DIRECT_ALIAS:
        # Whatever DATABASE_POOLER says of the other address, and whatever the name of the setting promises.
        return connections[DIRECT_ALIAS].settings_dict, "auto"
    return connections["default"].settings_dict, settings.DBCOMPAT["POOLER"]


def _application_name(database: Mapping[str, Any]) -> str:
    # Django's too: PgBouncer sets it anew on a server each time a client of another name gets it.
    name = database.get("OPTIONS", {}).get("application_name")
    return str(name or settings.DBCOMPAT["APPLICATION_NAME"])


os.register_at_fork(before=_close_idle_before_fork, after_in_child=_forget_after_fork)
