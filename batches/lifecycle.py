"""What a person can tell a batch to do. The console, the API and the command line all call these."""

import logging
from collections.abc import Iterable
from functools import partial
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Now
from pydantic import ValidationError

from batches import engine
from batches.models import Action, Batch, Chunk, Event, FailureGroup
from batches.operation import operation
from batches.states import FINISHED, BatchState

log = logging.getLogger(__name__)

type Person = AbstractBaseUser | None

MAX_CHOSEN_ITEMS = 10_000

# Verb → the states it may be said in, and the one it leads to.
VERBS: dict[str, tuple[frozenset[BatchState], BatchState]] = {
    "start": (frozenset({BatchState.DRAFT}), BatchState.QUEUED),
    "pause": (frozenset({BatchState.QUEUED, BatchState.RUNNING}), BatchState.PAUSED),
    "resume": (frozenset({BatchState.PAUSED}), BatchState.QUEUED),
    "cancel": (
        frozenset({BatchState.DRAFT, BatchState.QUEUED, BatchState.RUNNING, BatchState.PAUSED}),
        BatchState.CANCELLING,
    ),
    "delete": (FINISHED | {BatchState.DRAFT}, BatchState.DELETING),
}
_REFUSED = {"delete": "it can't be deleted now. Cancel it, or wait for its end."}


class IllegalTransition(Exception):
    """The batch is in a state in which this can't be done; the message says which."""


class BadRetry(Exception):
    """The retry makes no sense as asked; the message says why."""


def legal_verbs(batch: Batch) -> list[str]:
    return [verb for verb, (sources, _) in VERBS.items() if batch.state in sources]


def start(batch: Batch, user: Person) -> None:
    """Raises IllegalTransition, as do the other verbs."""
    _move(batch, user, "start", "Started")


def pause(batch: Batch, user: Person, reason: str = "") -> None:
    """In-flight items get a moment to finish; what does not returns to pending."""
    _move(batch, user, "pause", "Paused", state_reason=reason or f"Paused by {_name(user)}.")


def resume(batch: Batch, user: Person) -> None:
    """Resuming a batch that its canary stopped means going on regardless."""
    canary_done = not Chunk.objects.filter(batch=batch, number=0, pending__gt=0).exists()
    _move(batch, user, "resume", "Resumed", canary_passed=batch.canary_passed or canary_done)


def cancel(batch: Batch, user: Person) -> None:
    """Nothing more starts; every item that has not run becomes skipped."""
    message = "Discarded" if batch.state == BatchState.DRAFT else "Cancelled"
    _move(batch, user, "cancel", message, state_reason=f"{message} by {_name(user)}.")


@transaction.atomic
def delete(batch: Batch, user: Person) -> None:
    """Gone for everybody at once, while its rows go in the background. What it found stays.

    The key goes first: it may be used again at once.
    """
    _move(batch, user, "delete", "Deleted", idempotency_key=None)
    # A warning, so that it is kept wherever logs are: the events go with the batch.
    words = "Batch %s “%s” with %s items was deleted by %s."
    said = partial(log.warning, words, batch.pk, batch.name, batch.total, _name(user))
    transaction.on_commit(said)


@transaction.atomic
def _move(batch: Batch, user: Person, verb: str, message: str, **changes: Any) -> None:
    sources, target = VERBS[verb]
    changes = {"state_reason": "", **changes}
    # Compare-and-set: zero rows means that somebody, or the engine, was faster.
    moved = Batch.objects.filter(pk=batch.pk, state__in=sources).update(state=target, **changes)
    try:
        batch.refresh_from_db()
    except Batch.DoesNotExist:
        raise IllegalTransition(f"Batch {batch.pk} is gone.") from None
    if not moved:
        words = _REFUSED.get(verb, f"it can't {verb} now.")
        raise IllegalTransition(f"Batch {batch.pk} is {batch.state}: {words}")
    _record(batch, user, verb, f"{message} by {_name(user)}.")


@transaction.atomic
def retry(
    batch: Batch,
    user: Person,
    scope: str,
    group: int | None = None,
    items: Iterable[int] | None = None,
    params: dict[str, Any] | None = None,
) -> Action:
    """Freeze the set now, put it back to pending in the background, reopen the batch if finished.

    `scope` is "failed", "skipped", "group" (with `group`) or "items" (with `items`, sequence
    numbers). `params`, if given, replace the batch's from here on. Raises BadRetry.
    """
    locked = Batch.objects.select_for_update().get(pk=batch.pk)
    if locked.state in (BatchState.DRAFT, BatchState.CANCELLING, BatchState.DELETING):
        raise BadRetry(f"Batch {batch.pk} is {locked.state}: there is nothing to retry.")
    frozen, intended = _frozen_set(locked, scope, group, items)
    before = locked.params
    if params is not None:
        locked.params = _checked(locked, params)
    if locked.state in FINISHED:
        locked.state, locked.state_reason, locked.finished_at = BatchState.QUEUED, "", None
    locked.save(update_fields=["params", "state", "state_reason", "finished_at"])
    action = Action.objects.create(
        batch=locked, actor=_stored(user), verb="retry", filter=frozen, intended=intended
    )
    changed = {} if params is None else {"params_before": before, "params_after": locked.params}
    message = f"Retry of {intended:,} items asked for by {_name(user)}."
    _record(locked, user, "retry", message, {"action": action.pk, **frozen, **changed})
    batch.refresh_from_db()
    return action


@transaction.atomic
def abort(action: Action, user: Person) -> None:
    """Stop a mass action where it stands; what it has done stays done. Raises IllegalTransition."""
    stopped = Action.objects.filter(pk=action.pk, state=Action.State.RUNNING).update(
        state=Action.State.ABORTED, finished_at=Now()
    )
    action.refresh_from_db()
    if not stopped:
        raise IllegalTransition(f"Action {action.pk} is {action.state}: it can't be aborted.")
    _record(action.batch, user, "abort", f"{action} aborted by {_name(user)}.")


def _frozen_set(
    batch: Batch, scope: str, group: int | None, items: Iterable[int] | None
) -> tuple[dict[str, Any], int]:
    match scope:
        case "failed" | "skipped":
            frozen: dict[str, Any] = {"scope": scope}
            intended = batch.chunks.aggregate(n=Sum(scope))["n"] or 0
        case "group":
            cause = FailureGroup.objects.filter(batch=batch, pk=group or 0).first()
            if cause is None:
                raise BadRetry(f"Batch {batch.pk} has no failure group {group}.")
            frozen, intended = {"scope": scope, "group": cause.pk}, cause.count
        case "items":
            chosen = sorted(set(items or ()))
            if len(chosen) > MAX_CHOSEN_ITEMS:
                raise BadRetry(f"Choose at most {MAX_CHOSEN_ITEMS:,} items, or retry a group.")
            frozen, intended = {"scope": scope, "items": chosen}, len(chosen)
        case _:
            raise BadRetry("Say what to retry: failed, skipped, group or items.")
    if not intended:
        raise BadRetry(f"Nothing to retry: no item of batch {batch.pk} is in that set.")
    return frozen, intended


def _checked(batch: Batch, params: dict[str, Any]) -> dict[str, Any]:
    try:
        model = operation(batch.operation).params.model_validate(params)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadRetry(f"Parameter {where}: {first['msg']}.") from error
    return dict(model.model_dump(mode="json"))


def _record(
    batch: Batch, user: Person, kind: str, message: str, data: dict[str, Any] | None = None
) -> None:
    Event.objects.create(
        batch=batch, actor=_stored(user), kind=kind, message=message, data=data or {}
    )
    # Only after the commit: a worker that looks sooner sees nothing to do.
    transaction.on_commit(engine.wake)


def _stored(user: Person) -> Any:
    return user if user is not None and user.pk is not None else None


def _name(user: Person) -> str:
    return user.get_username() if user is not None and user.pk is not None else "the command line"
