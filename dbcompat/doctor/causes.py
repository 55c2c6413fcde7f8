"""Why a connection could not be made, in words that say what to do."""

import errno
import re
import socket
import ssl
from collections.abc import Callable
from typing import NamedTuple

from asyncpg.exceptions import TargetServerAttributeNotMatched


class Cause(NamedTuple):
    """`words` follow "…: ". No password is ever in them. `setting` is named in the advice, or empty."""

    words: str
    advice: str
    setting: str


type _Fits = Callable[[BaseException, str], bool]


def explain(error: BaseException, setting: str = "DATABASE_URL") -> Cause:
    """Of an error that connecting raised, in asyncpg, psycopg or the socket below them."""
    return known(error, setting) or Cause(
        f"{type(error).__name__}: {_text(error)}",
        f"Look into the server's log, and at {setting}.",
        setting,
    )


def known(error: BaseException, setting: str = "DATABASE_URL") -> Cause | None:
    """The same, or None for an error that says nothing about connecting."""
    text = _text(error)
    for fits, words, advice in _CAUSES:
        if fits(error, text):
            return Cause(
                words.format(text=text),
                advice.format(setting=setting),
                setting if "{setting}" in advice else "",
            )
    return None


def _text(error: BaseException) -> str:
    # SQLAlchemy adds a link for programmers, and the name of its own class around the driver's.
    words = re.sub(
        r"\(Background on this error.*|^\(sqlalchemy\S*\) (<class '[^']*'>: )?", "", str(error)
    )
    return " ".join(words.split()).rstrip(".")


def _says(*words: str) -> _Fits:
    return lambda _, text: any(word in text for word in words)


def _is(*kinds: type[BaseException]) -> _Fits:
    return lambda error, _: isinstance(error, kinds)


def _both(first: _Fits, second: _Fits) -> _Fits:
    return lambda error, text: first(error, text) and second(error, text)


def _numbered(*numbers: int) -> _Fits:
    return lambda error, _: isinstance(error, OSError) and error.errno in numbers


_ADDRESS = "Check host and port in {setting}, and that the server runs and is allowed to be reached from here."
_NAME = ("the name of its host is not known", "Check the host in {setting}.")
_OWN_AUTHORITY = (
    "Give the provider's certificate as sslrootcert=/path/to/ca.pem in {setting};"
    " sslmode=require encrypts without knowing to whom."
)
_WRONG_USER = (
    "user name or password are wrong",
    "Check both in {setting}; special characters must be percent-encoded.",
)
TLS_WANTED = (
    "it takes encrypted connections only",
    "Add sslmode=require to {setting}, or better verify-full.",
)
NOT_POSTGRESQL = ("what listens there is not PostgreSQL", "Check host and port in {setting}.")
SILENT = (
    "it lets us in and then answers no query",
    "If a pooler is in between, start the database behind it, and see with SHOW POOLS whether others hold"
    " all its server connections; else look into the server's log.",
)
# The first that fits. Texts are PostgreSQL's, PgBouncer's and Supavisor's, which no SQLSTATE tells apart.
_CAUSES: list[tuple[_Fits, str, str]] = [
    (_both(_is(socket.gaierror), _numbered(socket.EAI_AGAIN)), "no name server says where its host is",
     "Check this machine's network and DNS, and the host in {setting}."),
    (_is(socket.gaierror, UnicodeError), *_NAME),
    (_says("Name or service not known", "could not translate host name", "failed to resolve host"), *_NAME),
    (_numbered(errno.ENETUNREACH, errno.EHOSTUNREACH), "no network leads there from here ({text})",
     "Check the host in {setting}. One that has only an IPv6 address, as Supabase's direct ones, needs IPv6 here."),
    (_says("mismatch, certificate is not valid", "does not match host name"), "its certificate is for another name ({text})",
     "Put the name that the certificate is for into {setting}; sslmode=verify-ca does not look at the name."),
    (_says("certificate has expired"), "its certificate has expired", "Renew it at the server."),
    (_is(ssl.SSLCertVerificationError), "its certificate is not trusted here ({text})", _OWN_AUTHORITY),
    (_says("certificate verify failed"), "its certificate is not trusted here", _OWN_AUTHORITY),
    (_says("certificate file"), "{text}", "Check sslrootcert, sslcert and sslkey in {setting}."),
    (_is(ssl.SSLError), "encryption can't be set up ({text})", "Check sslrootcert, sslcert and sslkey in {setting}."),
    (_says("rejected SSL upgrade", "does not support SSL", "server refused TLS"), "it offers no encryption",
     "Turn TLS on at the server, or, on a network of your own, add sslmode=disable to {setting}."),
    (_says("SSL required", "SSL connection is required"), *TLS_WANTED),
    (_both(_says('role "'), _says("does not exist")), *_WRONG_USER),
    (_says("password authentication failed", "SASL authentication failed", "Wrong password", "no password supplied"), *_WRONG_USER),
    (_says("pg_hba.conf"), "it lets this user not in from here (pg_hba.conf)",
     "Allow this address, user and database in pg_hba.conf of the server."),
    (_says("Tenant or user not found", "no such user"), "it does not know this user",
     "Check the user in {setting}; Supavisor wants user.project."),
    (_says("not permitted to log in"), "{text}", "ALTER ROLE … LOGIN, or name another user in {setting}."),
    (_says("permission denied for database"), "this role may not connect to that database",
     "GRANT CONNECT ON DATABASE … TO …, or check the user in {setting}."),
    (_says("not currently accepting connections"), "{text}",
     "ALTER DATABASE … ALLOW_CONNECTIONS true, or check the database's name at the end of {setting}."),
    (_says("no such database"), "{text}", "Check the database's name at the end of {setting}, or create it."),
    # Not alone: prepared statements do not exist, either.
    (_both(_says('database "'), _says("does not exist")), "{text}",
     "Check the database's name at the end of {setting}, or create it."),
    (_says("too many connections for role"), "the role has as many connections as it may",
     "ALTER ROLE … CONNECTION LIMIT …, or stop what holds them."),
    (_says("too many connections for database"), "the database has as many connections as it may",
     "ALTER DATABASE … CONNECTION LIMIT …, or stop what holds them."),
    (_says("too many clients", "remaining connection slots", "too many connections", "no more connections allowed",
           "max clients reached", "Max client connections reached"), "all its connections are taken",
     "Raise max_connections (or max_client_conn or the pool size of the pooler), or stop what holds them."),
    (_says("Hot standby mode is disabled"), "it is a standby that takes no connections", "Point {setting} at the primary."),
    (_says("starting up", "not yet accepting", "in recovery mode", "not accepting connections"), "it is starting",
     "Wait for it, and ask again."),
    (_says("shutting down"), "it is shutting down", "Wait for it, and ask again."),
    (_is(TargetServerAttributeNotMatched), "no host is what target_session_attrs asks for",
     "See which of the hosts in {setting} is the primary, and whether it runs."),
    (_says("unsupported startup parameter", "unrecognized configuration parameter"),
     "it refuses a startup parameter ({text})", "Remove options and the like from {setting}; put settings on the role."),
    (_says("cannot connect to server", "server login", "server_login"), "the pooler answers, the database behind it does not",
     "Start PostgreSQL, or correct the pooler's own address of it."),
    (_says("query_wait_timeout"), "the pooler had no server connection to give",
     "Raise the pooler's pool size, or find what holds its server connections: SHOW POOLS."),
    (_is(FileNotFoundError), "there is no socket in that directory", "Check the directory in {setting}, and that the server runs."),
    (_is(PermissionError), "this user may not use it ({text})", "Check the rights on the socket or the certificate files."),
    (_is(ConnectionRefusedError), "nothing listens there", _ADDRESS),
    (_says("Connection refused", "Connect call failed"), "nothing listens there", _ADDRESS),
    (_is(TimeoutError), "it does not answer in time", _ADDRESS),
    (_is(ConnectionResetError, EOFError), "it hangs up", "Check that the port in {setting} is PostgreSQL's."),
    (_says("unexpected connection_lost", "connection was closed"), "it hangs up",
     "Check that the port in {setting} is PostgreSQL's."),
]  # fmt: skip
