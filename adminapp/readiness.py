"""What keeps this process from doing its work, in sentences; an empty one: nothing."""

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from dbcompat import loop
from dbcompat.embedded_programs import EmbeddedError


def database() -> str:
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (Error, EmbeddedError) as error:
        return f"The database can't be reached: {type(error).__name__}."
    return f"Migrations are missing, {len(plan)} of them: run manage.py migrate." if plan else ""


def background() -> str:
    health = loop.health()
    if not health.alive:
        return "Background work is not running in this process."
    return "This process is stopping." if health.draining else ""
