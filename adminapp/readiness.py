"""What keeps this process from doing its work, in sentences; an empty one: nothing."""

from django.db import Error

from dbcompat import loop
from dbcompat.embedded_programs import EmbeddedError
from dbcompat.unmigrated import missing_migrations


def database() -> str:
    try:
        missing = missing_migrations()
    except (Error, EmbeddedError) as error:
        return f"The database can't be reached: {type(error).__name__}."
    return (
        f"Migrations are missing, {len(missing)} of them: run manage.py migrate." if missing else ""
    )


def background() -> str:
    health = loop.health()
    if not health.alive:
        return "Background work is not running in this process."
    return "This process is stopping." if health.draining else ""
