"""The driver's connection, with time limits on every transaction, and nothing left behind."""

from typing import Any

import asyncpg

from dbcompat.session_state import refuse_state

# Milliseconds. No statement of ours takes a minute; one that does holds up more than itself.
LIMITS = {
    "statement_timeout": 60_000,
    "lock_timeout": 10_000,
    "idle_in_transaction_session_timeout": 60_000,
}
_LOCAL = "; ".join(f"SET LOCAL {name} = {limit}" for name, limit in LIMITS.items())


class LimitedConnection(asyncpg.Connection):
    """Sends the limits in the same message as BEGIN, so they cost no round trip.

    Local to the transaction: a pooler would hand anything else on to the next client. Not in the startup
    message: poolers refuse it, in session mode too. As a statement of their own they made a
    transaction of one statement ten to fifty percent longer.
    """

    __slots__ = ()

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:
        if not args and query.startswith("BEGIN"):
            query = f"{query} {_LOCAL}"
        status: str = await super().execute(query, *args, timeout=timeout)
        return status


class StatelessConnection(LimitedConnection):
    """Takes no statement that would leave something behind for the next transaction."""

    __slots__ = ()

    async def prepare(self, query: str, **options: Any) -> Any:
        # Here, where a statement that is kept passes once: as an event of SQLAlchemy's it cost seven
        # percent of a session.
        refuse_state(query)
        return await super().prepare(query, **options)  # type: ignore[no-untyped-call]
