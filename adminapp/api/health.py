"""What load balancers and monitors ask."""

from collections.abc import Callable, Mapping

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from adminapp import readiness
from adminapp.api import problems
from adminapp.api.auth import Token, require
from batches.bounded import bounded
from batches.models import Batch
from batches.states import BatchState
from dbcompat import loop

type Gauge = tuple[str, str, Mapping[str, float]]


def monitored(view: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    return login_not_required(require_safe(view))


@monitored
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@monitored
def readyz(request: HttpRequest) -> HttpResponse:
    """The process can do its work: 503 and the reasons if it can't."""
    wrong = [reason for reason in (readiness.database(), readiness.background()) if reason]
    status = "ready" if not wrong else "not ready"
    return JsonResponse({"status": status, "reasons": wrong}, status=503 if wrong else 200)


@monitored
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus, with a token that may see batches."""
    try:
        if not Token()(request):
            return problems.unauthorized(request)
        require(request, "view_batch")
        text = "".join(_exposed(gauge) for gauge in [_batches(), *_loop()])
    except problems.Forbidden as error:
        return problems.forbidden(request, error)
    except (OperationalError, InterfaceError) as error:
        return problems.unavailable(request, error)
    return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8")


@bounded
def _batches() -> Gauge:
    counts = dict(Batch.objects.order_by().values_list("state").annotate(Count("id")))
    # All of them, always: a series that comes and goes can't be alerted on.
    series = {f'{{state="{state}"}}': counts.get(state, 0) for state in BatchState}
    return "console_batches", "Batches in each state.", series


def _loop() -> list[Gauge]:
    health = loop.health()
    return [
        ("console_loop_up", "Whether background work runs in this process.", {"": health.alive}),
        (
            "console_loop_lag_seconds",
            "How late the loop of this process answered in the last minute.",
            {
                '{quantile="0.5"}': health.lag_p50_ms / 1000,
                '{quantile="0.99"}': health.lag_p99_ms / 1000,
                '{quantile="1"}': health.lag_max_ms / 1000,
            },
        ),
        ("console_loop_tasks", "What this process has in hand.", {"": health.tasks}),
    ]


def _exposed(gauge: Gauge) -> str:
    """https://prometheus.io/docs/instrumenting/exposition_formats/"""
    name, meaning, series = gauge
    values = "".join(f"{name}{labels} {float(value)}\n" for labels, value in series.items())
    return f"# HELP {name} {meaning}\n# TYPE {name} gauge\n{values}"
