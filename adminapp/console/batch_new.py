from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render

from adminapp.console.access import batch_for, person, require
from adminapp.console.findings import list_url
from adminapp.console.forms import NewBatchForm
from adminapp.demo import SOURCE
from adminapp.exports import rejects_response
from batches import lifecycle
from batches.curation import chain
from batches.findings import KINDS, Filter, how_many
from batches.intake import BadInput, BatchSpec, create_batch, read_file, read_text
from batches.lines import Line
from batches.models import Batch


def batch_new(request: HttpRequest) -> HttpResponse:
    require(request, "add_batch")
    if request.method == "POST" and "demo" in request.POST and settings.DEMO_TARGETS:
        return _demo(request)
    found = _found(request)
    form = NewBatchForm(
        request.POST or None,
        request.FILES or None,
        of_sites=found is not None,
        initial={"operation": request.GET["operation"]} if "operation" in request.GET else None,
    )
    if request.method != "POST" or not form.is_valid():
        return _form(request, form, found)
    try:
        batch = _chained(request, form, found) if found else _created(request, form)
    except BadInput as error:
        return _refused(request, form, found, error)
    return redirect("batch-detail", batch.pk)


def _found(request: HttpRequest) -> Filter | None:
    """Of the sites of which list the batch is to be, instead of one that is pasted or uploaded."""
    given = request.POST if request.method == "POST" else request.GET
    if given.get("of") not in KINDS:
        return None
    require(request, "curate")
    return Filter.read(given["of"], given.dict())


def _chained(request: HttpRequest, form: NewBatchForm, found: Filter) -> Batch:
    data = form.cleaned_data
    slug, params, limits = data["operation"], form.params(), form.limit_values()
    who = person(request)
    return chain(found, slug, who, None, params, start=False, name=data["name"], **limits)


def _created(request: HttpRequest, form: NewBatchForm) -> Batch:
    batch, _ = create_batch(_spec(request, form), _lines(form))
    return batch


def rejects(request: HttpRequest, batch_id: int) -> StreamingHttpResponse:
    return rejects_response(batch_for(request, batch_id))


def _demo(request: HttpRequest) -> HttpResponse:
    spec = BatchSpec(
        operation="page_scan",
        name=f"{len(settings.DEMO_TARGETS)} sample sites",
        source=SOURCE,
        user=person(request),
    )
    batch, _ = create_batch(spec, read_text("\n".join(settings.DEMO_TARGETS)))
    lifecycle.start(batch, person(request))
    return redirect("batch-detail", batch.pk)


def _spec(request: HttpRequest, form: NewBatchForm) -> BatchSpec:
    data = form.cleaned_data
    return BatchSpec(
        operation=data["operation"],
        params=form.params(),
        name=data["name"] or (data["file"].name if data["file"] else ""),
        source=data["file"].name if data["file"] else "pasted text",
        user=person(request),
        **form.limit_values(),
    )


def _lines(form: NewBatchForm) -> Iterator[Line]:
    upload, column = form.cleaned_data["file"], form.cleaned_data["column"].strip() or None
    return (
        read_file(upload.file, upload.name, column)
        if upload
        else read_text(form.cleaned_data["text"])
    )


def _refused(
    request: HttpRequest, form: NewBatchForm, found: Filter | None, error: BadInput
) -> HttpResponse:
    """The form again, with everything that was entered, and the words where they belong."""
    form.refuse(error)
    return _form(request, form, found, preflight=error.preflight)


def _form(
    request: HttpRequest, form: NewBatchForm, found: Filter | None, **context: object
) -> HttpResponse:
    context |= {"form": form, "demo": len(settings.DEMO_TARGETS)}
    context["anonymous"] = not settings.CONSOLE_CONTACT_URL
    if found:
        context |= {
            "how_many": how_many(found)[1],
            "found_url": list_url(found),
            "hidden": {**found.query(), "of": found.kind}.items(),
        }
    return render(request, "batch_new.html", context, status=422 if form.wrong() else 200)
