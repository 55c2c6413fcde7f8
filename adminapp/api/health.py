"""What load balancers and monitors ask."""

from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from adminapp.roles import may
from adminapp.tokens import user_of_token
from batches.models import Batch
from batches.states import ACTIVE
from dbcompat import loop


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """The process can do its work: 503 and the reasons if it can't."""
    wrong = [reason for reason in (_database(), _background()) if reason]
    status = "ready" if not wrong else "not ready"
    return JsonResponse({"status": status, "reasons": wrong}, status=503 if wrong else 200)


@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus, with a token that may see batches."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    user = user_of_token(token) if scheme == "Bearer" else None
    if user is None or not may(user, "view_batch"):
        return HttpResponse("Send a valid token: Authorization: Bearer TOKEN.\n", status=401)
    health = loop.health()
    values = {
        "console_loop_lag_p50_seconds": health.lag_p50_ms / 1000,
        "console_loop_lag_p99_seconds": health.lag_p99_ms / 1000,
        "console_loop_tasks": health.tasks,
        "console_batches_active": Batch.objects.filter(state__in=ACTIVE).count(),
    }
    text = "".join(f"# TYPE {name} gauge\n{name} {value}\n" for name, value in values.items())
    return HttpResponse(text, content_type="text/plain; version=0.0.4")


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error as error:
        return f"The database can't be reached: {type(error).__name__}."
    return f"{len(plan)} migrations are missing: run manage.py migrate." if plan else ""


def _background() -> str:
    return "" if loop.health().alive else "Background work is not running in this process."
