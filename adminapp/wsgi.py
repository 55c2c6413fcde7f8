"""The site for any WSGI server: Django, and around it the life of the background work.

It ends when the process does; a server that has a hook for new workers can begin it before the first request
with `adminapp.background.begin`.
"""

import os
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "adminapp.settings")

from django.core.wsgi import get_wsgi_application

django = get_wsgi_application()

# Only now: models need Django to be set up.
from adminapp import background  # noqa: E402


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    background.ensure()
    return django(environ, start_response)
