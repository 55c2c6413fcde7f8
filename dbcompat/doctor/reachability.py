"""Whether anybody answers; and if not, why, in words that say what to do."""

import socket
import ssl
from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

from dbcompat.doctor.patient import Patient
from dbcompat.doctor.report import Finding

SLOW_MILLISECONDS = 20.0


class Cause(NamedTuple):
    """`words` follow "…: ". No password is ever in them."""

    words: str
    advice: str


async def reach(patient: Patient) -> list[Finding]:
    """Connects once. Raises nothing: that it can't be reached is the finding."""
    title = f"Reaching {patient.place}"
    began = perf_counter()
    try:
        async with patient.client() as client:
            spent = (perf_counter() - began) * 1000
            trips = [await _trip(client) for _ in range(5)]
    except Exception as error:  # noqa: BLE001 -- whichever it is, it is the finding
        cause = explain(error, patient.setting)
        return [
            Finding(
                "reachability",
                title,
                "wrong",
                f"It can't be used: {cause.words}.",
                cause.advice,
                patient.setting,
            )
        ]
    trip = sorted(trips)[2]
    proved = f"Connected in {spent:.0f} ms; a round trip takes {trip:.1f} ms."
    if trip > SLOW_MILLISECONDS:
        advice = (
            "Run the console nearer to its database: every transaction takes several round trips."
        )
        return [Finding("reachability", title, "warning", proved, advice)]
    return [Finding("reachability", title, "ok", proved)]


async def _trip(client: object) -> float:
    began = perf_counter()
    await client.execute("SELECT 1")  # type: ignore[attr-defined]
    return (perf_counter() - began) * 1000


def explain(error: BaseException, setting: str = "DATABASE_URL") -> Cause:
    """Of an error that connecting raised, in asyncpg, psycopg or the socket below them."""
    text = " ".join(str(error).split())
    for fits, words, advice in _CAUSES:
        if fits(error, text):
            return Cause(words.format(text=text), advice.format(setting=setting))
    return Cause(
        f"{type(error).__name__}: {text}", f"Look into the server's log, and at {setting}."
    )


def _says(*words: str) -> Callable[[BaseException, str], bool]:
    return lambda _, text: any(word in text for word in words)


def _is(*kinds: type[BaseException]) -> Callable[[BaseException, str], bool]:
    return lambda error, _: isinstance(error, kinds)


_ADDRESS = "Check host and port in {setting}, and that the server runs and is allowed to be reached from here."
# The first that fits. Texts are PostgreSQL's, PgBouncer's and Supavisor's, which no SQLSTATE tells apart.
_CAUSES: list[tuple[Callable[[BaseException, str], bool], str, str]] = [
    (_is(socket.gaierror), "the name of its host is not known", "Check the host in {setting}."),
    (_says("Name or service not known", "could not translate host name", "failed to resolve host"),
     "the name of its host is not known", "Check the host in {setting}."),
    (_is(ssl.SSLCertVerificationError), "its certificate is not trusted here ({text})",
     "Give the provider's certificate as sslrootcert=/path/to/ca.pem in {setting};"
     " sslmode=require encrypts without knowing to whom."),
    (_says("certificate verify failed"), "its certificate is not trusted here",
     "Give the provider's certificate as sslrootcert=/path/to/ca.pem in {setting};"
     " sslmode=require encrypts without knowing to whom."),
    (_says("rejected SSL upgrade", "does not support SSL", "server refused TLS"), "it offers no encryption",
     "Turn TLS on at the server, or, on a network of your own, add sslmode=disable to {setting}."),
    (_says("no encryption", "SSL off", "SSL required", "SSL connection is required"), "it takes encrypted connections only",
     "Add sslmode=require to {setting}, or better verify-full."),
    (_says("password authentication failed", "SASL authentication failed", "Wrong password", "no password supplied"),
     "user name or password are wrong", "Check both in {setting}; special characters must be percent-encoded."),
    (_says("no pg_hba.conf entry"), "it lets this user not in from here (pg_hba.conf)",
     "Allow this address, user and database in pg_hba.conf of the server."),
    (_says("Tenant or user not found", "no such user"), "it does not know this user",
     "Check the user in {setting}; Supavisor wants user.project."),
    (_says("no such database", "does not exist"), "{text}", "Check the database's name at the end of {setting}, or create it."),
    (_says("too many clients", "remaining connection slots", "too many connections", "no more connections allowed"),
     "all its connections are taken", "Raise max_connections (or max_client_conn of the pooler), or stop what holds them."),
    (_says("starting up", "not yet accepting", "recovery"), "it is starting", "Wait for it, and ask again."),
    (_says("shutting down"), "it is shutting down", "Wait for it, and ask again."),
    (_says("unsupported startup parameter", "unrecognized configuration parameter"),
     "it refuses a startup parameter ({text})", "Remove options and the like from {setting}; put settings on the role."),
    (_says("cannot connect to server", "server login", "server_login"), "the pooler answers, the database behind it does not",
     "Start PostgreSQL, or correct the pooler's own address of it."),
    (_is(FileNotFoundError), "there is no socket in that directory", "Check the directory in {setting}, and that the server runs."),
    (_says("No such file or directory"), "there is no socket in that directory", "Check the directory in {setting}, and that the server runs."),
    (_is(PermissionError), "this user may not use it ({text})", "Check the rights on the socket or the certificate files."),
    (_is(ConnectionRefusedError), "nothing listens there", _ADDRESS),
    (_says("Connection refused", "Connect call failed"), "nothing listens there", _ADDRESS),
    (_is(TimeoutError), "it does not answer in time", _ADDRESS),
    (_is(ConnectionResetError, EOFError), "it hangs up", "Check that this port is PostgreSQL's."),
    (_says("unexpected connection_lost", "connection was closed"), "it hangs up", "Check that this port is PostgreSQL's."),
]  # fmt: skip
