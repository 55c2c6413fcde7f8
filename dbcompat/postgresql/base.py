"""Django's PostgreSQL backend, over the embedded server: started when the first connection is made."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.backends.postgresql.base import DatabaseWrapper as PostgreSQL
from psycopg import OperationalError

from dbcompat import embedded


class DatabaseWrapper(PostgreSQL):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        directory = Path(settings.DBCOMPAT["EMBEDDED_DIR"])
        embedded.ensure_started(directory)
        try:
            return super().get_new_connection(conn_params)
        except OperationalError:
            # Somebody may have stopped or killed it. If it runs, the error comes again.
            embedded.ensure_started(directory, recheck=True)
            return super().get_new_connection(conn_params)
