"""Fields as a project writes them for itself."""

from datetime import timedelta
from typing import Any

from django.db import models


class Shout(models.CharField):  # type: ignore[type-arg]
    """Written backwards in lower case, read forwards in upper case."""

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else str(value)[::-1].lower()

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return None if value is None else value[::-1].upper()


class Minutes(models.Field):  # type: ignore[type-arg]
    """A duration in a smallint. None is written as -1."""

    def db_type(self, connection: Any) -> str:
        return "smallint"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> int:
        return -1 if value is None else int(value.total_seconds() // 60)

    def from_db_value(self, value: int, expression: Any, connection: Any) -> timedelta | None:
        return None if value < 0 else timedelta(minutes=value)


class Tags(models.JSONField):
    """A set in a JSON array."""

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else sorted(value)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        found = super().from_db_value(value, expression, connection)
        return None if found is None else set(found)


class Code(models.Field):  # type: ignore[type-arg]
    def db_type(self, connection: Any) -> str:
        return "char(4)"


class Numbered(models.TextField):  # type: ignore[type-arg]
    """What it writes depends on the object that is saved."""

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        return f"{type(model_instance).__name__} {super().pre_save(model_instance, add)}"


class Folded(models.Field):  # type: ignore[type-arg]
    """Upper and lower case are kept, and make no difference."""

    def db_type(self, connection: Any) -> str:
        return "citext"
