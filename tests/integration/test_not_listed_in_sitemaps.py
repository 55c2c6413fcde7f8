"""Who asked not to be listed is in no sitemap of a site, in none of the pages that it names, and comes back into none."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection

from batches.curation import suppress
from batches.erasure import _matching
from batches.models import (
    Attempt,
    Domain,
    FailureGroup,
    Icon,
    Item,
    Scan,
    SitemapFile,
    SitemapUrl,
)
from batches.models.sitemaps import NAMING
from batches.operation import key_of
from tests.integration.running import create, finished, started
from tests.sites import Pages, Said, Site, site

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]

MODELS: tuple[Any, ...] = Domain, SitemapFile, SitemapUrl, Scan, Item
IMAGE = "<image:image><image:loc>{base}/i.png</image:loc><image:caption>Jo, jo@vogt.de</image:caption></image:image>"


def pages(base: str, *more: str) -> Pages:
    """More of them than are stored one by one."""
    many = "".join(f"<url><loc>{base}/{n}</loc></url>" for n in range(600))
    named = f"<url><loc>{base}/by/jo%40vogt.de</loc></url><url><loc>{base}/Jo@vogt.de</loc></url>"
    shown = f"<url><loc>{base}/shown</loc><lastmod>of jo@vogt.de</lastmod>{IMAGE.format(base=base)}</url>"
    index = "".join(
        f"<sitemap><loc>{base}/{name}</loc></sitemap>" for name in ("a.xml", "x?jo@vogt.de")
    )
    return {
        "/": "",
        "/robots.txt": f"Sitemap: {base}/index.xml",
        "/index.xml": Said(f"<sitemapindex>{index}</sitemapindex>", kind="text/xml"),
        "/a.xml": Said(f"<urlset>{named}{shown}{many}{''.join(more)}</urlset>", kind="text/xml"),
        "/x?jo@vogt.de": Said(f"<urlset>{''.join(more)}</urlset>", kind="text/xml"),
    }  # fmt: skip


def scanned(web: Site) -> set[str]:
    batch = finished(started("sitemap_scan", [web.base]), limit=60)
    assert batch.items.get().state == "succeeded", batch.items.get().error
    return told_of_jo()


def told_of_jo() -> set[str]:
    return {
        f"{model.__name__}.{column}"
        for model in MODELS
        for row in model.objects.values()
        for column, value in row.items()
        if "jo@" in (text := str(value).lower()) or "jo%40" in text
    }


@pytest.mark.parametrize("entry", ["jo@vogt.de", "@vogt.de"])
def test_it_goes_from_sitemaps_and_comes_back_into_none(settings: LazySettings, entry: str) -> None:
    with site(settings, pages) as web:
        assert scanned(web) == {
            "SitemapFile.url", "SitemapUrl.url", "SitemapUrl.lastmod_text", "SitemapUrl.details", "Item.result",
        }  # fmt: skip
        suppress(entry, "", None)
        assert told_of_jo() == set()
        assert scanned(web) == set()
        web.pages = pages(web.base, f"<url><loc>{web.base}/new</loc></url>")
        assert scanned(web) == set()
        paths = {
            url.removeprefix(web.base) for url in SitemapUrl.objects.values_list("url", flat=True)
        }
    assert paths == {"/shown", "/new", *(f"/{n}" for n in range(600))}  # fmt: skip
    assert "Jo," in str(SitemapUrl.objects.get(url__endswith="/shown").details)


def test_a_first_scan_keeps_nothing_of_it_either(settings: LazySettings) -> None:
    suppress("jo@vogt.de", "", None)
    with site(settings, pages) as web:
        assert scanned(web) == set()
    assert SitemapUrl.objects.count() == 601
    assert SitemapFile.objects.count() == 2


def test_a_page_of_millions_is_found_by_an_index() -> None:
    rows = _matching(SitemapUrl.objects.filter(NAMING), ("url",), "jo@vogt.de")
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        plan = rows.explain()
        cursor.execute("RESET enable_seqscan")
    assert "sitemap_url_naming" in plan


def test_errors_and_icons_of_before_are_looked_through() -> None:
    Domain.objects.create(name="a.de")
    Icon.objects.create(domain="a.de", url="https://a.de/jo@vogt.de/i.png")
    batch = create("page_scan", ["a.de"])
    words = "Redirected to mailto:jo@vogt.de here"
    Scan.objects.create(batch_id=batch.pk, seq=0, domain_id="a.de", operation="x", problem=words)
    group = FailureGroup.objects.create(
        batch=batch, fingerprint="f", error_class="x", message=words, count=1, sample_seq=0
    )
    batch.items.update(state="failed", failure_group=group, error=words)
    attempt = Attempt.objects.create(
        batch=batch, seq=0, number=1, started_at=batch.created_at, duration_ms=1, error_class="x", message=words, trace=words, worker="w",
    )  # fmt: skip
    SitemapFile.objects.create(id=key_of("a.de", "s"), domain_id="a.de", url="u", problem=words)
    suppress("jo@vogt.de", "", None)
    attempt.refresh_from_db()
    group.refresh_from_db()
    left = {
        attempt.message, attempt.trace, group.message, batch.items.get().error, Scan.objects.get().problem,
        SitemapFile.objects.get().problem,
    }  # fmt: skip
    assert left == {"Redirected to mailto: here"}
    assert not Icon.objects.exists()
