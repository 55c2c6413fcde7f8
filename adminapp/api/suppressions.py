"""The list of those who asked not to be listed."""

from datetime import datetime

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field

from adminapp.api.auth import person, require
from adminapp.api.finding_schemas import Text
from batches import curation, findings
from batches.models import Suppression as Row

router = Router(tags=["suppressions"])


class NewSuppression(Schema):
    model_config = ConfigDict(extra="forbid")

    entry: str = Field(description="An address, or all of a domain as “@example.com”.")
    reason: str = Field("", max_length=500)


class Suppression(Schema):
    entry: str
    reason: str
    created_by: str | None
    created_at: datetime


class SuppressionList(Schema):
    items: list[Suppression]
    next: str | None = Field(description="The cursor of the next page; null: there is none.")


class Suppressed(Suppression):
    removed: int = Field(description="Contacts that were there.")


@router.get("", response=SuppressionList, operation_id="list_suppressions")
def list_suppressions(request: HttpRequest, cursor: Text = "") -> object:
    """By address, 100 a page."""
    require(request, "curate")
    page = findings.suppressions(cursor)
    return {"items": [_row(row) for row in page.rows], "next": page.next}


@router.post("", response={201: Suppressed}, operation_id="create_suppression")
def create(request: HttpRequest, body: NewSuppression) -> object:
    """Keep nothing of it from now on; its contacts go at once. Again with another reason: that counts."""
    require(request, "curate")
    removed = curation.suppress(body.entry, body.reason, person(request))
    return Status(201, {**_row(_found(body.entry)), "removed": removed})


@router.delete("/{path:entry}", response=Suppression, operation_id="delete_suppression")
def delete(request: HttpRequest, entry: str) -> object:
    """It may be listed again: its contacts come back with the next scan that finds them."""
    require(request, "curate")
    found = _found(entry)
    if not curation.list_again(entry):
        raise Http404
    return _row(found)


def _found(entry: str) -> Row:
    return get_object_or_404(Row.objects.select_related("created_by"), pk=curation.entry_of(entry))


def _row(row: Row) -> dict[str, object]:
    by = row.created_by.get_username() if row.created_by else None
    names = ("entry", "reason", "created_at")
    return {**{name: getattr(row, name) for name in names}, "created_by": by}
