"""What a database error means for who meets it: asked here, and nowhere by SQLSTATE."""

from enum import Enum
from typing import Any

from sqlalchemy.exc import DBAPIError


class Kind(Enum):
    TRANSIENT = "transient"  # Again, in a fresh session.
    CONFLICT = "conflict"  # Deadlock or serialization: again, the whole transaction.
    GONE = "gone"  # The connection or the server went away: again, once it is back.
    DATA = "data"  # What was sent does not fit: again would fail again.
    PROGRAMMING = "programming"  # Our mistake.
    UNKNOWN = "unknown"


# By SQLSTATE, longest prefix first. https://www.postgresql.org/docs/current/errcodes-appendix.html
_BY_SQLSTATE = [
    ("40001", Kind.CONFLICT),
    ("40P01", Kind.CONFLICT),
    ("55P03", Kind.TRANSIENT),  # Lock not available.
    ("57014", Kind.TRANSIENT),  # Query cancelled, by a time limit.
    ("57P0", Kind.GONE),  # Shut down, crashed, or not accepting connections yet.
    ("08", Kind.GONE),
    ("53", Kind.TRANSIENT),  # Out of connections, memory or disk.
    ("22", Kind.DATA),
    ("23", Kind.DATA),
    ("0A000", Kind.TRANSIENT),  # "Cached plan must not change result type": the next plan is new.
    ("42", Kind.PROGRAMMING),
    ("28", Kind.PROGRAMMING),
]


def classify(error: BaseException) -> Kind:
    """Of an error from SQLAlchemy, asyncpg, psycopg or the socket below them."""
    code = _sqlstate(error)
    for prefix, kind in _BY_SQLSTATE:
        if code.startswith(prefix):
            return kind
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return Kind.GONE
    # Not wrapped by anybody: connection refused, and the driver's own time limit.
    if isinstance(error, TimeoutError):
        return Kind.TRANSIENT
    if isinstance(error, OSError) or "connection is closed" in str(error):
        return Kind.GONE
    return Kind.UNKNOWN


def _sqlstate(error: BaseException | None) -> str:
    """Of the error or of what it wraps; SQLAlchemy's wrapper of the driver's error wraps it again."""
    seen: list[Any] = []
    while error is not None and error not in seen:
        if code := getattr(error, "sqlstate", None) or getattr(error, "pgcode", None):
            return str(code)
        seen.append(error)
        error = getattr(error, "orig", None) or error.__cause__
    return ""
