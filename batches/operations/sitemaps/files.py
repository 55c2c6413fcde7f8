"""One sitemap and its pages, as they are counted and stored."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from batches.operation import Row, key_of
from batches.operations.sitemaps.page_types import page_type, told_by
from batches.operations.sitemaps.values import Entry

FILE, URL = "batches.SitemapFile", "batches.SitemapUrl"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sitemap may be, and who says so: "robots.txt", "usual place", "index", "link" or "feed".

    `lastmod` is UTC, as its index says.
    """

    url: str
    found_in: str
    parent: str = ""
    depth: int = 0
    lastmod: datetime | None = None


@dataclass(slots=True)
class File:
    """One sitemap: what it is and holds, or the problem in words. `bytes` as they came, `size` unpacked."""

    place: Place
    read_at: datetime
    kind: str = ""
    urls: int = 0
    children: int = 0
    images: int = 0
    videos: int = 0
    news: int = 0
    alternates: int = 0
    foreign: int = 0
    dated: int = 0
    newest: datetime | None = None
    oldest: datetime | None = None
    has_changefreq: bool = False
    has_priority: bool = False
    size: int = 0
    packed: bool = False
    whole: bool = False
    # All of its pages were stored, and none was left out by a limit.
    complete: bool = True
    unchanged: bool = False
    problem: str = ""
    status: int | None = None
    milliseconds: int | None = None
    etag: str = ""
    last_modified: str = ""
    body_sha256: bytes | None = None
    generator: str = ""

    @property
    def url(self) -> str:
        return self.place.url

    def count(self, entry: Entry) -> None:
        self.urls += 1
        self.images += entry.images
        self.videos += entry.videos
        self.news += entry.news
        self.alternates += entry.alternates
        if entry.lastmod is not None:
            self.dated += 1
            self.newest = max(self.newest or entry.lastmod, entry.lastmod)
            self.oldest = min(self.oldest or entry.lastmod, entry.lastmod)
        self.has_changefreq = self.has_changefreq or bool(entry.changefreq)
        self.has_priority = self.has_priority or entry.priority is not None


_COUNTED = (
    "kind", "urls", "images", "videos", "news", "alternates", "children", "foreign", "dated", "newest", "oldest",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the sitemaps of a domain are kept."""

    domain: str
    batch_id: int

    def key(self, place: Place) -> UUID:
        return key_of(self.domain, place.url)

    def placed(self, place: Place) -> Row:
        """That there is one, before its pages: whoever stops halfway leaves none that belong to nothing."""
        return Row(FILE, self._of_place(place))

    def file(self, file: File) -> Row:
        """Only what was read whole is dated: pages that it no longer names can be told by that."""
        values = {**self._of_place(file.place), "problem": file.problem}
        if file.unchanged and file.body_sha256 is None:
            # All else is as it was. That its index says another date is not to be asked about again.
            return Row(FILE, values)
        values |= {
            "status": file.status,
            "bytes": file.size or None,
            "milliseconds": file.milliseconds,
            "whole": file.whole and file.complete,
        }
        if file.kind:
            values |= {name: getattr(file, name) for name in _COUNTED}
            values |= {
                "packed": file.packed,
                "generator": file.generator,
                "has_lastmod": file.dated > 0,
                "has_changefreq": file.has_changefreq,
                "has_priority": file.has_priority,
            }
        if file.whole and file.complete:
            values |= {
                "read_at": file.read_at,
                "etag": file.etag[:500],
                "last_modified": file.last_modified[:100],
                "body_sha256": file.body_sha256,
            }
        return Row(FILE, values)

    def pages(self, file: File, entries: list[Entry]) -> list[Row]:
        sitemap, otherwise = self.key(file.place), told_by(file.url)
        return [
            Row(
                URL,
                {
                    "sitemap_id": sitemap,
                    "digest": key_of(self.domain, entry.url),
                    "url": entry.url,
                    "lastmod": entry.lastmod,
                    "lastmod_text": entry.raw,
                    "changefreq": entry.changefreq,
                    "priority": entry.priority,
                    "page_type": page_type(entry.url, otherwise),
                    "images": entry.images,
                    "videos": entry.videos,
                    "news": entry.news,
                    "alternates": entry.alternates,
                    "details": entry.details,
                    "seen_at": file.read_at,
                },
            )
            for entry in entries
        ]

    def _of_place(self, place: Place) -> dict[str, Any]:
        return {
            "id": self.key(place),
            "domain_id": self.domain,
            "batch_id": self.batch_id,
            "url": place.url,
            "parent": place.parent,
            "found_in": place.found_in,
            "depth": place.depth,
            "lastmod": place.lastmod,
        }


def recalled(file: File, stored: dict[str, Any]) -> None:
    """A file that need not be read again, with what it held when it was."""
    file.unchanged = file.whole = True
    for name in _COUNTED:
        setattr(file, name, stored[name] or getattr(file, name))


def is_as_it_was(place: Place, stored: dict[str, Any]) -> bool:
    """Whether the index says that nothing has changed since the file was last read whole.

    A date without a time may mean any moment of that day: it says nothing until the day is over.
    """
    if not can_be_asked(stored) or place.lastmod is None or stored["lastmod"] != place.lastmod:
        return False
    midnight = place.lastmod.hour == place.lastmod.minute == place.lastmod.second == 0
    return bool(stored["read_at"] >= place.lastmod + (_DAY if midnight else timedelta()))


def can_be_asked(stored: dict[str, Any]) -> bool:
    """Whether it was read whole, and counted as it is now.

    An index always is read again: which files it names is stored nowhere.
    """
    read = stored.get("whole") and stored.get("read_at") and stored.get("dated") is not None
    return bool(read and stored.get("kind") != "index")
