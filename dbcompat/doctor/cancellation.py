"""Whether a query that we give up on ends on the server as well."""

from contextlib import suppress
from time import perf_counter

from dbcompat.doctor.patient import Patient
from dbcompat.doctor.report import Finding
from dbcompat.fingerprint import Survey, begin

# Much longer than a cancel request takes on a busy machine.
QUERY_SECONDS, GIVE_UP_SECONDS = 4.0, 0.3
_TITLE = "Cancelling"


async def cancelling(patient: Patient, found: Survey) -> list[Finding]:
    """The connection is of use again only when its query has ended: that moment tells.

    Not asked of pg_stat_activity: with one server connection, nobody else could ask.
    """
    async with patient.client() as client:
        # Waiting for a server must not be taken for the query.
        if await begin(client) is None:
            proved = "No server connection was to be had in time."
            advice = "Ask again when less is going on."
            return [Finding("cancel", _TITLE, "unknown", proved, advice)]
        began = perf_counter()
        with suppress(TimeoutError):
            await client.fetchval(f"SELECT pg_sleep({QUERY_SECONDS})", timeout=GIVE_UP_SECONDS)
        await client.execute("ROLLBACK")
        spent = perf_counter() - began
    if spent < QUERY_SECONDS:
        proved = (
            f"A query of {QUERY_SECONDS:.0f} s, given up, ended on the server after {spent:.1f} s."
        )
        return [Finding("cancel", _TITLE, "ok", proved)]
    proved = (
        f"A query that was given up ran on at the server, for all of its {QUERY_SECONDS:.0f} s."
    )
    advice = "Let cancel requests through to the server; until then its statement_timeout ends such queries."
    return [Finding("cancel", _TITLE, "warning", proved, advice)]
