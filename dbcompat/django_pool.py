"""psycopg's pool, which Django keeps for the life of a process and hands to its children by mistake."""

import os
from typing import Any

from django.db.backends.postgresql.base import DatabaseWrapper

from dbcompat import forks


def _forget_after_fork() -> None:
    """In a child: its threads are not there, and its connections are the parent's."""
    django: Any = DatabaseWrapper
    pools = django._connection_pools  # noqa: SLF001 -- there is no other way to them
    forks.bury(*pools.values())
    pools.clear()


os.register_at_fork(after_in_child=_forget_after_fork)
