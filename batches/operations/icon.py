"""The picture of a site, under the rules of every other visit."""

from typing import NamedTuple

from batches.operation import Failure, Postpone, Skip
from batches.operations.site_operation import visiting
from batches.operations.web.client import Reading
from batches.operations.web.fetch import Limits

MAX_BYTES = 256 * 1024
_SECONDS = 5.0
# By its first bytes: many servers call a picture text, and many a text a picture.
_KINDS = {
    b"\x89PNG\r\n": "image/png",
    b"GIF8": "image/gif",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x00\x00\x01\x00": "image/x-icon",
}


class Picture(NamedTuple):
    """`kind` as in Content-Type."""

    kind: str
    body: bytes


async def picture(url: str) -> Picture | None:
    """None if there is none, or it can't be had within a few seconds."""
    limits = Limits(_SECONDS, redirects=3, pauses=False)
    try:
        async with visiting("icon") as fetcher:
            answer = await fetcher.get(url, limits, Reading(MAX_BYTES))
    except (Failure, Skip, Postpone):
        return None
    kind = kind_of(answer.body) if answer.status == 200 else ""
    return Picture(kind, answer.body) if kind else None


def kind_of(body: bytes) -> str:
    """Empty for what is no picture that browsers show as an icon."""
    for begin, kind in _KINDS.items():
        if body.startswith(begin):
            return kind
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    text = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:2_000]
    is_svg = text.startswith((b"<svg", b"<?xml", b"<!--", b"<!DOCTYPE svg")) and b"<svg" in text
    return "image/svg+xml" if is_svg else ""
