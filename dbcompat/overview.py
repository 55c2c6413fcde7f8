"""What this process knows of its connections without asking anybody."""

from dataclasses import dataclass

from django.conf import settings
from django.db import connections

from dbcompat import engines
from dbcompat.address import DIRECT_ALIAS, place
from dbcompat.engines import EMBEDDED

_KINDS = {
    "direct": "PostgreSQL itself",
    "session": "a pooler in session mode",
    "pgbouncer": "a pooler in transaction mode",
    "pgbouncer-prepared": "a pooler in transaction mode that tracks statements",
    "supavisor": "Supavisor in transaction mode",
}


@dataclass(frozen=True, slots=True)
class Overview:
    """`profile` is that of background sessions; empty until the first has been opened."""

    address: str
    direct_address: str
    embedded: bool
    asked: str
    profile: str
    answers: str


def overview() -> Overview:
    database = connections["default"].settings_dict
    direct = DIRECT_ALIAS in connections.settings
    embedded = database["ENGINE"] == EMBEDDED
    profile = "direct" if embedded else engines.known_profile(database)
    return Overview(
        address="" if embedded else place(database),
        direct_address=place(connections[DIRECT_ALIAS].settings_dict) if direct else "",
        embedded=embedded,
        asked=settings.DBCOMPAT["POOLER"],
        profile=profile,
        answers=_KINDS.get(profile, ""),
    )
