"""Read the sitemaps of each site: how many pages it names, how fresh they are, what is wrong with the files."""

from dataclasses import asdict
from typing import Any

from django.conf import settings
from pydantic import Field

from batches.operation import Context, Operation, Permanent, Result, Target
from batches.operations.sitemaps.walk import Caps, File, Found, Walk
from batches.operations.web import targets
from batches.operations.web.client import Reading
from batches.operations.web.fetch import Fetcher, Limits
from batches.operations.web.params import FetchParams

# Only where a site answers, and under which address: nobody reads this page.
_KNOCK = Reading(0, lambda status, content_type: False)
_LISTED = 100


class SitemapScanParams(FetchParams):
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


class SitemapScan(Operation[SitemapScanParams]):
    slug = "sitemap_scan"
    title = "Sitemap scan"
    description = "Reads the sitemaps of each site: its pages, how fresh they are, what is broken."
    noun = "site"
    headline = ("urls", "sitemaps", "newest", "oldest", "images", "videos", "news", "left_out")
    params = SitemapScanParams

    _fetcher: Fetcher

    async def open(self) -> None:
        self._fetcher = Fetcher(lambda: settings.CONSOLE_ALLOWED_NETWORKS)

    async def close(self) -> None:
        await self._fetcher.close()

    def target(self, line: str) -> Target:
        return targets.site(line)

    async def run(self, target: str, params: SitemapScanParams, context: Context) -> Result:
        limits = Limits(params.timeout_seconds, 5, params.respect_robots)
        base = (await self._fetcher.site(target, limits, _KNOCK)).url
        caps = Caps(params.max_files, params.max_depth, params.max_urls)
        walk = Walk(self._fetcher, limits, caps, targets.parse(base).hostname)
        named = await self._fetcher.sitemaps(base, limits)
        await walk.named(named)
        if not walk.found.files:
            await walk.usual(base)
        _check(walk)
        return Result({"url": base, "in_robots": len(named), **_facts(walk.found)})


def _check(walk: Walk) -> None:
    """One file that can't be read is a fact about the site; none that can is a failure."""
    files = walk.found.files
    if any(file.kind for file in files):
        return
    if walk.trouble is not None:
        raise walk.trouble
    if files:
        words = "None of its sitemaps can be read"
        raise Permanent(f"{words}: {files[0].url} {files[0].problem}.", cause=f"{words}.")
    words = "The site has no sitemap in robots.txt or in any of the usual places."
    raise Permanent(words, cause=words)


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
