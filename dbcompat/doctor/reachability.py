"""Whether anybody answers; and if not, why."""

import asyncio
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from dbcompat.doctor.causes import NOT_POSTGRESQL, SILENT, TLS_WANTED, Cause, explain
from dbcompat.doctor.patient import Patient
from dbcompat.doctor.report import Finding

SLOW_MILLISECONDS = 20.0
# PgBouncer lets clients in while its server is away, and lets them wait for two minutes.
ANSWER_SECONDS = 5.0
_FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl")


class _NoAnswer(Exception):
    pass


async def reach(patient: Patient) -> list[Finding]:
    """Connects once. Raises nothing: that it can't be reached is the finding."""
    title = f"Reaching {patient.place}"
    try:
        spent, trip = await _connect(patient)
    except Exception as error:  # noqa: BLE001 -- whichever it is, it is the finding
        words, advice, setting = await _cause(patient, error)
        proved = f"It can't be used: {words}."
        return [Finding("reachability", title, "wrong", proved, advice, setting)]
    proved = f"Connected in {spent:.0f} ms; a round trip takes {trip:.1f} ms."
    if trip > SLOW_MILLISECONDS:
        advice = (
            "Run the console nearer to its database: every transaction takes several round trips."
        )
        return [Finding("reachability", title, "warning", proved, advice)]
    return [Finding("reachability", title, "ok", proved)]


async def _connect(patient: Patient) -> tuple[float, float]:
    """Milliseconds to connect, and of a round trip: the median, since others use the machine too."""
    began = perf_counter()
    async with patient.client() as client:
        spent = (perf_counter() - began) * 1000
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                trips = [await _trip(client) for _ in range(5)]
        except TimeoutError:
            raise _NoAnswer from None
    return spent, sorted(trips)[2]


async def _trip(client: Any) -> float:
    began = perf_counter()
    await client.execute("SELECT 1")
    return (perf_counter() - began) * 1000


async def _cause(patient: Patient, error: Exception) -> Cause:
    """What its text alone does not say is found in the settings, or by another try."""
    options = patient.database.get("OPTIONS", {})
    text, mode = str(error), options.get("sslmode", "prefer")
    if isinstance(error, _NoAnswer):
        return _filled(SILENT, patient)
    if isinstance(error, FileNotFoundError) and (missing := _missing_file(options)):
        return _filled(
            (f"there is no {missing}", f"Correct {missing.split()[0]} in {{setting}}."), patient
        )
    if "rejected SSL upgrade" in text and mode in ("allow", "prefer"):
        # PostgreSQL's "no" would have been taken for an answer.
        return _filled(NOT_POSTGRESQL, patient)
    if "pg_hba.conf" in text and "no encryption" in text and await _let_in_encrypted(patient):
        return _filled(TLS_WANTED, patient)
    return explain(error, patient.setting)


def _missing_file(options: dict[str, str]) -> str:
    named = ((name, options[name]) for name in _FILES if options.get(name, "system") != "system")
    return next((f"{name} at {path}" for name, path in named if not Path(path).is_file()), "")


async def _let_in_encrypted(patient: Patient) -> bool:
    """The server says the same to those that it lets in with TLS only and to those that it never does.

    The password has just been tried without encryption, so trying it with any is no less safe.
    """
    options = {**patient.database.get("OPTIONS", {}), "sslmode": "require"}
    encrypted = replace(patient, database={**patient.database, "OPTIONS": options})
    try:
        async with encrypted.client():
            return True
    except Exception as error:  # noqa: BLE001 -- a wrong password, say, is asked for once TLS is there
        return not any(word in str(error) for word in ("pg_hba.conf", "rejected SSL upgrade"))


def _filled(cause: tuple[str, str], patient: Patient) -> Cause:
    words, advice = cause
    setting = patient.setting if "{setting}" in advice else ""
    return Cause(words, advice.format(setting=patient.setting), setting)
