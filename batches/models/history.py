"""What was done, and how fast."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from batches.models.batch import Batch


class Action(models.Model):
    """A mass action as an object: what was asked, over which frozen set, and what came of it."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        ABORTED = "aborted"

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="actions")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    verb = models.CharField(max_length=20)
    # The frozen set: {"scope": "failed" | "skipped" | "group" | "items", "group": id, "items": [seq]}.
    # With `created_at` it never grows: what fails again later is not in it.
    filter = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    intended = models.PositiveIntegerField()
    applied = models.PositiveIntegerField(default=0)
    skipped = models.JSONField(default=dict)  # Reason in words → how many.
    next_chunk = models.PositiveIntegerField(default=0)  # Chunks below are done: resume here.
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["batch"], name="action_running", condition=Q(state="running")),
        ]

    def __str__(self) -> str:
        return f"{self.verb} #{self.id}"


class Event(models.Model):
    """What happened to a batch, in order: the timeline and the audit. Only ever added to."""

    batch = models.ForeignKey(
        Batch, on_delete=models.CASCADE, related_name="events", db_index=False
    )
    at = models.DateTimeField(db_default=Now())
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    kind = models.CharField(max_length=30)
    message = models.TextField()
    data = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()
        ordering = ["-id"]
        indexes = [models.Index(fields=["batch", "-id"], name="event_by_batch")]

    def __str__(self) -> str:
        return self.message


class Throughput(models.Model):
    """Outcomes per ten seconds and worker: each worker adds to rows of its own, so none waits for another."""

    pk = models.CompositePrimaryKey("batch_id", "bucket", "worker")
    batch = models.ForeignKey(
        Batch, on_delete=models.CASCADE, related_name="throughput", db_index=False
    )
    bucket = models.DateTimeField()
    worker = models.CharField(max_length=100)
    succeeded = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()  # For good.
    retried = models.PositiveIntegerField()  # Attempts that failed and will be repeated.

    class Meta:
        default_permissions = ()
        # For what happened of late in all batches.
        indexes = [models.Index(fields=["bucket"], name="throughput_by_time")]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.bucket:%H:%M:%S}"
