from django.apps import AppConfig


class DbcompatConfig(AppConfig):
    name = "dbcompat"

    def ready(self) -> None:
        # Registers the checks.
        from dbcompat import checks  # noqa: F401
