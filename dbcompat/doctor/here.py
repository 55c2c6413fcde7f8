"""Our own side: settings, migrations, the other way to the database, the engine at work, the loop."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from django.conf import settings
from django.core.checks import ERROR, INFO
from django.db import DatabaseError, connection, connections
from sqlalchemy import text

from dbcompat import engines, loop
from dbcompat.address import DIRECT_ALIAS
from dbcompat.checks import check_database
from dbcompat.doctor import reachability
from dbcompat.doctor.causes import explain, known
from dbcompat.doctor.patient import Patient
from dbcompat.doctor.report import Finding, Verdict
from dbcompat.engines import POOL_SIZE
from dbcompat.fingerprint import Survey
from dbcompat.loop_health import Health
from dbcompat.profiles import ConnectionProfile
from dbcompat.unmigrated import missing_migrations

# As many as the pool has, and no more: who waits for a connection that can't be made waits for long.
CLIENTS, ROUNDS = POOL_SIZE, 12
LAG_MILLISECONDS = 50.0
_PAST, _DIRECT = "The way past the pooler", "DATABASE_DIRECT_URL"
_SET_DIRECT = f"Set {_DIRECT} to the address of PostgreSQL itself."
_AT_WORK = "Background sessions at work"
# The same server and the same database, by whichever door: no right is needed to ask.
_IDENTITY = """
SELECT pg_postmaster_start_time()::text || ' ' || oid FROM pg_database WHERE datname = current_database()
"""


def django(patient: Patient, found: Survey | None) -> list[Finding]:
    """Django's own connection against what answers."""
    title, ours = "Django's own connections", dict(settings.DBCOMPAT)
    if found is not None and ours["POOLER"] == "auto" and found.profile in ("direct", "session"):
        ours["POOLER"] = found.profile
    messages = [m for m in check_database(patient.database, ours) if m.level > INFO]
    if not messages:
        return [Finding("django", title, "ok", "Their settings suit what answers.")]
    verdicts: list[Verdict] = ["wrong" if m.level >= ERROR else "warning" for m in messages]
    return [
        Finding("django", title, verdict, message.msg, str(message.hint))
        for verdict, message in zip(verdicts, messages, strict=True)
    ]


async def migrations(patient: Patient, found: Survey) -> list[Finding]:
    try:
        missing = await asyncio.to_thread(_missing)
    except DatabaseError as error:
        # The other driver has just been let in.
        words, advice, setting = explain(error, patient.setting)
        proved = f"Django's driver is not let in where the other is: {words}."
        return [Finding("migrations", "Migrations", "wrong", proved, advice, setting)]
    if missing:
        proved = f"{len(missing)} missing, from {missing[0]} on."
        return [Finding("migrations", "Migrations", "wrong", proved, "Run manage.py migrate.")]
    return [Finding("migrations", "Migrations", "ok", "All are applied.")]


def _missing() -> list[str]:
    try:
        return missing_migrations()
    finally:
        # Of a thread that nobody else will use.
        connection.close()


async def direct(patient: Patient, found: Survey) -> list[Finding]:
    """Whether DATABASE_DIRECT_URL leads past the pooler, and to the same database."""
    if DIRECT_ALIAS not in connections.settings:
        if found.profile in ("direct", "session"):
            return [Finding("direct", _PAST, "ok", "None is needed.")]
        proved = "None is set: migrations and COPY go through the pooler, direct sessions can't be opened."
        return [Finding("direct", _PAST, "warning", proved, _SET_DIRECT, _DIRECT)]
    other = Patient(connections[DIRECT_ALIAS].settings_dict, _DIRECT)
    reached = await reachability.reach(other)
    if any(finding.verdict == "wrong" for finding in reached):
        return [replace(finding, probe="direct", title=_PAST) for finding in reached]
    seen = await other.survey()
    async with other.client() as there, patient.client() as here:
        same = await there.fetchval(_IDENTITY) == await here.fetchval(_IDENTITY)
    if not same:
        proved = "It leads to another database."
        return [Finding("direct", _PAST, "wrong", proved, f"Correct {_DIRECT}.", _DIRECT)]
    if seen.mode not in ("none", "session"):
        return [
            Finding("direct", _PAST, "wrong", f"It leads to {seen.kind}.", _SET_DIRECT, _DIRECT)
        ]
    return [Finding("direct", _PAST, "ok", f"It leads to {seen.kind}, and to the same database.")]


def _engine_is_wrong(proved: str) -> Finding:
    advice = "Set DATABASE_POOLER=auto."
    return Finding("engine", _AT_WORK, "wrong", proved, advice, "DATABASE_POOLER")


async def engine(patient: Patient, found: Survey) -> list[Finding]:
    """The settings in use, at work: many clients at once, with the types that need most of the driver."""
    try:
        profile = await engines.profile_of(patient.database, settings.DBCOMPAT["POOLER"])
    except engines.WrongProfile:
        # With names of its own on servers that others use, a trial would be what it warns of.
        proved = "They refuse to open: with this profile they would mix up clients."
        return [_engine_is_wrong(proved)]
    errors = await _trial(patient, profile)
    tried = CLIENTS * ROUNDS
    if errors:
        worst, count = errors.most_common(1)[0]
        # Not for want of room, say: the profile may be the right one.
        cause = known(RuntimeError(worst), patient.setting)
        words = cause.words if cause else worst
        proved = f"{errors.total()} of {tried} transactions failed with the {profile.name} profile, {count} of them: {words}."
        if cause and "startup parameter" not in worst:
            return [Finding("engine", _AT_WORK, "wrong", proved, cause.advice, cause.setting)]
        return [_engine_is_wrong(proved)]
    others = " The direct profile would fail here." if found.mode == "transaction" else ""
    proved = f"{tried} transactions of {CLIENTS} clients at once, no error.{others}"
    return [Finding("engine", _AT_WORK, "ok", proved)]


async def _trial(patient: Patient, profile: ConnectionProfile) -> Counter[str]:
    errors: Counter[str] = Counter()
    built = engines.make_engine(patient.database, profile)

    async def client(number: int) -> None:
        for _ in range(ROUNDS):
            try:
                async with built.begin() as database:
                    asked = text("SELECT CAST(:ids AS int[])")
                    if await database.scalar(asked, {"ids": [number]}) != [number]:
                        errors["another client's answer"] += 1
            except Exception as error:  # noqa: BLE001 -- whichever it is, it is what this counts
                errors[" ".join(str(error).split())[:160]] += 1
                return

    try:
        async with asyncio.TaskGroup() as group:
            for number in range(CLIENTS):
                group.create_task(client(number))
    finally:
        await built.dispose()
    return errors


def background() -> list[Finding]:
    """The loop of this process, which is what asks."""
    return list(_loop(loop.health()))


def _loop(health: Health) -> Iterator[Finding]:
    title = "The background loop"
    words = f"Half of the time it answers within {health.lag_p50_ms:.0f} ms, at worst it took {health.lag_max_ms:.0f} ms."
    if health.blocked:
        last = health.blocked[-1]
        proved = f"{words} Blocked {len(health.blocked)} times, last for {last.seconds:.1f} s in {last.place}."
        advice = (
            "Move what blocks to asyncio.to_thread; the Connections page shows the whole stack."
        )
        yield Finding("loop", title, "warning", proved, advice)
    elif health.lag_p50_ms > LAG_MILLISECONDS:
        advice = (
            "This machine has too little time for it: run fewer batches at once, or more processes."
        )
        yield Finding("loop", title, "warning", words, advice)
    else:
        yield Finding("loop", title, "ok", words)
