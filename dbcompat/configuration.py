"""The keys of settings.DBCOMPAT, and what holds where one is left out. README.md says what they are for."""

from collections.abc import Mapping
from typing import Any

DEFAULTS: Mapping[str, Any] = {
    "URL": None,
    "EMBEDDED_DIR": None,
    "DIRECT_URL": None,
    "POOLER": "auto",
    "STATEMENT_NAMES": "unnamed",
    "DJANGO_POOL": 0,
    "APPLICATION_NAME": "dbcompat",
    "UVLOOP": True,
    "BLOCKED_SECONDS": 0.5,
    "GUARD_SECONDS": None,
}


def completed(given: Mapping[str, Any]) -> dict[str, Any]:
    return {**DEFAULTS, **given}
