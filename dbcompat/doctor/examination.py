"""All questions of the doctor, one after the other. Asked by the command and by the Connections page."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from django.conf import settings

from dbcompat.doctor import cancellation, here, pooler, reachability, server
from dbcompat.doctor.causes import explain
from dbcompat.doctor.patient import Patient, configured
from dbcompat.doctor.report import Finding, Report
from dbcompat.fingerprint import Survey

# For each probe; those that wait for a full pool take longest.
SECONDS = 12.0
# For all of them: who waits for the report should have what was found so far.
TOTAL_SECONDS = 20.0

type Told = Callable[[Finding], None]
type Probe = Callable[[Patient, Survey], Awaitable[list[Finding]]]

_ALWAYS: list[Probe] = [
    server.server,
    here.migrations,
    here.direct,
    here.engine,
    cancellation.cancelling,
]
_POOLED: list[Probe] = [pooler.shared]


async def examine(told: Told = lambda finding: None) -> Report:
    """On the loop thread: every probe, one after the other. `told` hears of each finding as it is made.

    Raises nothing but being cancelled: a probe that fails, or that no time was left for, becomes a finding
    that says so. Leaves nothing behind on any server connection.
    """
    deadline = asyncio.get_running_loop().time() + TOTAL_SECONDS
    findings: list[Finding] = []

    def add(more: list[Finding]) -> None:
        findings.extend(more)
        for finding in more:
            told(finding)

    patient = configured()
    found = await _reach(patient, add)
    add(here.django(patient, found))
    if found is not None and found.mode != "statement":
        probes = _ALWAYS + (_POOLED if found.mode == "transaction" else [])
        for probe in probes:
            add(await _safely(probe, patient, found, deadline))
    add(here.background())
    return Report(tuple(findings))


async def _reach(patient: Patient, add: Callable[[list[Finding]], None]) -> Survey | None:
    """What answers; None if nobody does."""
    if patient.embedded:
        # What it needs is installed where it is used.
        from dbcompat import embedded

        directory = Path(settings.DBCOMPAT["EMBEDDED_DIR"])
        try:
            await asyncio.to_thread(embedded.ensure_started, directory)
        except embedded.EmbeddedError as error:
            title, advice = f"Reaching {patient.place}", "Look at the log it names."
            add([Finding("reachability", title, "wrong", str(error), advice)])
            return None
    reached = await reachability.reach(patient)
    add(reached)
    if any(finding.verdict == "wrong" for finding in reached):
        return None
    try:
        async with asyncio.timeout(SECONDS):
            found = await patient.survey()
    except TimeoutError:
        add([_unchecked("mode", "it took too long")])
        return None
    except Exception as error:  # noqa: BLE001 -- where the doctor can't connect, nor can a batch
        words, advice, setting = explain(error, patient.setting)
        proved = f"Connected once, but not again: {words}."
        add([Finding("mode", "What answers", "wrong", proved, advice, setting)])
        return None
    add(pooler.between(found))
    if not patient.embedded:
        add(pooler.profile(found, settings.DBCOMPAT["POOLER"]))
    return found


async def _safely(probe: Probe, patient: Patient, found: Survey, deadline: float) -> list[Finding]:
    left = deadline - asyncio.get_running_loop().time()
    if left <= 0:
        return [_unchecked(probe.__name__, "those before took all the time there is")]
    try:
        async with asyncio.timeout(min(SECONDS, left)):
            return await probe(patient, found)
    except TimeoutError:
        return [_unchecked(probe.__name__, "it took too long")]
    except Exception as error:  # noqa: BLE001 -- one probe must not hide the others
        return [_unchecked(probe.__name__, explain(error).words)]


def _unchecked(name: str, why: str) -> Finding:
    title = name.replace("_", " ").capitalize()
    return Finding(
        name,
        title,
        "unknown",
        f"Could not be checked: {why}.",
        "Ask again; look into the log of the server.",
    )
