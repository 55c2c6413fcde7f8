"""A batch, the chunks its items are leased by, and the items."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from batches.states import ACTIVE, BatchState, ItemState


def _choices(states: type[BatchState] | type[ItemState]) -> list[tuple[str, str]]:
    return [(state.value, state.value) for state in states]


class KeptBatches(models.Manager["Batch"]):
    """Without those that are being deleted: these are shown to nobody any more."""

    def get_queryset(self) -> models.QuerySet["Batch"]:
        return super().get_queryset().exclude(state=BatchState.DELETING)


class Batch(models.Model):
    name = models.CharField(max_length=200)
    operation = models.CharField(max_length=100)
    params = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=_choices(BatchState), default=BatchState.DRAFT)
    state_reason = models.TextField(blank=True, default="")  # A sentence, for a person.
    total = models.PositiveIntegerField(default=0)
    chunk_size = models.PositiveIntegerField(default=500)

    priority = models.SmallIntegerField(default=0)  # Weight in the fair share: 2 ** priority.
    concurrency = models.PositiveIntegerField(default=20)  # Items in flight per process.
    max_attempts = models.PositiveSmallIntegerField(default=3)
    backoff_seconds = models.FloatField(default=2.0)  # Before the second attempt; doubles.
    timeout_seconds = models.FloatField(default=60.0)  # Per attempt.
    # Pause when more than this share of the last 500 outcomes failed; null: never.
    breaker_percent = models.PositiveSmallIntegerField(null=True, blank=True)
    # Run this many first and go on only if at most `canary_percent` of them failed; 0: no canary.
    canary_size = models.PositiveIntegerField(default=0)
    canary_percent = models.PositiveSmallIntegerField(default=5)
    canary_passed = models.BooleanField(default=False)

    source = models.CharField(max_length=255, blank=True, default="")  # File name, or "pasted".
    duplicates = models.PositiveIntegerField(default=0)
    invalid = models.PositiveIntegerField(default=0)
    idempotency_key = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001 -- null is "none given" and stays out of the unique constraint

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = models.Manager["Batch"]()
    kept = KeptBatches()

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        permissions = [
            ("view_batch", "Can see batches and their items"),
            ("add_batch", "Can create and start batches"),
            ("pause_batch", "Can pause and resume batches"),
            ("cancel_batch", "Can cancel any batch"),
            ("retry_batch", "Can retry failed items"),
            ("delete_batch", "Can delete batches that are not active"),
            ("curate", "Can judge what was found, and keep the suppression list"),
            ("view_connections", "Can see how the console is connected"),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="batch_by_state"),
            # The reconciler's question, asked every second by every process.
            models.Index(fields=["id"], name="batch_active", condition=Q(state__in=sorted(ACTIVE))),
        ]
        constraints = [
            models.CheckConstraint(
                name="batch_state_known", condition=Q(state__in=[s.value for s in BatchState])
            ),
            models.UniqueConstraint(
                name="batch_idempotent", fields=["created_by", "idempotency_key"]
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Chunk(models.Model):
    """A run of items, the unit of leasing. Progress is the sum of these counters: nothing counts items."""

    pk = models.CompositePrimaryKey("batch_id", "number")
    batch = models.ForeignKey(
        Batch, on_delete=models.CASCADE, related_name="chunks", db_index=False
    )
    number = models.PositiveIntegerField()
    first_seq = models.PositiveIntegerField()
    size = models.PositiveIntegerField()

    pending = models.PositiveIntegerField()
    succeeded = models.PositiveIntegerField(db_default=0)
    failed = models.PositiveIntegerField(db_default=0)
    skipped = models.PositiveIntegerField(db_default=0)

    lease_owner = models.CharField(max_length=100, blank=True, db_default="")
    # The fencing token: raised by every claim, checked by every write-back.
    lease_token = models.BigIntegerField(db_default=0)
    lease_until = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(db_default=Now())  # When the earliest pending item may run.

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["batch", "number"], name="chunk_claimable", condition=Q(pending__gt=0)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="chunk_adds_up",
                condition=Q(size=F("pending") + F("succeeded") + F("failed") + F("skipped")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.number}"


class Item(models.Model):
    """One target. Written once by COPY and once with its outcome.

    No foreign keys in the database: a trigger per copied row would triple the time of a large intake,
    and both references are written by statements that hold the referenced rows.
    """

    pk = models.CompositePrimaryKey("batch_id", "seq")
    batch = models.ForeignKey(
        Batch,
        on_delete=models.DO_NOTHING,
        related_name="items",
        db_index=False,
        db_constraint=False,
    )
    seq = models.PositiveIntegerField()  # From 0, in the order of the input.
    line = models.PositiveIntegerField()  # Where in the input it stood, from 1.
    target = models.TextField()
    state = models.CharField(
        max_length=10, choices=_choices(ItemState), db_default=ItemState.PENDING
    )
    attempts = models.PositiveSmallIntegerField(db_default=0)
    ready_at = models.DateTimeField(null=True)  # Not before this, after a failed attempt.
    failure_group = models.ForeignKey(
        "FailureGroup",
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="items",
        db_index=False,
        db_constraint=False,
    )
    error = models.TextField(blank=True, db_default="")  # The last one, for lists.
    result = models.JSONField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [
            # On `failure_group` and not on `state`: an index on a column that every outcome changes
            # would rule out heap-only updates, and with them the cheap write-back.
            models.Index(
                fields=["batch", "failure_group", "seq"],
                name="item_failed",
                condition=Q(failure_group__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="item_state_known", condition=Q(state__in=[s.value for s in ItemState])
            ),
            models.CheckConstraint(
                name="item_failed_has_group",
                condition=Q(state="failed", failure_group__isnull=False)
                | (~Q(state="failed") & Q(failure_group__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return self.target
