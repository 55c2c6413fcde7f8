"""Django's PostgreSQL backend, over the embedded server: started when the first connection is made."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.backends.postgresql.base import DatabaseWrapper as PostgreSQL

from dbcompat import embedded


class DatabaseWrapper(PostgreSQL):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        embedded.ensure_started(Path(settings.DBCOMPAT["EMBEDDED_DIR"]))
        return super().get_new_connection(conn_params)
