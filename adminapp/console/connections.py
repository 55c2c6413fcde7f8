"""How this console reaches its database, whether that is right, and how its loop is doing."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from adminapp.console.access import require
from adminapp.console.live import answer
from batches import health
from dbcompat import loop
from dbcompat.doctor.examination import examine
from dbcompat.doctor.report import Report
from dbcompat.overview import overview

# Longer than an examination ever takes: it has a bound of its own.
WAIT_SECONDS = 120.0


def connections(request: HttpRequest) -> HttpResponse:
    require(request, "view_connections")
    if request.method == "POST":
        # Answered at once, not kept: the next request may reach another process.
        report = loop.run(examine, timeout=WAIT_SECONDS)
        return render(request, "connections.html", {**_live(), "report": report, **_sorted(report)})
    context = _live()
    seen = [context["overview"], context["health"], [found.sentence for found in context["stuck"]]]
    return answer(request, "connections.html", context, seen)


def _live() -> dict[str, Any]:
    return {"overview": overview(), "health": loop.health(), "stuck": health.stuck(), "poll": 2}


def _sorted(report: Report) -> dict[str, Any]:
    """What needs somebody first."""
    groups = {verdict: [f for f in report.findings if f.verdict == verdict] for verdict in _ORDER}
    return {"groups": [(_ORDER[verdict], found) for verdict, found in groups.items() if found]}


_ORDER = {
    "wrong": "Wrong",
    "warning": "Worth a look",
    "unknown": "Could not be checked",
    "ok": "In order",
}
