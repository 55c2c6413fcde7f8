"""A time limit for what a screen reads."""

from collections.abc import Callable
from functools import wraps

from django.db import connection, transaction


def bounded[**P, T](read: Callable[P, T]) -> Callable[P, T]:
    """A dashboard read may take two seconds; a slower one fails rather than drag the database down."""

    @wraps(read)
    def inner(*args: P.args, **kwargs: P.kwargs) -> T:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '2s'")
            return read(*args, **kwargs)

    return inner
