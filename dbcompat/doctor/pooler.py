"""What stands in between, and what that does to us: each proved by behaviour, on connections that leave nothing."""

import asyncio
import secrets
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from asyncpg.exceptions import (
    InterfaceError,
    InvalidSQLStatementNameError,
    PostgresError,
    ProtocolViolationError,
)
from django.conf import settings

from dbcompat.doctor.patient import Patient
from dbcompat.doctor.report import Finding
from dbcompat.fingerprint import Survey, begin
from dbcompat.profiles import PROFILES

SAMPLE = 6
# How long to wait for one more server connection while others are held.
HOLD_SECONDS = 0.4
# PgBouncer sets these anew for each client; the rest of a session's settings should be the server's own.
_TRACKED = ["application_name", "client_encoding", "DateStyle", "IntervalStyle", "TimeZone",
            "standard_conforming_strings"]  # fmt: skip
_LEFT = """
SELECT name || ' = ' || left(setting, 40) FROM pg_settings
WHERE source = 'session' AND setting IS DISTINCT FROM reset_val AND name <> ALL($1::text[]) AND name NOT LIKE 'dbcompat.%'
"""
# PgBouncer's own names for what it tracks are its own business.
_NAMED = (
    "SELECT count(*) FROM pg_prepared_statements WHERE name <> $1 AND name NOT LIKE 'PGBOUNCER\\_%'"
)


def between(found: Survey) -> list[Finding]:
    """Who answers, how it takes startup parameters, and in which mode it is."""
    title, words = "What answers", f"{found.words[0].upper()}{found.words[1:]}."
    if found.mode == "statement":
        advice = "Set pool_mode = transaction in PgBouncer: everything here is a transaction."
        return [Finding("mode", title, "wrong", words, advice)]
    told = [Finding("mode", title, "ok", f"{words} {_STARTUP[found.startup]}")]
    if found.mode == "session" and found.full:
        told.append(Finding("pool-size", _ROOM, "warning", _few(found.servers), _SESSION_ROOM))
    return told


_STARTUP = {
    "honoured": "An unknown startup parameter reaches the server.",
    "refused": "An unknown startup parameter is refused, as PgBouncer does.",
    "dropped": "An unknown startup parameter is dropped without a word.",
}
_ROOM = "Room in the pooler"
_SESSION_ROOM = "In session mode each connection of each process needs one: raise pool_size, or use transaction mode."


def _few(servers: int) -> str:
    return f"Only {servers} server connections were to be had; one client more had to wait."


def profile(found: Survey, pooler: str) -> list[Finding]:
    """DATABASE_POOLER against what answers: a pooled profile is right everywhere, another only unpooled."""
    title, setting, right = "Profile", "DATABASE_POOLER", found.profile
    proved = f"DATABASE_POOLER is {pooler}; {found.kind} answers."
    advice = f"Set DATABASE_POOLER={right}, or leave it at auto."
    if pooler == "auto":
        return [Finding("profile", title, "ok", f"{proved} The profile is found out: {right}.")]
    if pooler == "supavisor" and found.startup != "dropped":
        proved += " It refuses the startup parameter of that profile, and with it every connection."
        return [Finding("profile", title, "wrong", proved, advice, setting)]
    ours, theirs = PROFILES[pooler].pooled, PROFILES[right].pooled
    if theirs and not ours:
        proved += (
            " Statements would be missing or mixed up between clients, so sessions refuse to open."
        )
        return [Finding("profile", title, "wrong", proved, advice, setting)]
    if ours and not theirs:
        proved += " Each transaction takes a round trip more than it needs."
        return [Finding("profile", title, "warning", proved, advice, setting)]
    return [Finding("profile", title, "ok", f"{proved} The profile is right for it.")]


async def shared(patient: Patient, found: Survey) -> list[Finding]:
    """What one client leaves for another, and what others have left: looked for on a few server connections.

    They are held at once, for a moment and together for all these questions: others wait for them meanwhile.
    Each is committed when it is given back, or what was cleared there would be there again.
    """
    nonce, name = secrets.token_hex(8), f"dbcompat_{secrets.token_hex(6)}"
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(patient.client())
        async with first.transaction():
            was = await first.fetchval("SELECT pg_backend_pid()")
            await first.execute("SELECT set_config('dbcompat.leak', $1, false)", nonce)
            prepared = await first.prepare("SELECT 17", name=name)
        held = await _hold(stack, patient)
        samples = [await _sample(client, nonce, name) for client in held.values()]
        if not samples:
            return [
                _unknown("leaks", "State of others", "No server connection was to be had in time.")
            ]
        for pid, client in held.items():
            if pid != was:
                await client.execute("COMMIT")
        used = None
        if was in held:
            used = await _used(first, prepared, was)
            await _forget(held[was], name)
            await held[was].execute("COMMIT")
    return [
        _servers(len(samples)),
        _left({line for sample in samples for line in sample.left}, len(samples)),
        _statements([sample.named for sample in samples]),
        _state(any(sample.seen for sample in samples)),
        _named(used),
    ]


@dataclass(frozen=True, slots=True)
class _Sample:
    """Of one server connection: settings left on it, named statements, and whether ours of before was seen."""

    left: list[str]
    named: int
    seen: bool


async def _hold(stack: AsyncExitStack, patient: Patient) -> dict[int, Any]:
    """Clients in a transaction each, by the process that serves them."""
    held: dict[int, Any] = {}
    for _ in range(SAMPLE):
        client = await stack.enter_async_context(patient.client())
        if (pid := await begin(client, HOLD_SECONDS)) is None:
            break
        held[pid] = client
    return held


async def _sample(client: Any, nonce: str, ours: str) -> _Sample:
    left = [row[0] for row in await client.fetch(_LEFT, _TRACKED)]
    named = await client.fetchval(_NAMED, ours)
    seen = await client.fetchval("SELECT current_setting('dbcompat.leak', true)") == nonce
    if seen:
        await client.execute("SELECT set_config('dbcompat.leak', '', false)")
    return _Sample(left, named, seen)


async def _used(client: Any, prepared: Any, was: int) -> bool | None:
    """Whether a statement of the transaction before works on another server connection; None: not tried."""
    try:
        async with asyncio.timeout(HOLD_SECONDS), client.transaction():
            if await client.fetchval("SELECT pg_backend_pid()") == was:
                return None
            return bool(await prepared.fetchval() == 17)
    except (InvalidSQLStatementNameError, ProtocolViolationError):
        return False
    except (TimeoutError, PostgresError, InterfaceError):
        return None


def _servers(held: int) -> Finding:
    if held > 1:
        return Finding("pool-size", _ROOM, "ok", f"{held} server connections were held at once.")
    proved = "Only one server connection was to be had: who holds it and asks for another waits for ever."
    advice = "Raise default_pool_size in PgBouncer, or the pool size of the project in Supavisor."
    return Finding("pool-size", _ROOM, "warning", proved, advice)


def _left(left: set[str], sampled: int) -> Finding:
    title = "Settings left by others"
    if not left:
        return Finding("leaks", title, "ok", _none_on(sampled))
    some = ", ".join(sorted(left)[:5])
    proved = f"On {sampled} server connections: {some}. They apply to us, too."
    advice = f"Find the client that says SET without LOCAL. {_RECONNECT}"
    return Finding("leaks", title, "wrong", proved, advice)


def _statements(named: list[int]) -> Finding:
    title, most = "Statements left by others", max(named)
    if not most:
        return Finding("statements", title, "ok", _none_on(len(named)))
    proved = f"Up to {most} on one server connection, and each takes some 26 kB for as long as that lives."
    if settings.DBCOMPAT["STATEMENT_NAMES"] == "unique":
        setting = "DATABASE_STATEMENT_NAMES"
        proved += f" {setting}=unique leaves them there."
        return Finding("statements", title, "wrong", proved, f"Unset it. {_RECONNECT}", setting)
    advice = f"Look for a client with a statement cache, and turn it off. {_RECONNECT}"
    return Finding("statements", title, "warning", proved, advice)


_RECONNECT = "RECONNECT in the pooler's console clears them."


def _none_on(servers: int) -> str:
    return f"None on {servers} server connections that were looked at."


def _state(seen: bool) -> Finding:
    title = "State between clients"
    if not seen:
        return Finding("state", title, "ok", "A setting made by one client was not seen by others.")
    proved = (
        "A setting made by one client was seen by another, as behind any pooler in transaction mode."
        " Background sessions refuse what would stay; other applications should use SET LOCAL."
    )
    return Finding("state", title, "ok", proved)


def _named(works: bool | None) -> Finding:
    """Prepared in one transaction, used in the next, on another server connection."""
    title = "Named statements"
    if works is None:
        return _unknown("named", title, "No other server connection was to be had to try them.")
    words = "are tracked by the pooler" if works else "are not there in the next transaction"
    return Finding("named", title, "ok", f"They {words}. Ours have no names, so both are right.")


async def _forget(client: Any, name: str) -> None:
    if await client.fetchval("SELECT count(*) FROM pg_prepared_statements WHERE name = $1", name):
        await client.execute(f'DEALLOCATE "{name}"')


def _unknown(probe: str, title: str, why: str) -> Finding:
    return Finding(probe, title, "unknown", why, "Ask again when less is going on.")
