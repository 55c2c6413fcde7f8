"""Read the sitemaps of each site: how many pages it names, how fresh they are, what is wrong with the files."""

import time
from typing import Any

from pydantic import Field

from batches.operation import Context, Permanent, Result
from batches.operations import found
from batches.operations.site_operation import SiteOperation
from batches.operations.sitemaps import places
from batches.operations.sitemaps.files import File, Shelf
from batches.operations.sitemaps.totals import Found
from batches.operations.sitemaps.walk import Caps, Keeping, Walk
from batches.operations.suppression import nameable
from batches.operations.web import targets
from batches.operations.web.client import Reading
from batches.operations.web.fetch import Limits
from batches.operations.web.params import FetchParams
from batches.operations.web.robots import Disallowed

# Only where a site answers, and under which address: nobody reads this page.
_KNOCK = Reading(0, lambda status, content_type: False)
_LISTED = 100


class SitemapScanParams(FetchParams):
    max_files: int = Field(
        2_000,
        ge=1,
        le=50_000,
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
    reread: bool = Field(
        False,
        title="Read all again",
        description="Also the sitemaps that have not changed since the last scan.",
    )


class SitemapScan(SiteOperation[SitemapScanParams]):
    slug = "sitemap_scan"
    title = "Sitemap scan"
    description = "Reads the sitemaps of each site: its pages, how fresh they are, what is broken."
    headline = ("urls", "sitemaps", "newest", "oldest", "images", "videos", "news", "left_out")
    params = SitemapScanParams

    async def run(self, target: str, params: SitemapScanParams, context: Context) -> Result:
        limits = Limits(params.timeout_seconds, 5, params.respect_robots, pauses=False)
        base, pauses, closed = await self._knocked(target, limits)
        domain = found.domain_row(target, context, url=base)
        kept = nameable([domain])
        await context.storage.store(kept.rows, kept.unless)
        ends = time.monotonic() + params.site_seconds
        caps = Caps(params.max_files, params.max_depth, params.max_urls, ends)
        shelf = Shelf(domain.values["name"], context.batch_id)
        keeping = Keeping(context.storage, shelf, params.reread)
        walk = Walk(self.fetcher, limits, caps, targets.parse(base).hostname, keeping)
        in_robots = await self._walked(walk, base, limits)
        _check(walk, closed)
        facts = {"url": base, "in_robots": in_robots, **_facts(walk.found), **pauses}
        counted = found.domain_row(
            target, context, url=base, sitemaps=len(walk.found.files), sitemap_urls=walk.found.urls
        )
        result = Result(facts, [counted, found.scan_row(target, context, self.slug)])
        return await self.lawful(lambda _: result, False, context)

    async def _knocked(
        self, target: str, limits: Limits
    ) -> tuple[str, dict[str, float], Disallowed | None]:
        """Where the site answers, what it asks for between two visits, and whether its home page is closed to us."""
        try:
            home = await self.fetcher.site(target, limits, _KNOCK)
        except Disallowed as error:
            # Its sitemaps may be open all the same: each is asked about.
            return error.url, {}, error
        return home.url, found.pauses(home), None

    async def _walked(self, walk: Walk, base: str, limits: Limits) -> int:
        """From the surest source to the least; the first that has any ends the search."""
        if places.may_be_one(base):
            # Whoever gives the address of a sitemap wants that one.
            await walk.named([base], "given")
            if walk.readable:
                return 0
        named = await self.fetcher.sitemaps(base, limits)
        await walk.named(named)
        if walk.readable or walk.trouble:
            return len(named)
        maps, feeds = await places.linked(self.fetcher, base, limits)
        await walk.linked(maps, "link")
        if not walk.readable:
            await walk.usual(base)
        if not walk.readable:
            await walk.linked(feeds, "feed")
        return len(named)


def _check(walk: Walk, closed: Disallowed | None) -> None:
    """One file that can't be read is a fact about the site; none that can is a failure."""
    if walk.readable:
        return
    if walk.trouble is not None:
        raise walk.trouble
    files = walk.found.files
    if closed is not None and all(file.problem == str(closed) for file in files):
        raise closed
    if files:
        words = "None of its sitemaps can be read"
        raise Permanent(f"{words}: {files[0].url} {files[0].problem}.", cause=f"{words}.")
    words = "The site has no sitemap in robots.txt or in any of the usual places."
    raise Permanent(words, cause=words)


def _facts(walked: Found) -> dict[str, Any]:
    broken = sum(bool(file.problem) for file in walked.files)
    facts = {
        "images": walked.images,
        "videos": walked.videos,
        "news": walked.news,
        "alternates": walked.alternates,
        "dated": walked.dated,
        "newest": walked.newest and walked.newest.isoformat(),
        "oldest": walked.oldest and walked.oldest.isoformat(),
        "foreign": walked.foreign,
        "unchanged": walked.unchanged,
        "broken_sitemaps": broken,
        "left_out": walked.left_out,
        "sample": walked.sample,
    }
    return {
        "urls": walked.urls,
        "sitemaps": len(walked.files),
        **{name: value for name, value in facts.items() if value},
        "files": [_file(file) for file in walked.files[:_LISTED]],
    }


def _file(file: File) -> dict[str, Any]:
    facts = {
        "url": file.url,
        "parent": file.place.parent,
        "found_in": file.place.found_in,
        "kind": file.kind,
        "urls": file.urls,
        "children": file.children,
        "bytes": file.size,
        "problem": file.problem,
        "generator": file.generator,
        "unchanged": file.unchanged,
        "cut_off": bool(file.kind) and not file.whole,
    }
    return {name: value for name, value in facts.items() if value}
