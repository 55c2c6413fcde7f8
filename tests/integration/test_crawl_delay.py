"""What a site asks for between two visits, and what it got: every operation that visits sites says so."""

import pytest
from aiohttp import web
from django.conf import LazySettings

from batches.operation import Context
from batches.operations.email_scan import EmailScan, EmailScanParams
from batches.operations.page_scan import PageScan, PageScanParams
from batches.operations.site_operation import SiteOperation
from batches.operations.sitemap_scan import SitemapScan, SitemapScanParams
from batches.operations.web import gate
from tests.loopback import LOOPBACK, page, serving

SITEMAP = "<urlset><url><loc>http://127.0.0.1/a</loc></url></urlset>"


async def answer(request: web.Request) -> web.StreamResponse:
    if request.path == "/robots.txt":
        return web.Response(text="User-agent: *\nCrawl-delay: 400\n\nSitemap: /sitemap.xml")
    if request.path == "/sitemap.xml":
        return web.Response(text=SITEMAP, content_type="application/xml")
    return page("<title>Found</title>")


@pytest.mark.parametrize(
    ("made", "params"),
    [
        (PageScan, PageScanParams()),
        (EmailScan, EmailScanParams(max_pages=1)),
        (SitemapScan, SitemapScanParams()),
    ],
)
async def test_the_result_says_what_was_asked_for_and_what_was_kept(
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
    made: "type[SiteOperation[PageScanParams]]",
    params: PageScanParams,
) -> None:
    settings.CONSOLE_ALLOWED_NETWORKS = LOOPBACK
    monkeypatch.setattr(gate, "MAX_DELAY", 0.2)
    operation = made()
    await operation.open()
    context = Context(1, 0, 1, "test")
    async with serving(answer) as address:
        found = (await operation.run(address, params, context)).data
    await operation.close()
    assert (found["crawl_delay"], found["crawl_delay_kept"]) == (400, 0.2)
