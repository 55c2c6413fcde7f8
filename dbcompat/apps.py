from django.apps import AppConfig


class DbcompatConfig(AppConfig):
    name = "dbcompat"
