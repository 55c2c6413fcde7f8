"""What load balancers and monitors ask."""

from collections.abc import Callable, Mapping
from math import inf

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from adminapp import readiness
from adminapp.api import problems
from adminapp.api.auth import Token, require
from batches import health
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
        text = "".join(_exposed(gauge) for gauge in [_batches(), *_work(), *_loop()])
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


def _work() -> list[Gauge]:
    waiting = health.waiting()
    queued = [w.seconds for w in waiting if w.batch.state == BatchState.QUEUED]
    silent = [w.seconds for w in waiting if w.batch.state == BatchState.RUNNING]
    success = health.seconds_since_success()
    outcomes = health.recent_outcomes().items()
    return [
        (
            "console_recent_items",
            "Outcomes of the last five minutes; retried: attempts that will be repeated.",
            {f'{{outcome="{outcome}"}}': count for outcome, count in outcomes},
        ),
        (
            "console_last_success_seconds",
            "Since an item last succeeded; infinite: not in the last week.",
            {"": inf if success is None else success},
        ),
        (
            "console_oldest_queued_seconds",
            "For how long a batch has waited for a worker at most; 0: none waits.",
            {"": max(queued, default=0)},
        ),
        (
            "console_longest_silence_seconds",
            "For how long nothing has come of a running batch with items due, at most; 0: none runs.",
            {"": max(silent, default=0)},
        ),
    ]


def _loop() -> list[Gauge]:
    state = loop.health()
    return [
        ("console_loop_up", "Whether background work runs in this process.", {"": state.alive}),
        (
            "console_loop_lag_seconds",
            "How late the loop of this process answered in the last minute.",
            {
                '{quantile="0.5"}': state.lag_p50_ms / 1000,
                '{quantile="0.99"}': state.lag_p99_ms / 1000,
                '{quantile="1"}': state.lag_max_ms / 1000,
            },
        ),
        ("console_loop_tasks", "What this process has in hand.", {"": state.tasks}),
    ]


def _exposed(gauge: Gauge) -> str:
    """https://prometheus.io/docs/instrumenting/exposition_formats/"""
    name, meaning, series = gauge
    # Python's word for infinity is not that of the format.
    numbers = {labels: str(float(value)).replace("inf", "+Inf") for labels, value in series.items()}
    values = "".join(f"{name}{labels} {number}\n" for labels, number in numbers.items())
    return f"# HELP {name} {meaning}\n# TYPE {name} gauge\n{values}"
