"""Read the sitemaps of each site: how many pages it names, how fresh they are, what is wrong with the files."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

from django.conf import settings
from pydantic import BaseModel, Field

from batches.operation import Context, Operation, Permanent, Result, Target
from batches.operations.web import targets
from batches.operations.web.client import Reading
from batches.operations.web.fetch import Fetcher, Limits
from batches.operations.web.sitemap_walk import FEEDS, USUAL, Caps, File, Found, Walk

# Only where a site answers, and under which address: nobody reads this page.
_KNOCK = Reading(0, lambda status, content_type: False)
_LISTED = 100


class SitemapScanParams(BaseModel):
    max_files: int = Field(
        200,
        ge=1,
        le=2_000,
        title="Sitemaps of a site",
        description="At most; the rest is left out.",
    )
    max_urls: int = Field(
        1_000_000, ge=1, le=5_000_000, title="Pages of a site", description="At most."
    )
    max_depth: int = Field(
        5,
        ge=0,
        le=10,
        title="Levels of indexes",
        description="An index that names others is a level.",
    )
    timeout_seconds: float = Field(
        30.0, ge=1, le=120, title="Time limit of a request", description="Seconds."
    )
    respect_robots: bool = Field(
        True,
        title="Respect robots.txt",
        description="Leave out what a site asks robots not to fetch.",
    )


class SitemapScan(Operation[SitemapScanParams]):
    slug = "sitemap_scan"
    title = "Sitemap scan"
    description = "Reads the sitemaps of each site: its pages, how fresh they are, what is broken."
    noun = "site"
    headline = ("urls", "sitemaps", "newest", "oldest", "images", "videos", "news", "left_out")
    params = SitemapScanParams

    _fetcher: Fetcher
    _readers: ThreadPoolExecutor

    async def open(self) -> None:
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="sitemap-reader")
        self._fetcher = Fetcher(lambda: settings.CONSOLE_ALLOWED_NETWORKS, threads=self._readers)

    async def close(self) -> None:
        await self._fetcher.close()
        self._readers.shutdown(wait=False, cancel_futures=True)

    def target(self, line: str) -> Target:
        return targets.site(line)

    async def run(self, target: str, params: SitemapScanParams, context: Context) -> Result:
        limits = Limits(params.timeout_seconds, 5, params.respect_robots)
        base = (await self._fetcher.site(target, limits, _KNOCK)).url
        caps = Caps(params.max_files, params.max_depth, params.max_urls)
        walk = Walk(self._fetcher, self._readers, limits, caps, targets.parse(base).hostname)
        named = await self._fetcher.sitemaps(base, limits)
        await walk.named(named)
        for paths in (USUAL, FEEDS):
            if not walk.found.files:
                await walk.usual(base, paths)
        if not walk.found.files:
            words = "The site has no sitemap in robots.txt or in any of the usual places."
            raise Permanent(words, cause=words)
        return Result({"url": base, "in_robots": len(named), **_facts(walk.found)})


def _facts(found: Found) -> dict[str, Any]:
    broken = sum(bool(file.problem) for file in found.files)
    facts = {
        "images": found.images,
        "videos": found.videos,
        "news": found.news,
        "alternates": found.alternates,
        "dated": found.dated,
        "newest": found.newest and found.newest.isoformat(),
        "oldest": found.oldest and found.oldest.isoformat(),
        "foreign": found.foreign,
        "broken_sitemaps": broken,
        "left_out": found.left_out,
        "sample": found.sample,
    }
    return {
        "urls": found.urls,
        "sitemaps": len(found.files),
        **{name: value for name, value in facts.items() if value},
        "files": [_file(file) for file in found.files[:_LISTED]],
    }


def _file(file: File) -> dict[str, Any]:
    plain = {name: value for name, value in asdict(file).items() if value and name != "whole"}
    return plain if file.whole else {**plain, "cut_off": True}
