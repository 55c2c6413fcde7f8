import json
from collections.abc import Callable
from typing import Any, BinaryIO, cast

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Status
from ninja.errors import HttpError, ValidationError
from pydantic import ValidationError as Invalid

from adminapp import batch_json as as_json
from adminapp.api import schemas
from adminapp.api.auth import person, require
from adminapp.roles import NEEDED
from batches import lifecycle, pages
from batches.intake import BadInput, BatchSpec, create_batch, preflight_of, read_file
from batches.lifecycle import IllegalTransition
from batches.lines import checked
from batches.models import Batch
from batches.states import BatchState

router = Router(tags=["batches"])

_BODY = {
    "requestBody": {
        "content": {
            "application/json": {"schema": schemas.NewBatch.model_json_schema()},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["operation", "file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "column": {"type": "string", "description": "Of a CSV file."},
                        "params": {"type": "string", "description": "JSON."},
                        "operation": {"type": "string"},
                    },
                }
            },
        }
    }
}


def batch_for(request: HttpRequest, batch_id: int, permission: str = "view_batch") -> Batch:
    """The batch, if the user may do this with it. Raises Http404, Forbidden."""
    require(request, "view_batch")
    batch = get_object_or_404(Batch.kept, pk=batch_id)
    require(request, permission, batch)
    return batch


@router.post(
    "",
    openapi_extra=_BODY,
    response={201: schemas.NewBatchAnswer, 200: schemas.NewBatchAnswer},
    operation_id="create_batch",
)
def create(request: HttpRequest) -> Status[dict[str, Any]]:
    """Check and store a list; start it, with `start`. The same idempotency key gives the same batch."""
    require(request, "add_batch")
    new, spec, lines = _read(request)
    return made(request, new, lambda: create_batch(spec, lines)[0])


def made(
    request: HttpRequest, asked: schemas.BatchOptions, make: Callable[[], Batch]
) -> Status[dict[str, Any]]:
    """The answer about a new batch, started if that was asked for, or about the one with the same key."""
    known = _known(request, asked)
    batch = make()
    if asked.start:
        _start(batch, person(request))
    preflight = as_json.preflight_json(batch, preflight_of(batch))
    return Status(200 if known else 201, as_json.batch_json(batch) | {"preflight": preflight})


@router.get("", response=schemas.BatchPage, operation_id="list_batches")
def list_batches(
    request: HttpRequest,
    state: str = "",
    operation: str = "",
    q: str = "",
    cursor: int | None = None,
) -> object:
    """Newest first. `q` matches part of the name, or the number; `cursor` is `next` of the last page."""
    require(request, "view_batch")
    page = pages.batches_page(state, operation, q, cursor)
    return {"batches": [as_json.row_json(row) for row in page.items], "next": page.next}


@router.get("/{int:batch_id}", response=schemas.Batch, operation_id="get_batch")
def show(request: HttpRequest, batch_id: int) -> object:
    """How it stands. The counts are at most a second old."""
    return as_json.batch_json(batch_for(request, batch_id))


def _control(verb: str, permission: str) -> Callable[[HttpRequest, int], object]:
    def control(request: HttpRequest, batch_id: int) -> object:
        batch = batch_for(request, batch_id, permission)
        getattr(lifecycle, verb)(batch, person(request))
        return as_json.batch_json(batch)

    return control


for _verb, _permission in NEEDED.items():
    if _verb == "delete":
        continue  # A method, not an address.
    router.post(
        f"/{{int:batch_id}}/{_verb}",
        response=schemas.Batch,
        operation_id=f"{_verb}_batch",
        summary=_verb.capitalize(),
    )(_control(_verb, _permission))


@router.delete("/{int:batch_id}", response={204: None}, operation_id="delete_batch")
def delete(request: HttpRequest, batch_id: int) -> Status[None]:
    """With its items and results, unless it is active. What it found stays."""
    lifecycle.delete(batch_for(request, batch_id, NEEDED["delete"]), person(request))
    return Status(204, None)


@router.post("/{int:batch_id}/retry", response={202: schemas.Action}, operation_id="retry_batch")
def retry(request: HttpRequest, batch_id: int, body: schemas.Retry) -> Status[dict[str, Any]]:
    """Put items back to pending, in the background: the answer is the action to follow."""
    batch = batch_for(request, batch_id, "retry_batch")
    action = lifecycle.retry(batch, person(request), **body.model_dump())
    return Status(202, as_json.action_json(action))


def _start(batch: Batch, user: User) -> None:
    if batch.state != BatchState.DRAFT:
        return  # Known by its key, and started before.
    try:
        lifecycle.start(batch, user)
    except IllegalTransition:
        # With a key, another request for the same may have been faster: then it has what it asked for.
        if not batch.idempotency_key:
            raise


def _read(request: HttpRequest) -> tuple[schemas.NewBatch, BatchSpec, Any]:
    """JSON with `targets`, or a form with a file: as what is to be done, and the lines."""
    upload = request.FILES.get("file")
    new = _parse(_form(request) if request.content_type == "multipart/form-data" else request.body)
    limits = new.model_dump(exclude={"targets", "start"})
    if upload is None:
        spec = BatchSpec(user=person(request), source="the API", **limits)
        return new, spec, checked(enumerate(new.targets, 1))
    if upload.file is None:
        raise HttpError(400, "The upload is empty.")
    name = upload.name or "upload"
    spec = BatchSpec(user=person(request), source=name, **limits)
    return (
        new,
        spec,
        read_file(cast("BinaryIO", upload.file), name, request.POST.get("column") or None),
    )


def _parse(body: bytes | dict[str, Any]) -> schemas.NewBatch:
    try:
        if isinstance(body, bytes):
            body = json.loads(body)
        return schemas.NewBatch.model_validate(body)
    except Invalid as error:
        raise ValidationError([dict(found) for found in error.errors()]) from error
    except RecursionError as error:
        raise HttpError(400, "The body is nested too deeply.") from error
    except ValueError as error:
        raise HttpError(400, f"The body is not JSON: {error}.") from error


def _form(request: HttpRequest) -> dict[str, Any]:
    form = {name: value for name, value in request.POST.items() if name != "column"}
    try:
        return form | ({"params": json.loads(str(form["params"]))} if "params" in form else {})
    except (ValueError, RecursionError) as error:
        raise BadInput(f"params is not JSON: {error}.", "params") from error


def _known(request: HttpRequest, new: schemas.BatchOptions) -> bool:
    return (
        bool(new.idempotency_key)
        and Batch.objects.filter(
            created_by=request.user.pk, idempotency_key=new.idempotency_key
        ).exists()
    )
