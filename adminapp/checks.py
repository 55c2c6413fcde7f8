"""Settings that nothing fails without, and strangers would miss: named by `manage.py check --deploy`."""

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage

NO_CONTACT = "Sites can't see whom to write to about scans: set CONSOLE_CONTACT_URL."


# Only there: a first try of the console should not begin with a warning at every command.
@checks.register(deploy=True)
def check_contact(**_: Any) -> list[CheckMessage]:
    if settings.CONSOLE_CONTACT_URL:
        return []
    hint = "Give the address of a page that says who scans, why, and how to make it stop."
    return [checks.Warning(NO_CONTACT, hint=hint, id="adminapp.W001")]
