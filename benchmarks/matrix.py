"""Every profile against every target: whatever a program does with a database, by twenty clients at once.

Counts transactions, errors by their first words, and the statements left on the server connections. What may
pass (a lost connection, a stale plan) is run again, as the product does, and counted apart.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import connection
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.matrix_usages import CLEAN, SCHEDULE, SETUP
from dbcompat import engines, loop
from dbcompat.errors import may_pass
from dbcompat.profiles import PROFILES, profile_named

CLIENTS = 20
TRIES = 6
LEFT = text("SELECT count(*) FROM pg_prepared_statements WHERE name NOT LIKE 'PGBOUNCER\\_%'")

type Target = tuple[str, dict[str, Any]]


@dataclass(slots=True)
class Outcome:
    transactions: int = 0
    again: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    # None where no server connection is shared.
    left: int | None = None

    def row(self, profile: str, target: str) -> str:
        worst = self.errors.most_common(1)
        left = "" if self.left is None else f"{self.left:,}"
        words = f"{self.errors.total():,} ({worst[0][0]} …)" if worst else "0"
        return f"| `{profile}` | {target} | {self.transactions:,} | {words} | {self.again:,} | {left} |"


HEAD = """| profile | target | transactions | errors | run again | statements left |
|---|---|---|---|---|---|"""


def run(items: int) -> None:
    """Print the matrix as a table; `items` is how many transactions of each right profile, wrong ones a tenth."""
    print(HEAD)
    with targets() as found:
        for target in found:
            for name in profiles_for(target[0]):
                right = is_right(name, target[0])
                outcome = measure(target[1], name, items if right else items // 10)
                print(outcome.row(name, target[0]), flush=True)


def profiles_for(target: str) -> list[str]:
    if target == "PostgreSQL":
        return ["direct", "session", "pgbouncer", "supavisor"]
    if target == "Supavisor (stand-in)":
        return ["supavisor", "pgbouncer", "direct"]
    return ["pgbouncer", "pgbouncer-prepared", "pgbouncer, unique names", "direct", "supavisor"]


def is_right(profile: str, target: str) -> bool:
    if target == "PostgreSQL":
        return profile != "supavisor"
    if target == "Supavisor (stand-in)":
        return profile != "direct"
    return profile.startswith("pgbouncer")


@contextmanager
def targets() -> Iterator[list[Target]]:
    """In front of the configured database; what is not installed is left out."""
    # Not at the top: they belong to the tests.
    from tests.poolers import NEWER, PGBOUNCER, pgbouncer
    from tests.supavisor import supavisor

    connection.ensure_connection()
    direct = connection.settings_dict
    with ExitStack() as stack:
        found: list[Target] = [("PostgreSQL", direct)]
        poolers = [
            ("PgBouncer 1.18, 1 server", PGBOUNCER, 1),
            ("PgBouncer 1.18, 2 servers", PGBOUNCER, 2),
            ("PgBouncer 1.24, tracking, 2 servers", NEWER, 2),
        ]
        for name, program, size in poolers:
            folder = Path(stack.enter_context(TemporaryDirectory(dir="/tmp")))
            pooler = stack.enter_context(pgbouncer(folder, direct, program, default_pool_size=size))
            found.append((name, pooler.entry))
        found.append(("Supavisor (stand-in)", stack.enter_context(supavisor(direct)).entry))
        yield found


def measure(database: dict[str, Any], profile: str, transactions: int) -> Outcome:
    return loop.run(_measure, database, profile, transactions, timeout=1800)


async def _measure(database: dict[str, Any], profile: str, transactions: int) -> Outcome:
    name, _, names = profile.partition(", ")
    chosen = profile_named(name, "unique" if names else "unnamed")
    assert chosen.name in PROFILES
    outcome = Outcome()
    engine = engines.make_engine(database, chosen, pool_size=CLIENTS)
    try:
        await _prepare(SETUP)
        async with asyncio.TaskGroup() as group:
            for client in range(CLIENTS):
                group.create_task(_client(engine, client, transactions // CLIENTS, outcome))
        if database["HOST"] != connection.settings_dict["HOST"]:
            outcome.left = await left_behind(database)
    finally:
        await engine.dispose()
        await _prepare(CLEAN)
    return outcome


async def _client(engine: AsyncEngine, client: int, transactions: int, outcome: Outcome) -> None:
    for number in range(transactions):
        usage = SCHEDULE[(number * CLIENTS + client) % len(SCHEDULE)]
        await _once(usage, engine, client * 1_000_000 + number, outcome)


async def _once(
    usage: Callable[..., Any], engine: AsyncEngine, number: int, outcome: Outcome
) -> None:
    for tried in range(TRIES):
        try:
            await usage(engine, number)
        except Exception as error:  # noqa: BLE001 -- whichever it is, it is what this counts
            if may_pass(error) and tried < TRIES - 1:
                outcome.again += 1
                continue
            outcome.errors[_words(usage, error)] += 1
        outcome.transactions += 1
        return


def _words(usage: Callable[..., Any], error: Exception) -> str:
    origin = getattr(error, "orig", None) or error
    said = " ".join(str(origin).split()) or type(error).__name__
    return f"{usage.__name__}: {said.split(': ', 1)[-1][:60]}"


async def _prepare(statements: list[str]) -> None:
    """Past any pooler, so that a wrong profile finds what it needs."""
    engine = engines.make_engine(connection.settings_dict, PROFILES["direct"])
    async with engine.begin() as database:
        for statement in statements:
            await database.execute(text(statement))
    await engine.dispose()


async def left_behind(database: dict[str, Any]) -> int:
    """The most named statements on one server connection of a pool. Asked at once, so that none is left out."""
    engine = engines.make_engine(database, PROFILES["pgbouncer"], pool_size=8)

    async def ask() -> int:
        async with engine.begin() as client:
            found = await client.scalar(LEFT)
            # Kept for as long as it takes the others to be given theirs.
            await asyncio.sleep(0.05)
            return found or 0

    try:
        return max(await asyncio.gather(*[ask() for _ in range(8)]))
    finally:
        await engine.dispose()
