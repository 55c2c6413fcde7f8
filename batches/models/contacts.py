"""Addresses that sites show, and of whom nothing is kept."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from batches.models.findings import Domain, Finding, reference


class Contact(Finding):
    """An e-mail address that a site shows, once per domain."""

    QUIET = Finding.QUIET | {"context", "source_url", "how"}

    class Kind(models.TextChoices):
        ROLE = "role", "role"
        CORPORATE = "corporate", "corporate"
        FREE = "free", "free"
        OTHER = "other", "other"

    id = models.UUIDField(primary_key=True)
    domain = reference(Domain, "+")
    address = models.TextField()
    name = models.TextField(blank=True, db_default="")
    kind = models.CharField(max_length=10, choices=Kind)
    on_domain = models.BooleanField(null=True)  # Its domain is that of the site.
    source_url = models.TextField(blank=True, db_default="")
    context = models.TextField(blank=True, db_default="")
    how = models.CharField(max_length=30, blank=True, db_default="")  # How it was written.

    class Meta(Finding.Meta):
        indexes = [
            models.Index(fields=["domain", "id"], name="contact_by_domain"),
            models.Index(fields=["verdict", "domain", "id"], name="contact_by_verdict"),
            models.Index(fields=["scanned_at", "id"], name="contact_by_scan"),
            models.Index(fields=["changed_at", "id"], name="contact_by_change"),
        ]

    def __str__(self) -> str:
        return self.address


class Suppression(models.Model):
    """Somebody who asked not to be listed: an address, or all of a domain as "@example.com"."""

    # Of the transaction that adds one, for itself alone; shared, of those that store what may name somebody.
    LOCK = 7_345_119_026
    # Of each transaction that takes one out of what was found before.
    ERASING = 7_345_119_027

    entry = models.CharField(max_length=260, primary_key=True)  # In lower case and Unicode.
    reason = models.TextField(blank=True, db_default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(db_default=Now())
    # When it had been taken out of all that was found before; null: that is not done, or was cut off.
    erased_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.entry
