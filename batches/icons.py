"""The picture of a site, fetched when somebody looks at it: with each scan, it would double the requests to a site."""

from datetime import timedelta

from django.utils import timezone

from batches.models import Domain, Icon
from batches.operations.icon import picture
from dbcompat import loop

_GOOD = timedelta(days=30)
# What could not be had is asked for again sooner.
_AGAIN = timedelta(hours=1)
_SECONDS = 12.0


def icon(name: str) -> Icon | None:
    """Of a domain that a page scan has found one of; None if there is none to be had. May take some seconds."""
    url = Domain.objects.filter(pk=name).exclude(favicon="").values_list("favicon", flat=True)
    if not (address := url.first()):
        return None
    known = Icon.objects.filter(pk=name, url=address).first()
    if known is None or timezone.now() - known.fetched_at > (_GOOD if known.kind else _AGAIN):
        known = _fetched(name, address)
    return known if known.kind else None


def _fetched(name: str, address: str) -> Icon:
    try:
        found = loop.run(picture, address, timeout=_SECONDS)
    except (TimeoutError, loop.LoopStopped):
        found = None
    values = {"kind": found.kind, "body": found.body} if found else {"kind": "", "body": b""}
    known, _ = Icon.objects.update_or_create(
        pk=name, defaults={"url": address, "fetched_at": timezone.now(), **values}
    )
    return known
