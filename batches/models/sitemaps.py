"""What sitemaps of a site there are, and which pages they name."""

from django.db import models
from django.db.models.functions import Now

from batches.models.findings import Domain, Finding, reference


class SitemapFile(Finding):
    """One sitemap of a site, or an index of others."""

    # What a file or its index has said once and says no more is no longer so.
    EMPTY_COUNTS = frozenset({
        "problem", "parent", "lastmod", "newest", "oldest", "etag", "last_modified",
    })  # fmt: skip
    QUIET = Finding.QUIET | {"milliseconds", "etag", "last_modified", "read_at", "status"}

    id = models.UUIDField(primary_key=True)
    domain = reference(Domain, "+")
    url = models.TextField()
    parent = models.TextField(blank=True, db_default="")  # The index that names it.
    found_in = models.CharField(max_length=20, blank=True, db_default="")
    kind = models.CharField(max_length=20, blank=True, db_default="")
    generator = models.CharField(max_length=100, blank=True, db_default="")
    problem = models.TextField(blank=True, db_default="")
    status = models.PositiveSmallIntegerField(null=True)
    depth = models.PositiveSmallIntegerField(null=True)
    bytes = models.BigIntegerField(null=True)  # Unpacked.
    packed = models.BooleanField(null=True)
    whole = models.BooleanField(null=True)
    urls = models.PositiveIntegerField(null=True)
    children = models.PositiveIntegerField(null=True)
    images = models.PositiveIntegerField(null=True)
    videos = models.PositiveIntegerField(null=True)
    news = models.PositiveIntegerField(null=True)
    alternates = models.PositiveIntegerField(null=True)
    foreign = models.PositiveIntegerField(null=True)  # Pages on other sites.
    dated = models.PositiveIntegerField(null=True)  # Pages with a date.
    newest = models.DateTimeField(null=True)
    oldest = models.DateTimeField(null=True)
    has_lastmod = models.BooleanField(null=True)
    has_changefreq = models.BooleanField(null=True)
    has_priority = models.BooleanField(null=True)
    lastmod = models.DateTimeField(null=True)  # As the index says.
    etag = models.TextField(blank=True, db_default="")
    last_modified = models.TextField(blank=True, db_default="")  # The header.
    body_sha256 = models.BinaryField(null=True)
    milliseconds = models.PositiveIntegerField(null=True)
    read_at = models.DateTimeField(null=True)  # When it was last read whole, from its beginning on.

    class Meta(Finding.Meta):
        indexes = [
            models.Index(fields=["domain", "id"], name="sitemap_by_domain"),
            models.Index(fields=["verdict", "domain", "id"], name="sitemap_by_verdict"),
            models.Index(fields=["scanned_at", "id"], name="sitemap_by_scan"),
            models.Index(fields=["changed_at", "id"], name="sitemap_by_change"),
        ]

    def __str__(self) -> str:
        return self.url


# Of ten million pages, those in which somebody's address may stand.
NAMING = (
    models.Q(url__regex="@|%(25)?40")
    | models.Q(lastmod_text__regex="@")
    | models.Q(details__regex="@|%(25)?40|\uff20|&#")
)


class SitemapUrl(models.Model):
    """A page as a sitemap names it. One that was not seen when its file was last read is gone."""

    # What the sitemap has said once of a page and says no more.
    EMPTY_COUNTS = frozenset({"lastmod", "lastmod_text", "changefreq", "priority", "details"})

    pk = models.CompositePrimaryKey("sitemap_id", "digest")
    sitemap = reference(SitemapFile, "+")
    digest = models.UUIDField()
    url = models.TextField()
    lastmod = models.DateTimeField(null=True)
    lastmod_text = models.TextField(blank=True, db_default="")  # What can't be read as a date.
    changefreq = models.CharField(max_length=10, blank=True, db_default="")
    priority = models.FloatField(null=True)
    page_type = models.CharField(
        max_length=10, blank=True, db_default=""
    )  # A guess by its address.
    images = models.PositiveIntegerField(db_default=0)
    videos = models.PositiveIntegerField(db_default=0)
    news = models.BooleanField(db_default=False)
    alternates = models.PositiveIntegerField(db_default=0)
    # The first few images, videos, news and alternates; NULL where there are none.
    details = models.JSONField(null=True)
    first_seen_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["sitemap", "digest"], name="sitemap_url_naming", condition=NAMING)
        ]

    def __str__(self) -> str:
        return self.url
