from django.apps import AppConfig


class DbcompatConfig(AppConfig):
    name = "dbcompat"

    def ready(self) -> None:
        # They register themselves.
        from dbcompat import checks, django_pool  # noqa: F401
