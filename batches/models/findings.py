"""What operations find out about the web: one row a domain, page, sitemap, address, whichever batch found it.

Keys are computed from what they stand for (`batches.operation.key_of`), so writing needs no question first, and the same
thing found twice is the same row. References are not held by the database: a trigger per copied row would
triple the time of a large sitemap, and both ends are written in one transaction.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Least, Now


class Verdict(models.TextChoices):
    """What a person thinks of it, beside what the machine found."""

    NEW = "new", "new"
    SELECTED = "selected", "selected"
    MAYBE = "maybe", "maybe"
    NOT_A_FIT = "not_a_fit", "not a fit"
    ARCHIVED = "archived", "archived"


class ManyValued(models.Index):
    """Finds rows by one of the values in a JSON list.

    Without django.contrib.postgres: installed, it asks every new connection for types that nobody here uses,
    and a pool of one connection waits for itself.
    """

    suffix = "gin"

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **more: Any) -> Any:
        return super().create_sql(model, schema_editor, using=" USING gin", **more)


class Finding(models.Model):
    """A row that scans write and people judge: a scan touches no verdict, and a verdict nothing else."""

    # Columns in which an empty value says something, and takes the place of what was there.
    EMPTY_COUNTS: ClassVar[frozenset[str]] = frozenset()
    # Columns that every scan changes: they don't make a row a changed one.
    QUIET: ClassVar[frozenset[str]] = frozenset({"batch_id", "scanned_at", "data"})
    # Columns that say when another, or a part of it, was last found with something in it. A later scan that finds
    # nothing there leaves both as they were: what is to be forgotten in time can't go by `scanned_at`.
    LAST_FOUND: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    verdict = models.CharField(
        max_length=10, choices=Verdict, default=Verdict.NEW, db_default=Verdict.NEW
    )
    verdict_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    verdict_at = models.DateTimeField(null=True)
    batch_id = models.BigIntegerField(null=True)  # The last that found it.
    first_seen_at = models.DateTimeField(db_default=Now())
    scanned_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())  # When a scan last found it different.

    class Meta:
        abstract = True
        default_permissions = ()

    @property
    def has_changed(self) -> bool:
        """Since it was first found; when last, `changed_at` says, whatever has been scanned after that."""
        return self.changed_at > self.first_seen_at


def reference(to: Any, name: str) -> Any:
    return models.ForeignKey(
        to,
        on_delete=models.DO_NOTHING,
        related_name=name,
        db_index=False,
        db_constraint=False,
    )


class Domain(Finding):
    """A site: the host as people write it, without "www.", with its port unless that is the default."""

    EMPTY_COUNTS = frozenset({"problem"})
    LAST_FOUND = {"emails_at": ("emails",)}

    name = models.CharField(max_length=260, primary_key=True)  # Punycode.
    url = models.TextField(blank=True, db_default="")  # Where it answers, after redirects.
    status = models.PositiveSmallIntegerField(null=True)
    problem = models.TextField(blank=True, db_default="")  # Why the last scan failed, in words.
    title = models.TextField(blank=True, db_default="")
    description = models.TextField(blank=True, db_default="")
    language = models.CharField(max_length=100, blank=True, db_default="")
    cms = models.CharField(max_length=100, blank=True, db_default="")
    technologies = models.JSONField(default=list, db_default=[])  # Names.
    favicon = models.TextField(blank=True, db_default="")
    logo = models.TextField(blank=True, db_default="")
    emails = models.JSONField(default=list, db_default=[])
    emails_at = models.DateTimeField(null=True, db_default=Now())
    phones = models.JSONField(default=list, db_default=[])
    social = models.JSONField(default=dict, db_default={})  # Network → address of the profile.
    certificate_expires_at = models.DateTimeField(null=True)
    # As the last scan of each kind counted them.
    pages = models.PositiveIntegerField(null=True)
    sitemaps = models.PositiveIntegerField(null=True)
    sitemap_urls = models.PositiveIntegerField(null=True)
    contacts = models.PositiveIntegerField(null=True)

    class Meta(Finding.Meta):
        indexes = [
            models.Index(fields=["verdict", "name"], name="domain_by_verdict"),
            models.Index(fields=["scanned_at", "name"], name="domain_by_scan"),
            models.Index(fields=["changed_at", "name"], name="domain_by_change"),
            models.Index(fields=["emails_at"], name="domain_by_addresses"),
            ManyValued(fields=["technologies"], name="domain_by_technology"),
        ]

    def __str__(self) -> str:
        return self.name


class Scan(models.Model):
    """That an item was about this domain: its history, whose results stand with the items."""

    pk = models.CompositePrimaryKey("batch_id", "seq")
    batch_id = models.BigIntegerField()
    seq = models.PositiveIntegerField()
    domain = reference(Domain, "scans")
    operation = models.CharField(max_length=100)
    at = models.DateTimeField(db_default=Now())
    problem = models.TextField(blank=True, db_default="")

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["domain", "-at"], name="scan_history"),
            models.Index(fields=["batch_id", "domain"], name="scan_by_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.domain_id} in {self.batch_id}/{self.seq}"


class Page(Finding):
    """A page of a site, by its address after redirects."""

    # A server that gives none any more would be asked with that of another day.
    EMPTY_COUNTS = frozenset({"etag", "last_modified_header"})
    QUIET = Finding.QUIET | {
        "milliseconds", "bytes", "etag", "last_modified_header", "body_sha256", "emails_at", "schema_at",
    }  # fmt: skip
    LAST_FOUND = {"emails_at": ("data", "emails"), "schema_at": ("data", "schema")}

    id = models.UUIDField(primary_key=True)
    domain = reference(Domain, "+")
    url = models.TextField()
    status = models.PositiveSmallIntegerField(null=True)
    depth = models.PositiveSmallIntegerField(null=True)  # Links from the home page.
    title = models.TextField(blank=True, db_default="")
    description = models.TextField(blank=True, db_default="")
    h1 = models.TextField(blank=True, db_default="")
    language = models.CharField(max_length=100, blank=True, db_default="")
    canonical = models.TextField(blank=True, db_default="")
    robots = models.TextField(blank=True, db_default="")
    schema_types = models.JSONField(default=list, db_default=[])
    contact_form = models.BooleanField(null=True)
    word_count = models.PositiveIntegerField(null=True)
    links_in = models.PositiveIntegerField(null=True)
    links_out = models.PositiveIntegerField(null=True)
    author = models.TextField(blank=True, db_default="")
    publisher = models.TextField(blank=True, db_default="")
    published_at = models.DateTimeField(null=True)
    modified_at = models.DateTimeField(null=True)
    bytes = models.BigIntegerField(null=True)
    milliseconds = models.PositiveIntegerField(null=True)
    # For the next scan to ask only for what is new.
    etag = models.TextField(blank=True, db_default="")
    last_modified_header = models.TextField(blank=True, db_default="")
    body_sha256 = models.BinaryField(null=True)
    data = models.JSONField(default=dict, db_default={})
    emails_at = models.DateTimeField(null=True, db_default=Now())
    schema_at = models.DateTimeField(null=True, db_default=Now())

    class Meta(Finding.Meta):
        indexes = [
            models.Index(fields=["domain", "id"], name="page_by_domain"),
            models.Index(fields=["verdict", "domain", "id"], name="page_by_verdict"),
            models.Index(fields=["scanned_at", "id"], name="page_by_scan"),
            models.Index(fields=["changed_at", "id"], name="page_by_change"),
            models.Index(Least("emails_at", "schema_at"), name="page_by_addresses"),
        ]

    def __str__(self) -> str:
        return self.url
