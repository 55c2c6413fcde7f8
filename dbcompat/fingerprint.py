"""What answers at an address: PostgreSQL itself, PgBouncer, or Supavisor; and in which mode, proved by what it does."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

import asyncpg
from asyncpg.exceptions import InterfaceError, PostgresError

log = logging.getLogger(__name__)

# Any dotted name is a legal setting of PostgreSQL; a pooler refuses it or drops it.
PROBE = "dbcompat.probe"
_LOOK = "SELECT current_setting($1, true), pg_backend_pid(), current_setting('application_name')"
# How long a client may wait for a server connection before the pool counts as full.
WAIT_SECONDS = 1.0
# How often the first client asks while another waits, and how many others there are at most.
TURN_SECONDS, OTHERS = 0.1, 4
# On a busy pooler it gets the same one now and then; all at one pace, it could each time.
PAUSES = (0.001, 0.004, 0.009)

type Mode = Literal["none", "session", "transaction", "statement"]
type Startup = Literal["honoured", "refused", "dropped"]


@dataclass(frozen=True, slots=True)
class Survey:
    """`proxied`: a pooler is in between. `how` says by what the mode was proved, where there is a pooler.

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
    def kind(self) -> str:
        """Who answers, for people: "a pooler in session mode"."""
        family = "Supavisor" if self.name == "Supavisor" else "a pooler"
        return f"{family} in {self.mode} mode" if self.mode != "none" else "PostgreSQL itself"

    @property
    def words(self) -> str:
        return f"{self.kind}, since {self.how}" if self.how else self.kind

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
    found = await survey(arguments, application_name)
    log.info("Database %s: %s. Using the %s profile.", where, found.words, found.profile)
    return found.profile


async def survey(arguments: dict[str, Any], application_name: str) -> Survey:
    """More clients are held at once, a few, to see whose server connection they are given."""
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
            how = "it allows no transactions"
            return Survey("refused" if refused else "dropped", True, "", "statement", how)
        startup: Startup = "refused" if refused else "honoured" if value == "1" else "dropped"
        if pid == first.get_server_pid() and startup == "honoured":
            return Survey(startup, False, name, "none", "")
        return await _mode(stack, first, pid, Survey(startup, True, name, "transaction", ""),
                           lambda: client(arguments, application_name))  # fmt: skip


async def _mode(
    stack: AsyncExitStack, first: Any, pid: int, so_far: Survey, another: Any
) -> Survey:
    """`so_far` is in transaction mode until the other is proved. Whether a client that is still connected keeps its server, asked beside each of several newcomers.

    Not whether it gets the same one once more: the only one it ever can, or the last that the newcomers have
    left, it gets in transaction mode, too.
    """
    for held in range(OTHERS):
        try:
            second = await stack.enter_async_context(another())
        except (PostgresError, OSError):
            # It has let the first one in, and lets that one work.
            how = "it takes no more clients, so that its mode can't be told"
            return replace(so_far, how=how, servers=held + 1, full=True)
        got, turns, overtaken = await _beside(first, pid, second)
        if got == pid:
            how = f"client {held + 2} was given server process {pid} while client 1 was still connected to it"
            return replace(so_far, how=how, servers=held + 1)
        if any(turn != pid for turn in turns):
            moved = "had to wait for one" if None in turns else "was given another later"
            return replace(so_far, how=f"client 1 {moved}", servers=held + 1)
        if got is None:
            return _starved(so_far, pid, held + 1, overtaken)
    how = f"client 1 kept server process {pid} while {OTHERS} more came and got others"
    return replace(so_far, mode="session", how=how, servers=OTHERS + 1)


async def _beside(first: Any, pid: int, second: Any) -> tuple[int | None, list[int | None], int]:
    """The server that `second` is given, those of `first` meanwhile, and how often it overtook."""
    turns: list[int | None] = []
    overtaken = 0
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(begin(second))
        await asyncio.wait([asking], timeout=TURN_SECONDS)
        while not asking.done() and None not in turns:
            turns.append(await _turn(first))
            overtaken += not asking.done()
            await asyncio.wait([asking], timeout=TURN_SECONDS)
    got = asking.result()
    if got not in (None, pid):
        for pause in PAUSES:
            await asyncio.sleep(pause)
            turns.append(await _turn(first))
    return got, turns, overtaken


async def _turn(client: Any) -> int | None:
    """A transaction of its own; None also if it lost its connection, which proves no session."""
    pid = await begin(client)
    try:
        await client.execute("ROLLBACK")
    except (PostgresError, InterfaceError, OSError):
        return None
    return pid


def _starved(so_far: Survey, pid: int, servers: int, overtaken: int) -> Survey:
    """What a newcomer that got no server at all proves."""
    if overtaken:
        # Servers that are free go to those who have waited longest.
        how = f"client 1 kept server process {pid} while one more waited for any"
        return replace(so_far, mode="session", how=how, servers=servers, full=True)
    how = "neither client was given a server in time, which proves no other"
    return replace(so_far, how=how, servers=servers, full=True)


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
