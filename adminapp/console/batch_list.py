from django.conf import settings
from django.http import HttpRequest, HttpResponse

from adminapp.console import charts
from adminapp.console.access import require
from adminapp.console.live import answer
from adminapp.roles import may
from batches import pages
from batches.operation import operations
from batches.states import ACTIVE, BatchState


def batch_list(request: HttpRequest) -> HttpResponse:
    require(request, "view_batch")
    state, slug, q, cursor = (
        request.GET.get(name, "").strip() for name in ("state", "operation", "q", "cursor")
    )
    page = pages.batches_page(state, slug, q, int(cursor) if cursor.isdecimal() else None)
    filters = {"state": state, "operation": slug, "q": q}
    rows = [(row, charts.bar(row.progress), _title(row.batch.operation)) for row in page.items]
    context = {
        "rows": rows,
        "next": page.next,
        "filters": filters,
        "filtered": any(filters.values()) or cursor,
        "states": list(BatchState),
        "operations": operations().values(),
        "active": any(row.batch.state in ACTIVE for row in page.items),
        "demo": bool(settings.DEMO_TARGETS) and may(request.user, "add_batch"),
        "may_add": may(request.user, "add_batch"),
    }
    seen = [(row.batch.pk, row.batch.state, row.batch.name, row.progress) for row in page.items]
    return answer(request, "batch_list.html", context, seen)


def _title(slug: str) -> str:
    found = operations().get(slug)
    return found.title if found else slug
