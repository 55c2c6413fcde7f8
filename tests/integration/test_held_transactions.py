"""While a site is slow to answer, no transaction waits for it: it would hold its locks for as long."""

import pytest
from django.conf import LazySettings
from django.db import connection

from batches.models import Batch
from batches.states import FINISHED
from tests.integration.running import counts, started, state, until
from tests.sites import Pages, Said, site

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("engine"),
    pytest.mark.slow,
]

SECONDS = 1.5
OLDEST_IDLE = (
    "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)"
    " FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
)


def slow(base: str) -> Pages:
    texts = {
        "/": '<title>Vogt</title><a href="/kontakt">Kontakt</a> info@vogt.de',
        "/kontakt": "jo@vogt.de",
        "/robots.txt": f"Sitemap: {base}/sitemap.xml",
        "/sitemap.xml": f"<sitemapindex><sitemap><loc>{base}/1.xml</loc></sitemap></sitemapindex>",
        "/1.xml": f"<urlset><url><loc>{base}/1</loc></url><url><loc>{base}/2</loc></url></urlset>",
    }
    return {path: Said(text, seconds=SECONDS) for path, text in texts.items()}


def longest_idle(batch: Batch) -> float:
    """Of the transactions that waited for their client until the batch ended, the age of the oldest, in seconds."""
    seen: list[float] = []

    def over() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(OLDEST_IDLE)
            seen.append(float(cursor.fetchone()[0]))
        return state(batch) in FINISHED

    until(over, "the batch to end")
    return max(seen)


@pytest.mark.parametrize("operation", ["page_scan", "sitemap_scan", "email_scan"])
def test_no_transaction_is_open_while_a_site_is_waited_for(
    settings: LazySettings, operation: str
) -> None:
    params = {} if operation == "sitemap_scan" else {"max_pages": 2}
    with site(settings, slow) as vogt:
        # The second time there is something to load.
        for _ in range(2):
            vogt.asked.clear()
            batch = started(operation, [vogt.base], params=params)
            assert longest_idle(batch) < 0.9 * SECONDS
            assert counts(batch) == {"succeeded": 1}
            assert len(vogt.asked) >= 2
