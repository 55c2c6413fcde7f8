"""What a sitemap says of one page beyond its date: images, videos, news and other languages, as they are kept."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from batches.operations.sitemaps.values import (
    MAX_RAW,
    Entry,
    address,
    frequency,
    moment,
    priority,
)

TEXTS = frozenset({"loc", "lastmod", "changefreq", "priority"})
# Beyond these, they are counted only.
_MOST = {"image": 20, "video": 5, "news": 5, "link": 50}
_LISTS = {"image": "images", "video": "videos", "news": "news", "link": "alternates"}
_MAX_TITLE, _MAX_CAPTION, _MAX_NAME, _MAX_LANGUAGE = 200, 500, 100, 35


def _cut(most: int) -> Callable[[str], str]:
    return lambda text: " ".join(text[: 4 * most].split())[:most]


def _published(text: str) -> str:
    when = moment(text)
    return when.isoformat() if when else text.strip()[:MAX_RAW]


def _seconds(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else None


# What stands in the file → what it is called here, and how it is read.
_FIELDS: dict[str, dict[str, tuple[str, Callable[[str], Any]]]] = {
    # https://developers.google.com/search/docs/crawling-indexing/sitemaps/image-sitemaps; the texts of old ones.
    "image": {
        "loc": ("url", address),
        "title": ("title", _cut(_MAX_TITLE)),
        "caption": ("caption", _cut(_MAX_CAPTION)),
    },
    # https://developers.google.com/search/docs/crawling-indexing/sitemaps/video-sitemaps
    "video": {
        "title": ("title", _cut(_MAX_TITLE)),
        "thumbnail_loc": ("thumbnail", address),
        "content_loc": ("content", address),
        "player_loc": ("player", address),
        "duration": ("seconds", _seconds),
        "publication_date": ("published", _published),
    },
    # https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap
    "news": {
        "name": ("name", _cut(_MAX_NAME)),
        "language": ("language", _cut(_MAX_LANGUAGE)),
        "publication_date": ("published", _published),
        "title": ("title", _cut(_MAX_TITLE)),
    },
}
BLOCKS = frozenset(_FIELDS)


def described(kind: str, parts: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """An image, a video or news. Of what is there twice, the first counts; what is not kept is left out."""
    fields = _FIELDS[kind]
    found: dict[str, Any] = {}
    for part, text in parts:
        if part in fields:
            name, read = fields[part]
            if name not in found and (value := read(text)):
                found[name] = value
    return found


def alternate(language: str, target: str) -> dict[str, str] | None:
    """The page in another language; without a language or an address it is none."""
    if language and (url := address(target)):
        return {"language": language.strip()[:_MAX_LANGUAGE], "url": url}
    return None


def entry(texts: Mapping[str, str], rows: Mapping[str, Sequence[Any]]) -> Entry | None:
    """Of the texts by TEXTS, and what there is by kind: "image", "link", "mobile" and so on. None without an address."""
    if not (place := address(texts.get("loc", ""))):
        return None
    when = moment(raw := texts.get("lastmod", ""))
    changes, weight = texts.get("changefreq"), texts.get("priority")
    said = (
        place,
        when,
        "" if when else raw.strip()[:MAX_RAW],
        frequency(changes) if changes else "",
        priority(weight) if weight else None,
    )
    if not rows:
        return Entry(*said)
    return Entry(*said, *counted(rows))


def counted(
    rows: Mapping[str, Sequence[Any]],
) -> tuple[int, int, bool, int, dict[str, Any] | None]:
    """How many images and videos, whether news, how many alternates; and what is kept of them."""
    kept: dict[str, Any] = {}
    for kind, some in rows.items():
        if kind == "mobile":
            kept[kind] = True
        elif first := [row for row in some[: _MOST[kind]] if row]:
            kept[_LISTS[kind]] = first
    of = rows.get
    return (
        len(of("image", ())),
        len(of("video", ())),
        "news" in rows,
        len(of("link", ())),
        kept or None,
    )
