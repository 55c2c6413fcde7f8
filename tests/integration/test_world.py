"""Some hundred sites at once, well ones and others, each hostile kind among them, by every operation."""

import re
from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from django.conf import LazySettings

from batches.models import Domain
from batches.recount import verify
from batches.reports import failure_groups
from benchmarks.world import world
from tests.integration.running import counts, finished, started

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("engine"),
    pytest.mark.slow,
]

# Names of classes, parts of tracebacks, numbers of the system: nothing of it helps an operator.
NO_WORDS = re.compile(r"[a-z][A-Z][a-z]|[a-z]Error\b|Exception|Errno|Traceback|<|: None")


GOOD = ("plain", "moved", "picture", "slow", "too often")
FAILED = ("not found", "forbidden", "broken", "busy", "dead")
EXPECTED = {
    **dict.fromkeys(GOOD, "succeeded"), **dict.fromkeys(FAILED, "failed"), "forbidding": "skipped",
}  # fmt: skip


@pytest.fixture(scope="module")
def sites() -> Iterator[list[tuple[str, str]]]:
    with world(200, seconds=0.5) as found:
        yield found


@pytest.mark.parametrize("operation", ["page_scan", "sitemap_scan", "email_scan"])
def test_every_site_is_settled_and_every_failure_is_told_in_words(
    settings: LazySettings, sites: list[tuple[str, str]], operation: str
) -> None:
    settings.CONSOLE_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    params = {"max_pages": 1} if operation == "email_scan" else {}
    limits = {"concurrency": 50, "max_attempts": 2, "backoff_seconds": 0.2}
    addresses = [address for address, _ in sites]
    batch = finished(started(operation, addresses, params=params, **limits), limit=60)
    assert sum(counts(batch).values()) == len(sites)
    assert not counts(batch).get("pending")
    assert verify(batch) == []
    groups = failure_groups(batch)
    assert groups
    for group in groups:
        assert not NO_WORDS.search(group.message), group.message
    assert Domain.objects.count() >= len(sites) * 0.9
    if operation == "page_scan":
        became = dict(batch.items.values_list("target", "state"))
        well = [site for site in sites if site[1] != "hostile"]
        assert {(kind, became[address]) for address, kind in well} <= set(EXPECTED.items())
