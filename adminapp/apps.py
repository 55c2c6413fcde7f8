from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AdminappConfig(AppConfig):
    name = "adminapp"

    def ready(self) -> None:
        # Models can be imported only now.
        from adminapp import checks  # noqa: F401 -- to be registered
        from adminapp.roles import create_groups

        # Of the last app: by then auth has made the permissions of all.
        post_migrate.connect(create_groups, sender=self)
