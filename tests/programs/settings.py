"""The product's, and what a test may want of a program."""

import os

from adminapp.settings import *  # noqa: F403
from adminapp.settings import DATABASES, DBCOMPAT

DATABASES["default"]["OPTIONS"]["application_name"] = os.environ["PROBE_NAME"]
DBCOMPAT["UVLOOP"] = os.environ.get("PROBE_LOOP") != "asyncio"
ROOT_URLCONF = "tests.programs.urls"
WSGI_APPLICATION = "adminapp.wsgi.application"
