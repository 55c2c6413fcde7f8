"""What stands in between, and what that does to us: each proved by behaviour, on connections that leave nothing."""

import asyncio
import secrets
from collections.abc import Iterable
from contextlib import AsyncExitStack, suppress
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

SAMPLE = 4
# PgBouncer sets these anew for each client; the rest of a session's settings should be the server's own.
_TRACKED = ("application_name", "client_encoding", "DateStyle", "IntervalStyle", "TimeZone",
            "standard_conforming_strings")  # fmt: skip
_LEFT = """
SELECT name || ' = ' || left(setting, 40) FROM pg_settings
WHERE source = 'session' AND name <> ALL($1::text[]) AND name NOT LIKE 'dbcompat.%'
"""
# PgBouncer's own names for what it tracks are its own business.
_NAMED = "SELECT count(*) FROM pg_prepared_statements WHERE name NOT LIKE 'PGBOUNCER\\_%'"


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


async def leaks(patient: Patient, found: Survey) -> list[Finding]:
    """What others have left on the pooled server connections, and whether that reaches us."""
    async with AsyncExitStack() as stack:
        backends = await _backends(stack, patient)
        if not backends:
            return [
                _unknown("leaks", "State of others", "No server connection was to be had in time.")
            ]
        left = {line for one in backends for line in await _column(one, _LEFT, list(_TRACKED))}
        named = [await one.fetchval(_NAMED) for one in backends]
    return [_left(left, len(backends)), _statements(named)]


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


async def leaking(patient: Patient, found: Survey) -> list[Finding]:
    """Whether a setting of one client is seen by another: said once, for it is so in transaction mode."""
    nonce = secrets.token_hex(8)
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(patient.client())
        async with first.transaction():
            await first.execute("SELECT set_config('dbcompat.leak', $1, false)", nonce)
        seen = False
        for other in await _backends(stack, patient):
            if await other.fetchval("SELECT current_setting('dbcompat.leak', true)") == nonce:
                seen = True
                await other.execute("SELECT set_config('dbcompat.leak', '', false)")
                await other.execute("COMMIT")
    title = "State between clients"
    if not seen:
        return [
            Finding("state", title, "ok", "A setting made by one client was not seen by others.")
        ]
    proved = "A setting made by one client was seen by another, as behind any pooler in transaction mode."
    advice = "Nothing here: background sessions refuse what would stay. Other applications should use SET LOCAL."
    return [Finding("state", title, "ok", f"{proved} {advice}")]


async def named_statements(patient: Patient, found: Survey) -> list[Finding]:
    """Prepared in one transaction, used in the next, on another server connection."""
    title, name = "Named statements", f"dbcompat_{secrets.token_hex(6)}"
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(patient.client())
        async with first.transaction():
            await first.fetchval("SELECT pg_backend_pid()")
            prepared = await first.prepare("SELECT 17", name=name)
            was = await first.fetchval("SELECT pg_backend_pid()")
        # Held, so that the next transaction must go elsewhere.
        held = await _backends(stack, patient)
        try:
            async with asyncio.timeout(3), first.transaction():
                moved = await first.fetchval("SELECT pg_backend_pid()") != was
                works = await prepared.fetchval() == 17
        except (InvalidSQLStatementNameError, ProtocolViolationError):
            moved, works = True, False
        except (TimeoutError, PostgresError, InterfaceError):
            return [_unknown("named", title, "The pool is too small to try it.")]
        for one in held:
            await _forget(one, name)
    if not moved:
        return [_unknown("named", title, "No other server connection was to be had to try it.")]
    words = "are tracked by the pooler" if works else "are not there in the next transaction"
    return [Finding("named", title, "ok", f"They {words}. Ours have no names, so both are right.")]


async def cancelling(patient: Patient, found: Survey) -> list[Finding]:
    """Whether a query that we give up on ends on the server as well."""
    tag = f"dbcompat {secrets.token_hex(8)}"
    title = "Cancelling"
    async with patient.client() as first, patient.client() as second:
        with suppress(TimeoutError):
            await first.fetchval(f"SELECT pg_sleep(20) /* {tag} */", timeout=0.3)
        for _ in range(10):
            running = (
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE $1"
            )
            if not await second.fetchval(running, f"SELECT pg_sleep(20) /* {tag}%"):
                return [
                    Finding(
                        "cancel",
                        title,
                        "ok",
                        "A query that was given up ended on the server as well.",
                    )
                ]
            await asyncio.sleep(0.1)
    advice = "Let cancel requests through to the server; until then its statement_timeout ends such queries."
    return [
        Finding(
            "cancel", title, "warning", "A query that was given up ran on at the server.", advice
        )
    ]


async def _backends(stack: AsyncExitStack, patient: Patient, count: int = SAMPLE) -> list[Any]:
    """Clients that hold a transaction each, so that each has a server connection to itself."""
    found: list[Any] = []
    for _ in range(count):
        one = await stack.enter_async_context(patient.client())
        if await begin(one) is None:
            break
        found.append(one)
    return found


async def _column(client: Any, query: str, *values: object) -> Iterable[str]:
    return [str(row[0]) for row in await client.fetch(query, *values)]


async def _forget(client: Any, name: str) -> None:
    if await client.fetchval("SELECT count(*) FROM pg_prepared_statements WHERE name = $1", name):
        await client.execute(f'DEALLOCATE "{name}"')
        await client.execute("COMMIT")


def _unknown(probe: str, title: str, why: str, verdict: Verdict = "unknown") -> Finding:
    return Finding(probe, title, verdict, why, "Ask again when less is going on.")
