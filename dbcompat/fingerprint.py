"""What answers at an address: PostgreSQL itself, PgBouncer, or Supavisor; and in which mode, proved by what it does."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal

import asyncpg
from asyncpg.exceptions import InterfaceError, PostgresError

log = logging.getLogger(__name__)

# Any dotted name is a legal setting of PostgreSQL; a pooler refuses it or drops it.
PROBE = "dbcompat.probe"
_LOOK = "SELECT current_setting($1, true), pg_backend_pid(), current_setting('application_name')"
# How long a client may wait for a server connection before the pool counts as full.
WAIT_SECONDS = 1.0

type Mode = Literal["none", "session", "transaction", "statement"]
type Startup = Literal["honoured", "refused", "dropped"]


@dataclass(frozen=True, slots=True)
class Survey:
    """`proxied`: a pooler is in between. `how` says by what the mode was proved.

    `servers` is how many server connections were seen at work at once, `full` that one more was not to be had.
    """

    startup: Startup
    proxied: bool
    name: str
    mode: Mode
    how: str
    servers: int = 1
    full: bool = False

    @property
    def profile(self) -> str:
        """The name of the profile for it. In doubt a pooled one, which is right everywhere."""
        if self.name == "Supavisor" and self.mode != "session":
            return "supavisor"
        if self.mode == "session":
            return "session"
        return "pgbouncer" if self.proxied or self.startup != "honoured" else "direct"


async def detect(arguments: dict[str, Any], where: str, application_name: str) -> str:
    """The name of the profile to use, found by a few connections and logged in a sentence.

    `arguments` are asyncpg's for the address, `where` is its name for people. Raises what connecting raises.
    """
    found = await survey(arguments, application_name, others=2)
    log.info("Database %s: %s. Using the %s profile.", where, found.how, found.profile)
    return found.profile


async def survey(arguments: dict[str, Any], application_name: str, others: int = 4) -> Survey:
    """Up to `others` more clients are held at once to see whose server connection they are given."""
    async with AsyncExitStack() as stack:
        try:
            first = await stack.enter_async_context(
                client(arguments, application_name, **{PROBE: "1"})
            )
            refused = False
        except PostgresError as error:
            if not _refuses_parameters(error):
                raise
            first = await stack.enter_async_context(client(arguments, application_name))
            refused = True
        try:
            async with first.transaction():
                value, pid, name = await first.fetchrow(_LOOK, PROBE)
        except PostgresError as error:
            if "statement pooling" not in str(error):
                raise
            how = "a pooler in statement mode, which allows no transactions"
            return Survey("refused" if refused else "dropped", True, "", "statement", how)
        startup: Startup = "refused" if refused else "honoured" if value == "1" else "dropped"
        if pid == first.get_server_pid() and startup == "honoured":
            return Survey(startup, False, name, "none", "PostgreSQL itself")
        return await _mode(stack, first, pid, Survey(startup, True, name, "transaction", ""),
                           lambda: client(arguments, application_name), others)  # fmt: skip


async def _mode(
    stack: AsyncExitStack, first: Any, pid: int, so_far: Survey, another: Any, others: int
) -> Survey:
    """Whether a client that is still connected keeps its server.

    Not whether its own changes: with one server it never does, and two in step under round robin change none.
    """
    held: list[int] = []
    for number in range(2, others + 2):
        second = await stack.enter_async_context(another())
        got = await begin(second)
        if got is None:
            break
        held.append(got)
        if got == pid:
            how = f"client {number} was given server process {pid} while client 1 was still connected to it"
            return _with(so_far, "transaction", how, len(held))
    full = len(held) < others
    again = await begin(first)
    if again == pid:
        others_got = "no other got one" if not held else f"{len(held)} more got others"
        how = f"client 1 kept server process {pid} while {others_got}"
        return _with(so_far, "session", how, len(held) + 1, full)
    moved = "had to wait for one" if again is None else "was given another the second time"
    return _with(so_far, "transaction", f"client 1 {moved}", len(held) + 1, full)


def _with(so_far: Survey, mode: Mode, how: str, servers: int, full: bool = False) -> Survey:
    kind = "Supavisor" if so_far.name == "Supavisor" else "a pooler"
    words = f"{kind} in {mode} mode, since {how}"
    return Survey(so_far.startup, True, so_far.name, mode, words, servers, full)


@asynccontextmanager
async def client(
    arguments: dict[str, Any], application_name: str, **settings: str
) -> AsyncIterator[Any]:
    """A connection of its own that names nothing and leaves nothing, ended without waiting for an answer."""
    sent = {**arguments.get("server_settings", {}), "application_name": application_name}
    connection = await asyncpg.connect(  # type: ignore[no-untyped-call]
        **{**arguments, "server_settings": {**sent, **settings}},
        timeout=10,
        statement_cache_size=0,
        command_timeout=30,
    )
    try:
        yield connection
    finally:
        await _leave(connection)


async def _leave(connection: Any) -> None:
    """Out of its transaction first, or a pooler would end the server connection, which is not ours to end."""
    with suppress(TimeoutError, PostgresError, InterfaceError, OSError):
        async with asyncio.timeout(1.0):
            if not connection.is_closed() and connection.is_in_transaction():
                await connection.execute("ROLLBACK")
    # Not asked politely: one that still waits for a server would wait on.
    connection.terminate()


async def begin(connection: Any, wait: float = WAIT_SECONDS) -> int | None:
    """Open a transaction: the process that serves it, or None if no server was to be had in time."""
    try:
        async with asyncio.timeout(wait):
            await connection.execute("BEGIN")
            return int(await connection.fetchval("SELECT pg_backend_pid()"))
    except (TimeoutError, PostgresError, InterfaceError, OSError):
        # It may still be given one later, and would keep it in a transaction.
        connection.terminate()
        return None


def _refuses_parameters(error: Exception) -> bool:
    return "startup parameter" in str(error) or "command-line options" in str(error)
