from django.apps import AppConfig


class DbcompatConfig(AppConfig):
    name = "dbcompat"

    def ready(self) -> None:
        from django.conf import settings

        # The first two register themselves.
        from dbcompat import checks, django_pool  # noqa: F401
        from dbcompat.configuration import completed

        settings.DBCOMPAT = completed(getattr(settings, "DBCOMPAT", {}))
