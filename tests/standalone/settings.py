import os

from dbcompat.address import django_databases

DBCOMPAT = {"URL": os.environ.get("DATABASE_URL"), "EMBEDDED_DIR": os.environ.get("DATA_DIR")}
DATABASES = django_databases(DBCOMPAT)
INSTALLED_APPS = ["dbcompat", "notes"]
ROOT_URLCONF = "notes.views"
ALLOWED_HOSTS = ["testserver"]
