"""Pages that say what a worker process does. Not the product's: importing them would take each a second."""

import importlib
import os
import threading
import time

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.urls import path

from dbcompat import loop
from tests.programs.work import backend, hold

if "PROBE_MODULE" in os.environ:
    importlib.import_module(os.environ["PROBE_MODULE"])


@login_not_required
def work(request: HttpRequest) -> JsonResponse:
    # So long that another worker gets the next request.
    time.sleep(0.1)
    try:
        return JsonResponse({"pid": os.getpid(), "backend": loop.submit(backend).result(20)})
    except loop.LoopStopped as error:
        return JsonResponse({"error": str(error)}, status=503)


@login_not_required
def held(request: HttpRequest, name: str, seconds: str) -> JsonResponse:
    """Answered when the work is in the middle of its transaction."""
    begun = threading.Event()
    loop.submit(hold, f"{name} {os.getpid()}", float(seconds), begun.set)
    begun.wait(20)
    return JsonResponse({"pid": os.getpid()})


urlpatterns = [
    path("probe/work", work),
    path("probe/hold/<str:name>/<str:seconds>", held),
]
