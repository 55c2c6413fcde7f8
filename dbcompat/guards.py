"""What would fail later and elsewhere, refused here and now."""

from time import monotonic
from typing import Any

from asyncpg.exceptions import OutdatedSchemaCacheError
from sqlalchemy import Connection, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine

from dbcompat.misuse import SessionMisuse

_OPENED, _BUSY, _SINCE = "dbcompat_opened", "dbcompat_busy", "dbcompat_since"


class SessionHeldTooLong(SessionMisuse):
    """Its task awaited something else than the database meanwhile. Rolled back."""


class AutocommitRefused(SessionMisuse):
    """AUTOCOMMIT and unique statement names behind a pooler: prepared on one server, run on another."""


def refuse_closed(connection: Any, record: Any, proxy: Any) -> None:
    """On checkout. The driver knows of a connection the server has closed, at no round trip.

    A ping before each use would cost four.
    """
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def discard_outdated(context: ExceptionContext) -> None:
    """On an error. A composite type has changed: the driver closes its statements, SQLAlchemy keeps them.

    Every later use on the connection would fail. As one that is gone it is replaced, and the transaction may
    be run again.
    """
    if isinstance(context.original_exception.__cause__, OutdatedSchemaCacheError):
        context.is_disconnect = True
        # The others find out for themselves, and some never used the type.
        context.invalidate_pool_on_disconnect = False


def refuse_autocommit(target: Any, options: dict[str, Any]) -> None:
    """On setting execution options, of a connection or of a whole engine."""
    if options.get("isolation_level") == "AUTOCOMMIT":
        raise AutocommitRefused(
            "AUTOCOMMIT can't be used with DATABASE_STATEMENT_NAMES=unique behind a pooler: a statement"
            " would be prepared on one server and run on another. Use unnamed, or a direct session."
        )


def watch(engine: AsyncEngine, seconds: float) -> None:
    """Fail each transaction that its task left waiting, without a statement, for longer than `seconds`.

    Counted from BEGIN, and only what is not spent in the database: a slow query is no misuse. For
    development and tests.
    """
    target = engine.sync_engine

    @event.listens_for(target, "begin")
    def begin(connection: Connection) -> None:
        connection.info.update({_OPENED: monotonic(), _BUSY: 0.0})

    @event.listens_for(target, "before_cursor_execute")
    def before(connection: Connection, *_: object) -> None:
        connection.info[_SINCE] = monotonic()

    @event.listens_for(target, "after_cursor_execute")
    def after(connection: Connection, *_: object) -> None:
        count_busy(connection, monotonic() - connection.info[_SINCE])

    @event.listens_for(target, "commit")
    def commit(connection: Connection) -> None:
        idle = monotonic() - connection.info[_OPENED] - connection.info[_BUSY]
        if idle > seconds:
            raise SessionHeldTooLong(
                f"A session was held for {idle:.1f} s while its task did something else than query the"
                f" database; {seconds:g} s are allowed. Await networks, files and locks outside the block."
            )


def count_busy(connection: Connection, seconds: float) -> None:
    """Time spent in the database past SQLAlchemy, as COPY does."""
    connection.info[_BUSY] = connection.info.get(_BUSY, 0.0) + seconds
