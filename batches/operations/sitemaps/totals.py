"""What all the sitemaps of a site come to."""

from collections.abc import Container
from dataclasses import dataclass, field
from datetime import datetime

from batches.operations.html.urls import registrable
from batches.operations.sitemaps.files import File
from batches.operations.sitemaps.values import Entry

SAMPLE = 20


@dataclass(slots=True)
class Found:
    """All of a site. `foreign` are pages on other sites, `left_out` says what a limit cut off.

    `unchanged` files count with what they held when they were read; dates and samples are of the others.
    """

    files: list[File] = field(default_factory=list)
    urls: int = 0
    unchanged: int = 0
    foreign: int = 0
    images: int = 0
    videos: int = 0
    news: int = 0
    alternates: int = 0
    dated: int = 0
    newest: datetime | None = None
    oldest: datetime | None = None
    sample: list[str] = field(default_factory=list)
    left_out: str = ""

    def page(self, entry: Entry, sites: Container[str]) -> None:
        """`sites` are the registrable domains whose pages belong here."""
        if entry.lastmod is not None:
            self.dated += 1
            self.newest = max(self.newest or entry.lastmod, entry.lastmod)
            self.oldest = min(self.oldest or entry.lastmod, entry.lastmod)
        host = entry.url.split("/", 3)[2].rpartition("@")[2].partition(":")[0].lower()
        if registrable(host) not in sites:
            self.foreign += 1
        if len(self.sample) < SAMPLE:
            self.sample.append(entry.url)

    def sum_up(self, file: File) -> None:
        self.urls += file.urls
        self.images += file.images
        self.videos += file.videos
        self.news += file.news
        self.alternates += file.alternates
        self.unchanged += file.unchanged
