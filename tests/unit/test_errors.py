"""What an error of the database, the driver or the pool means, where no database is needed to raise it."""

import pytest
from asyncpg import exceptions as asyncpg
from sqlalchemy.exc import InvalidRequestError, MissingGreenlet
from sqlalchemy.exc import TimeoutError as PoolTimeout

from dbcompat.errors import Kind, classify
from dbcompat.misuse import SessionMisuse


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (asyncpg.DeadlockDetectedError("x"), Kind.CONFLICT),
        (asyncpg.LockNotAvailableError("x"), Kind.TRANSIENT),
        (asyncpg.TooManyConnectionsError("x"), Kind.TRANSIENT),
        (asyncpg.IdleInTransactionSessionTimeoutError("x"), Kind.TRANSIENT),
        (asyncpg.OutdatedSchemaCacheError("x"), Kind.TRANSIENT),  # type: ignore[no-untyped-call]
        (PoolTimeout("QueuePool limit"), Kind.TRANSIENT),
        (asyncpg.ConnectionDoesNotExistError("x"), Kind.GONE),
        (asyncpg.InterfaceError("connection is closed"), Kind.GONE),  # type: ignore[no-untyped-call]
        (ConnectionResetError(), Kind.GONE),
        (asyncpg.DataError("x"), Kind.DATA),
        (asyncpg.ForeignKeyViolationError("x"), Kind.DATA),
        (asyncpg.ProtocolViolationError("unsupported startup parameter: x"), Kind.PROGRAMMING),
        (asyncpg.ProtocolViolationError("query_wait_timeout"), Kind.TRANSIENT),
        (asyncpg.ProtocolViolationError("no more connections allowed"), Kind.TRANSIENT),
        (asyncpg.ProtocolViolationError("pgbouncer cannot connect to server"), Kind.GONE),
        (
            asyncpg.ProtocolViolationError(
                "server login failed: FATAL the database system is starting up"
            ),
            Kind.GONE,
        ),
        (
            asyncpg.ProtocolViolationError(
                "server login failed: FATAL password authentication failed"
            ),
            Kind.PROGRAMMING,
        ),
        (asyncpg.InvalidSQLStatementNameError("does not exist"), Kind.PROGRAMMING),
        (asyncpg.InvalidCatalogNameError("x"), Kind.PROGRAMMING),
        (asyncpg.InvalidPasswordError("x"), Kind.PROGRAMMING),
        (BufferError("unexpected trailing 4 bytes in buffer"), Kind.PROGRAMMING),
        (MissingGreenlet("x"), Kind.PROGRAMMING),
        (InvalidRequestError("concurrent operations are not permitted"), Kind.PROGRAMMING),
        (RuntimeError("got Future attached to a different loop"), Kind.PROGRAMMING),
        (SessionMisuse("x"), Kind.PROGRAMMING),
        (asyncpg.FeatureNotSupportedError("not implemented"), Kind.UNKNOWN),
        (RuntimeError("x"), Kind.UNKNOWN),
    ],
    ids=lambda value: repr(value) if isinstance(value, Exception) else value.name,
)
def test_errors_are_told_apart(error: Exception, kind: Kind) -> None:
    assert classify(error) is kind
