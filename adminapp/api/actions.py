from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router

from adminapp.api.auth import person, require
from adminapp.batch_json import action_json
from batches import lifecycle
from batches.models import Action

router = Router(tags=["actions"])


@router.get("/{int:action_id}")
def show(request: HttpRequest, action_id: int) -> object:
    require(request, "view_batch")
    return action_json(get_object_or_404(Action, pk=action_id))


@router.post("/{int:action_id}/abort")
def abort(request: HttpRequest, action_id: int) -> object:
    require(request, "retry_batch")
    action = get_object_or_404(Action, pk=action_id)
    lifecycle.abort(action, person(request))
    return action_json(action)
