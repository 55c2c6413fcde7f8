from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router

from adminapp.api import schemas
from adminapp.api.auth import person, require
from adminapp.batch_json import action_json
from batches import lifecycle
from batches.models import Action

router = Router(tags=["actions"])


@router.get("/{int:action_id}", response=schemas.Action, operation_id="get_action")
def show(request: HttpRequest, action_id: int) -> object:
    """What a retry was asked for, and how far it is."""
    require(request, "view_batch")
    return action_json(get_object_or_404(Action, pk=action_id))


@router.post("/{int:action_id}/abort", response=schemas.Action, operation_id="abort_action")
def abort(request: HttpRequest, action_id: int) -> object:
    """Stop it where it stands; what it has done stays done."""
    require(request, "retry_batch")
    action = get_object_or_404(Action, pk=action_id)
    lifecycle.abort(action, person(request))
    return action_json(action)
