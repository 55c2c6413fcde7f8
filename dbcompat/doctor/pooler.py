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
from dbcompat.doctor.report import Finding, Verdict
from dbcompat.fingerprint import Survey, begin

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
    startup = {
        "honoured": "An unknown startup parameter reaches the server.",
        "refused": "An unknown startup parameter is refused, as PgBouncer does.",
        "dropped": "An unknown startup parameter is dropped without a word.",
    }[found.startup]
    told = [
        Finding("mode", "What answers", "ok", f"{found.how[0].upper()}{found.how[1:]}. {startup}")
    ]
    if found.mode == "statement":
        advice = "Set pool_mode = transaction in PgBouncer: everything here is a transaction."
        return [
            Finding(
                "mode", "What answers", "wrong", f"{found.how[0].upper()}{found.how[1:]}.", advice
            )
        ]
    if found.mode == "session" and found.full:
        proved = (
            f"Only {found.servers} server connections were to be had; one client more had to wait."
        )
        advice = "In session mode each connection of each process needs one: raise pool_size, or use transaction mode."
        told.append(Finding("pool-size", "Room in the pooler", "warning", proved, advice))
    return told


def profile(found: Survey, pooler: str) -> list[Finding]:
    """DATABASE_POOLER against what answers."""
    title, right = "Profile", found.profile
    if pooler in ("auto", right) or (right, pooler) == ("pgbouncer", "pgbouncer-prepared"):
        which = f"found out: {right}" if pooler == "auto" else right
        return [
            Finding("profile", title, "ok", f"DATABASE_POOLER is {pooler}, the profile is {which}.")
        ]
    proved = f"DATABASE_POOLER is {pooler}, and {found.how} answers."
    if (found.startup == "refused" and pooler == "supavisor") or (
        not found.proxied and pooler == "supavisor"
    ):
        proved += " It refuses the startup parameter of that profile, and with it every connection."
    elif found.mode == "transaction" and pooler in ("direct", "session"):
        proved += " Statements would be missing or mixed up between clients."
    elif pooler in ("pgbouncer", "pgbouncer-prepared", "supavisor"):
        advice = f"Set DATABASE_POOLER={right}, or leave it at auto, and save a round trip in each transaction."
        return [Finding("profile", title, "warning", proved, advice, "DATABASE_POOLER")]
    elif {pooler, right} == {"direct", "session"}:
        return [Finding("profile", title, "ok", f"{proved} Both profiles are right for it.")]
    return [Finding("profile", title, "wrong", proved,
                    f"Set DATABASE_POOLER={right}, or leave it at auto.", "DATABASE_POOLER")]  # fmt: skip


async def shared(patient: Patient, found: Survey) -> list[Finding]:
    """What one client leaves for another, and what others have left: looked for on a few server connections.

    They are held at once, for a moment and together for all these questions: others wait for them meanwhile.
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
                await client.execute("ROLLBACK")
        used = await _used(first, prepared, was) if was in held else None
        if was in held:
            await _forget(held[was], name)
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
        # Committed, or it would be there again once this transaction is rolled back.
        await client.execute("SELECT set_config('dbcompat.leak', '', false)")
        await client.execute("COMMIT")
        await client.execute("BEGIN")
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
    title = "Room in the pooler"
    if held > 1:
        return Finding("pool-size", title, "ok", f"{held} server connections were held at once.")
    proved = "Only one server connection was to be had: who holds it and asks for another waits for ever."
    advice = "Raise default_pool_size in PgBouncer, or the pool size of the project in Supavisor."
    return Finding("pool-size", title, "warning", proved, advice)


def _left(left: set[str], sampled: int) -> Finding:
    title = "Settings left by others"
    if not left:
        return Finding(
            "leaks", title, "ok", f"None on {sampled} server connections that were looked at."
        )
    proved = (
        f"On {sampled} server connections: {', '.join(sorted(left)[:5])}. They apply to us, too."
    )
    advice = "Find the client that says SET without LOCAL. RECONNECT in the pooler's console clears them."
    return Finding("leaks", title, "wrong", proved, advice)


def _statements(named: list[int]) -> Finding:
    title, most = "Statements left by others", max(named)
    if not most:
        return Finding(
            "statements",
            title,
            "ok",
            f"None on {len(named)} server connections that were looked at.",
        )
    ours = settings.DBCOMPAT["STATEMENT_NAMES"] == "unique"
    who = (
        "DATABASE_STATEMENT_NAMES=unique leaves them there"
        if ours
        else "Some client names its statements"
    )
    advice = (
        "Unset DATABASE_STATEMENT_NAMES."
        if ours
        else "Look for a client with a statement cache, and turn it off."
    )
    proved = f"Up to {most} on one server connection, and each takes some 26 kB for as long as that lives. {who}."
    return Finding("statements", title, "wrong" if ours else "warning", proved,
                   f"{advice} RECONNECT in the pooler's console clears them.",
                   "DATABASE_STATEMENT_NAMES" if ours else "")  # fmt: skip


def _state(seen: bool) -> Finding:
    if not seen:
        return Finding(
            "state",
            "State between clients",
            "ok",
            "A setting made by one client was not seen by others.",
        )
    proved = "A setting made by one client was seen by another, as behind any pooler in transaction mode."
    advice = "Background sessions refuse what would stay. Let other applications use SET LOCAL."
    return Finding("state", "State between clients", "ok", f"{proved} {advice}")


def _named(works: bool | None) -> Finding:
    """Prepared in one transaction, used in the next, on another server connection."""
    if works is None:
        return _unknown(
            "named", "Named statements", "No other server connection was to be had to try them."
        )
    words = "are tracked by the pooler" if works else "are not there in the next transaction"
    return Finding(
        "named", "Named statements", "ok", f"They {words}. Ours have no names, so both are right."
    )


async def _forget(client: Any, name: str) -> None:
    if await client.fetchval("SELECT count(*) FROM pg_prepared_statements WHERE name = $1", name):
        await client.execute(f'DEALLOCATE "{name}"')
        await client.execute("COMMIT")


def _unknown(probe: str, title: str, why: str, verdict: Verdict = "unknown") -> Finding:
    return Finding(probe, title, verdict, why, "Ask again when less is going on.")
