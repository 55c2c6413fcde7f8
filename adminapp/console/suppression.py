"""The list of those who asked not to be listed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from adminapp.console.access import person, require
from batches import curation
from batches.curation import BadVerdict
from batches.models import Suppression

_SHOWN = 100


def suppression(request: HttpRequest) -> HttpResponse:
    require(request, "curate")
    if request.method == "POST":
        return _changed(request)
    after = request.GET.get("cursor", "").replace("\0", "")
    rows = Suppression.objects.select_related("created_by").order_by("entry")
    found = list(rows.filter(entry__gt=after)[: _SHOWN + 1])
    following = found[_SHOWN - 1].entry if len(found) > _SHOWN else ""
    context = {"rows": found[:_SHOWN], "next": following, "first_page": not after}
    return render(request, "findings/suppression.html", context)


def _changed(request: HttpRequest) -> HttpResponse:
    entry, reason = (request.POST.get(name, "").strip() for name in ("entry", "reason"))
    if request.POST.get("remove"):
        Suppression.objects.filter(entry=entry).delete()
        messages.success(request, f"{entry} may be listed again.")
        return redirect("suppression")
    try:
        gone = curation.suppress(entry, reason, person(request))
        contacts = f"{gone:,} contact{'' if gone == 1 else 's'}"
        messages.success(request, f"{entry} is not listed any more: {contacts} removed.")
    except BadVerdict as error:
        messages.error(request, str(error))
    return redirect("suppression")
