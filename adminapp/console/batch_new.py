from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render

from adminapp.console.access import batch_for, person, require
from adminapp.console.forms import NewBatchForm
from adminapp.demo import SOURCE
from adminapp.exports import rejects_response
from batches import lifecycle
from batches.intake import BadInput, BatchSpec, create_batch, read_file, read_text
from batches.lines import Line


def batch_new(request: HttpRequest) -> HttpResponse:
    require(request, "add_batch")
    if request.method == "POST" and "demo" in request.POST and settings.DEMO_TARGETS:
        return _demo(request)
    form = NewBatchForm(request.POST or None, request.FILES or None)
    if request.method != "POST" or not form.is_valid():
        return _form(request, form)
    try:
        batch, _ = create_batch(_spec(request, form), _lines(form))
    except BadInput as error:
        return _refused(request, form, error)
    return redirect("batch-detail", batch.pk)


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


def _refused(request: HttpRequest, form: NewBatchForm, error: BadInput) -> HttpResponse:
    """The form again, with everything that was entered, and the words where they belong."""
    form.refuse(error)
    return _form(request, form, preflight=error.preflight)


def _form(request: HttpRequest, form: NewBatchForm, **context: object) -> HttpResponse:
    context |= {"form": form, "demo": len(settings.DEMO_TARGETS)}
    return render(request, "batch_new.html", context, status=422 if form.wrong() else 200)
