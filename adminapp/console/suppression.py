"""The list of addresses of which nothing is kept."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from adminapp.console.access import person, require
from batches import curation, findings
from batches.curation import BadVerdict


def suppression(request: HttpRequest) -> HttpResponse:
    require(request, "curate")
    if request.method == "POST":
        return _changed(request)
    return _shown(request)


def _shown(request: HttpRequest, status: int = 200, **typed: str) -> HttpResponse:
    cursor = request.GET.get("cursor", "")
    page = findings.suppressions(cursor)
    context = {"rows": page.rows, "next": page.next, "first_page": not cursor, **typed}
    return render(request, "findings/suppression.html", context, status=status)


def _changed(request: HttpRequest) -> HttpResponse:
    typed, reason = (request.POST.get(name, "").strip() for name in ("entry", "reason"))
    entry = curation.entry_of(typed)
    if request.POST.get("remove"):
        if curation.list_again(entry):
            messages.success(request, f"{entry} is kept again from the next scan that finds it on.")
        else:
            messages.warning(request, f"{entry} is not on the list: nothing was changed.")
        return redirect("suppression")
    try:
        gone = curation.suppress(entry, reason, person(request))
        contacts = f"{gone:,} contact{'' if gone == 1 else 's'}"
        messages.success(request, f"{entry} is not kept any more: {contacts} removed.")
    except BadVerdict as error:
        messages.error(request, str(error))
        return _shown(request, 422, typed=typed, reason=reason)
    return redirect("suppression")
