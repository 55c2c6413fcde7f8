"""What went wrong: lines that became no item, attempts that failed, and causes they share."""

from django.db import models
from django.db.models.functions import Now

from batches.models.batch import Batch


class Reject(models.Model):
    """A line of the input that became no item, and why."""

    batch = models.ForeignKey(
        Batch,
        on_delete=models.DO_NOTHING,
        related_name="rejects",
        db_index=False,
        db_constraint=False,
    )
    line = models.PositiveIntegerField()
    kind = models.CharField(
        max_length=10, choices=[("duplicate", "duplicate"), ("invalid", "invalid")]
    )
    text = models.CharField(max_length=500)  # Cut, if the line was longer.
    reason = models.TextField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["batch", "line", "id"], name="reject_by_line")]

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class Attempt(models.Model):
    """One attempt that failed, whether the item was tried again or not."""

    batch = models.ForeignKey(
        Batch,
        on_delete=models.DO_NOTHING,
        related_name="attempts",
        db_index=False,
        db_constraint=False,
    )
    seq = models.PositiveIntegerField()
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField()
    error_class = models.CharField(max_length=200)
    message = models.TextField()
    trace = models.TextField()
    worker = models.CharField(max_length=100)
    retry_at = models.DateTimeField(null=True)  # Null: it was the last.

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["batch", "seq", "id"], name="attempt_by_item")]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.seq} attempt {self.number}"


class FailureGroup(models.Model):
    """Failures of one cause: error class, normalised message and the frame it was raised in."""

    batch = models.ForeignKey(
        Batch, on_delete=models.CASCADE, related_name="failure_groups", db_index=False
    )
    fingerprint = models.CharField(max_length=32)
    error_class = models.CharField(max_length=200)
    message = models.TextField()  # Normalised: what differs from item to item is a placeholder.
    frame = models.CharField(max_length=300, blank=True, default="")
    count = models.PositiveIntegerField()  # Items that are failed with this cause now.
    sample_seq = models.PositiveIntegerField()
    first_seen = models.DateTimeField(db_default=Now())
    last_seen = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(name="failure_group_cause", fields=["batch", "fingerprint"]),
        ]

    def __str__(self) -> str:
        return f"{self.error_class}: {self.message}"
