"""A site has few connections of ours, whatever we ask it for, and however many operations do."""

import asyncio

import pytest
from aiohttp import web
from django.conf import LazySettings

from tests.integration.running import counts, finished, started
from tests.loopback import QUICK, fetching, page
from tests.sites import Said, site

SITE = {
    "/": '<a href="/kontakt">Kontakt</a><a href="/blog">Blog</a>',
    "/kontakt": "jo@vogt.de",
    "/blog": "info@vogt.de",
    "/sitemap.xml": "<urlset><url><loc>{}/1</loc></url></urlset>",
}


async def test_ten_requests_to_a_host_share_two_connections() -> None:
    peers: list[tuple[str, int]] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        peers.append(request.transport.get_extra_info("peername"))
        await asyncio.sleep(0.05)
        return page()

    async with fetching(answer, QUICK) as get:
        await asyncio.gather(*(get(f"/{n}") for n in range(10)))
    assert len(peers) == 10
    assert len(set(peers)) == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("engine")
def test_operations_that_run_at_once_share_them(settings: LazySettings) -> None:
    with site(settings, {path: Said(text, seconds=0.2) for path, text in SITE.items()}) as vogt:
        names = ("page_scan", "email_scan", "sitemap_scan")
        wanted = [{"max_pages": 3}, {"max_pages": 3}, {}]
        batches = [
            started(name, [vogt.base], params=params)
            for name, params in zip(names, wanted, strict=True)
        ]
        for batch in batches:
            assert counts(finished(batch)) == {"succeeded": 1}
    assert vogt.asked.count("/kontakt") == 2
    assert "/sitemap.xml" in vogt.asked
    assert len(vogt.peers) <= 2
