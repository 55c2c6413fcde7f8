"""What a database error means for who meets it: asked here, and nowhere by SQLSTATE."""

from enum import Enum
from typing import Any

from asyncpg.exceptions import OutdatedSchemaCacheError
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from dbcompat.misuse import SessionMisuse


class Kind(Enum):
    TRANSIENT = "transient"  # Again, in a fresh session.
    CONFLICT = "conflict"  # Deadlock or serialization: again, the whole transaction.
    GONE = "gone"  # The connection or the server went away: again, once it is back.
    DATA = "data"  # What was sent does not fit: again would fail again.
    PROGRAMMING = "programming"  # Our mistake, or a setting's: again would fail again.
    UNKNOWN = "unknown"


# By SQLSTATE, the first prefix that fits. https://www.postgresql.org/docs/current/errcodes-appendix.html
_BY_SQLSTATE = [
    ("40001", Kind.CONFLICT),
    ("40P01", Kind.CONFLICT),
    ("55P03", Kind.TRANSIENT),  # Lock not available.
    ("57014", Kind.TRANSIENT),  # Query cancelled, by a time limit.
    ("25P03", Kind.TRANSIENT),  # Idle in a transaction for too long.
    ("57P0", Kind.GONE),  # Shut down, crashed, or not accepting connections yet.
    ("08", Kind.GONE),
    ("53", Kind.TRANSIENT),  # Out of connections, memory or disk.
    ("22", Kind.DATA),
    ("23", Kind.DATA),
    ("26", Kind.PROGRAMMING),  # A prepared statement is on another server: the wrong profile.
    ("3D", Kind.PROGRAMMING),  # No such database.
    ("42", Kind.PROGRAMMING),
    ("28", Kind.PROGRAMMING),
]
# PgBouncer, up to 1.23 for all and later for most of what it says itself, has one code for everything.
_POOLER = [
    (("password", "no such", "startup parameter"), Kind.PROGRAMMING),
    (("timeout", "no more connections", "connections exceeded"), Kind.TRANSIENT),
    (
        ("shutting down", "cannot connect", "connect failed", "login failed", "has been failing",
         "crashed", "connection closed", "server down", "admin forced", "starting up"),
        Kind.GONE,
    ),
]  # fmt: skip
_STALE_PLAN = ("cached statement plan is invalid", "cached plan must not change result type")


def classify(error: BaseException) -> Kind:
    """Of an error from SQLAlchemy, asyncpg, psycopg or the socket below them."""
    # First: it has the code of a missing feature, or none once SQLAlchemy has wrapped it. The next plan is new.
    if isinstance(error, OutdatedSchemaCacheError) or any(t in str(error) for t in _STALE_PLAN):
        return Kind.TRANSIENT
    origin = _origin(error)
    code = _code(origin)
    if code == "08P01":
        # Not of the wrapper, which quotes the statement.
        return _of_a_pooler(str(origin))
    for prefix, kind in _BY_SQLSTATE:
        if code.startswith(prefix):
            return kind
    return _by_class(error)


def may_pass(error: BaseException) -> bool:
    """Whether the same transaction may succeed if it is run again, in a fresh session."""
    return classify(error) in (Kind.TRANSIENT, Kind.CONFLICT, Kind.GONE)


def _of_a_pooler(text: str) -> Kind:
    for words, kind in _POOLER:
        if any(word in text for word in words):
            return kind
    # It refuses a startup parameter, or mixes up statements.
    return Kind.PROGRAMMING


def _by_class(error: BaseException) -> Kind:
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return Kind.GONE
    # Not wrapped by anybody: connection refused, and the driver's own time limit.
    if isinstance(error, TimeoutError | PoolTimeout):
        return Kind.TRANSIENT
    if isinstance(error, OSError) or "connection is closed" in str(error):
        return Kind.GONE
    # MissingGreenlet among them. A BufferError is an answer that does not fit the question.
    wrong_loop = isinstance(error, RuntimeError) and "different loop" in str(error)
    if wrong_loop or isinstance(error, SessionMisuse | InvalidRequestError | BufferError):
        return Kind.PROGRAMMING
    return Kind.UNKNOWN


def _origin(error: BaseException | None) -> BaseException | None:
    """The one with a code: this, or what it wraps; SQLAlchemy's wrapper of the driver's wraps it again."""
    seen: list[Any] = []
    while error is not None and error not in seen:
        if _code(error):
            return error
        seen.append(error)
        error = getattr(error, "orig", None) or error.__cause__
    return None


def _code(error: BaseException | None) -> str:
    return str(getattr(error, "sqlstate", None) or getattr(error, "pgcode", None) or "")
