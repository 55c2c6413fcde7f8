"""A batch and its parts as the API answers them and `batch status --json` prints them."""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from batches import pages, reports
from batches.intake import Preflight
from batches.models import Action, Attempt, Batch, Event, FailureGroup, Item


def batch_json(batch: Batch) -> dict[str, Any]:
    """`rate` is in items a second, `eta` the least and the most seconds still to go; null: unknown."""
    progress = reports.progress(batch)
    return {
        "id": batch.pk,
        "name": batch.name,
        "operation": batch.operation,
        "params": batch.params,
        "state": batch.state,
        "state_reason": batch.state_reason,
        "counts": counts_json(progress),
        "rate": reports.rate(batch),
        "eta": reports.eta(batch),
        "created_at": batch.created_at,
        "started_at": batch.started_at,
        "finished_at": batch.finished_at,
    }


def row_json(row: pages.BatchRow) -> dict[str, Any]:
    """A batch in a list: without rate and ETA, which would be queries of their own for every row."""
    batch = row.batch
    names = (
        "name",
        "operation",
        "state",
        "state_reason",
        "created_at",
        "started_at",
        "finished_at",
    )
    found = {name: getattr(batch, name) for name in names}
    return {"id": batch.pk, **found, "counts": counts_json(row.progress)}


def counts_json(progress: reports.Progress) -> dict[str, int]:
    names = ("total", "pending", "succeeded", "failed", "skipped")
    return {name: getattr(progress, name) for name in names}


def preflight_json(batch: Batch, preflight: Preflight) -> dict[str, Any]:
    return {
        "accepted": preflight.accepted,
        "duplicates": preflight.duplicates,
        "invalid": preflight.invalid,
        "rejects": rejects_json(preflight),
        "rejects_url": f"/api/v1/batches/{batch.pk}/rejects",
    }


def rejects_json(preflight: Preflight) -> list[dict[str, Any]]:
    names = ("line", "kind", "text", "reason")
    return [{name: getattr(reject, name) for name in names} for reject in preflight.rejects]


def item_json(item: Item) -> dict[str, Any]:
    names = ("seq", "line", "target", "state", "attempts", "error", "result", "finished_at")
    found = {name: getattr(item, name) for name in names}
    return {**found, "group": item.failure_group_id}


def attempt_json(attempt: Attempt) -> dict[str, Any]:
    names = ("number", "started_at", "duration_ms", "error_class", "message", "trace", "worker")
    return {**{name: getattr(attempt, name) for name in names}, "retry_at": attempt.retry_at}


def group_json(group: FailureGroup) -> dict[str, Any]:
    names = ("error_class", "message", "frame", "count", "sample_seq", "first_seen", "last_seen")
    return {"id": group.pk, **{name: getattr(group, name) for name in names}}


def action_json(action: Action) -> dict[str, Any]:
    names = (
        "verb",
        "filter",
        "state",
        "intended",
        "applied",
        "skipped",
        "created_at",
        "finished_at",
    )
    found = {name: getattr(action, name) for name in names}
    return {"id": action.pk, "batch": action.batch_id, **found}


def event_json(event: Event) -> dict[str, Any]:
    actor = event.actor.get_username() if event.actor else None
    return {
        "id": event.pk,
        "at": event.at,
        "kind": event.kind,
        "message": event.message,
        "actor": actor,
        "data": event.data,
    }


def json_text(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
