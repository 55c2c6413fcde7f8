"""The server itself: what it is, whether it can be written to, and whether there is room."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from django.apps import apps

from dbcompat import tls
from dbcompat.doctor.patient import Patient
from dbcompat.doctor.report import Finding
from dbcompat.engines import POOL_SIZE
from dbcompat.fingerprint import Survey

OLDEST, TESTED = 14, 18
# Beside those of the pool: some requests at once, and a person with psql.
SPARE = 5
SKEW_SECONDS = 2.0
_ASK = """
SELECT current_setting('server_version') AS version,
    current_setting('server_version_num')::int / 10000 AS major,
    current_setting('server_encoding') AS encoding,
    current_setting('TimeZone') AS zone,
    pg_is_in_recovery() AS standby,
    current_setting('transaction_read_only')::bool AS read_only,
    current_setting('max_connections')::int AS most,
    current_setting('superuser_reserved_connections')::int
        + coalesce(current_setting('reserved_connections', true)::int, 0) AS reserved,
    -- A superuser has no limit of his own, and neither has who has none: -1.
    (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user AND NOT rolsuper) AS of_role,
    (SELECT nullif(datconnlimit, -1) FROM pg_database, pg_roles WHERE datname = current_database()
        AND rolname = current_user AND NOT rolsuper) AS of_database,
    (SELECT coalesce(sum(numbackends), 0)::int FROM pg_stat_database) AS used,
    has_database_privilege(current_database(), 'TEMPORARY') AS temporary,
    clock_timestamp() AS now,
    (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()) AS encrypted
"""
_FORBIDDEN = """
SELECT name FROM unnest($1::text[]) AS name
WHERE to_regclass(quote_ident(name)) IS NOT NULL
    AND NOT has_table_privilege(quote_ident(name), 'SELECT, INSERT, UPDATE, DELETE')
"""


async def server(patient: Patient, found: Survey) -> list[Finding]:
    async with patient.client() as client, client.transaction():
        before = datetime.now(UTC)
        facts = await client.fetchrow(_ASK)
        after = datetime.now(UTC)
        secure = client._transport.get_extra_info("ssl_object") is not None  # noqa: SLF001
        forbidden = [row[0] for row in await client.fetch(_FORBIDDEN, _tables())]
    skew = (facts["now"] - (before + (after - before) / 2)).total_seconds()
    return [
        *_kind(facts),
        *_writable(facts),
        *_room(facts, found),
        *_clock(skew),
        *_rights(facts, forbidden),
        *_encryption(patient, secure),
    ]


def _tables() -> list[str]:
    return [model._meta.db_table for model in apps.get_models() if model._meta.managed]  # noqa: SLF001


def _kind(facts: Mapping[str, Any]) -> Iterator[Finding]:
    words = (
        f"PostgreSQL {facts['version']}, encoding {facts['encoding']}, time zone {facts['zone']}."
    )
    if facts["major"] < OLDEST:
        advice = f"Upgrade to PostgreSQL {OLDEST} or newer; {TESTED} is what the tests run on."
        yield Finding("server", "Server", "wrong", words, advice)
    elif facts["encoding"] != "UTF8":
        advice = "Create the database anew with ENCODING 'UTF8': any other can't hold every target."
        yield Finding("server", "Server", "wrong", words, advice)
    else:
        yield Finding("server", "Server", "ok", words)


def _writable(facts: Mapping[str, Any]) -> Iterator[Finding]:
    if facts["standby"]:
        advice = "Point it at the primary; with several hosts, add target_session_attrs=read-write."
        yield Finding(
            "writable",
            "Writing",
            "wrong",
            "This is a standby: it can only be read.",
            advice,
            "DATABASE_URL",
        )
    elif facts["read_only"]:
        advice = "ALTER ROLE … RESET default_transaction_read_only, and look for what has set it."
        yield Finding("writable", "Writing", "wrong", "Its transactions are read-only.", advice)
    else:
        yield Finding(
            "writable", "Writing", "ok", "It is a primary, and its transactions can write."
        )


def _room(facts: Mapping[str, Any], found: Survey) -> Iterator[Finding]:
    everyone = facts["most"] - facts["reserved"]
    limits = {
        "max_connections": everyone,
        "The role's CONNECTION LIMIT": facts["of_role"],
        "The database's CONNECTION LIMIT": facts["of_database"],
    }
    usable, name = min((limit, name) for name, limit in limits.items() if limit is not None)
    wanted = POOL_SIZE + SPARE
    words = f"{name} leaves {usable}, {facts['used']} connections are in use; this process wants up to {wanted}."
    if found.proxied:
        yield Finding("room", "Room for connections", "ok", f"{words} The pooler shares them out.")
    elif usable < wanted:
        advice = f"Raise {name.removeprefix('The ')}, or put PgBouncer in between."
        yield Finding("room", "Room for connections", "wrong", words, advice)
    elif everyone - facts["used"] < wanted:
        advice = "Each process of the console wants as many: raise max_connections, or put PgBouncer in between."
        yield Finding("room", "Room for connections", "warning", words, advice)
    else:
        yield Finding("room", "Room for connections", "ok", words)


def _clock(skew: float) -> Iterator[Finding]:
    words = f"The server's clock is {abs(skew):.1f} s {'ahead' if skew > 0 else 'behind'}."
    if abs(skew) > SKEW_SECONDS:
        advice = "Let both machines keep time with NTP. Leases go by the server's clock; pages show both."
        yield Finding("clock", "Clocks", "warning", words, advice)
    else:
        yield Finding("clock", "Clocks", "ok", "The server's clock agrees with this machine's.")


def _rights(facts: Mapping[str, Any], forbidden: list[str]) -> Iterator[Finding]:
    if not facts["temporary"]:
        advice = "GRANT TEMPORARY ON DATABASE … TO …: lists are checked in a temporary table."
        yield Finding(
            "rights", "Rights", "wrong", "This role may make no temporary tables.", advice
        )
    elif forbidden:
        proved = f"This role may not read and write {', '.join(forbidden[:3])}."
        advice = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA … TO …."
        yield Finding("rights", "Rights", "wrong", proved, advice)
    else:
        yield Finding(
            "rights", "Rights", "ok", "This role may make temporary tables and write to ours."
        )


def _encryption(patient: Patient, secure: bool) -> Iterator[Finding]:
    hosts = str(patient.database["HOST"]).split(",")
    mode = patient.database.get("OPTIONS", {}).get("sslmode", "")
    if not any(map(tls.is_remote, hosts)):
        yield Finding(
            "tls",
            "Encryption",
            "ok",
            f"{'Encrypted' if secure else 'Not encrypted'}, on a network of your own.",
        )
    elif secure and mode.startswith("verify"):
        yield Finding("tls", "Encryption", "ok", "Encrypted, and the certificate is checked.")
    else:
        proved = (
            "Encrypted, with whoever answers." if secure else "Not encrypted, over the network."
        )
        advice = (
            "Remove sslmode from DATABASE_URL, and give the provider's certificate as sslrootcert."
        )
        yield Finding("tls", "Encryption", "warning", proved, advice, "DATABASE_URL")
