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
    """`profile` is that of background sessions, `answers` who is there: both empty until the first is opened.

    `between`: something is, or may be, between us and PostgreSQL.
    """

    address: str
    direct_address: str
    embedded: bool
    asked: str
    profile: str
    answers: str
    between: bool


def overview() -> Overview:
    database, asked = connections["default"].settings_dict, settings.DBCOMPAT["POOLER"]
    direct = DIRECT_ALIAS in connections.settings
    embedded = database["ENGINE"] == EMBEDDED
    found = "direct" if embedded else engines.detected(database)
    profile = found if embedded or asked == "auto" else asked
    return Overview(
        address="" if embedded else place(database),
        direct_address=place(connections[DIRECT_ALIAS].settings_dict) if direct else "",
        embedded=embedded,
        asked=asked,
        profile=profile,
        # What was found counts, not what was set: a setting can be wrong.
        answers=_KINDS.get(found or profile, ""),
        between=(found or profile) != "direct",
    )
