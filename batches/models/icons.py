"""The small pictures that sites are known by."""

from django.db import models
from django.utils import timezone


class Icon(models.Model):
    """As it was fetched when somebody looked at the site; without a `kind`, there was none to be had."""

    domain = models.CharField(max_length=260, primary_key=True)
    url = models.TextField()
    kind = models.CharField(max_length=40, blank=True, default="")  # As in Content-Type.
    body = models.BinaryField(default=b"")
    fetched_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.domain
