"""What all the sitemaps of a site come to."""

from dataclasses import dataclass, field
from datetime import datetime

from batches.operations.sitemaps.files import File
from batches.operations.sitemaps.values import Entry

SAMPLE = 20


@dataclass(slots=True)
class Found:
    """All of a site. `foreign` are pages on other sites, `left_out` says what a limit cut off.

    `unchanged` files count with what they held when they were read; the sample is of the others.
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

    def page(self, entry: Entry) -> None:
        if len(self.sample) < SAMPLE:
            self.sample.append(entry.url)

    def sum_up(self, file: File) -> None:
        self.urls += file.urls
        self.images += file.images
        self.videos += file.videos
        self.news += file.news
        self.alternates += file.alternates
        self.foreign += file.foreign
        self.dated += file.dated
        self.newest = max(filter(None, (self.newest, file.newest)), default=None)
        self.oldest = min(filter(None, (self.oldest, file.oldest)), default=None)
        self.unchanged += file.unchanged
