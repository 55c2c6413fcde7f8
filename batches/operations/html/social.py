"""Profiles on social networks that a page links to, in one form for each network."""

import re
from collections.abc import Iterable

# Network → how the address of a profile begins and what may follow its host. Not share buttons, not posts.
_NETWORKS = {
    "facebook": ("https://www.facebook.com/", r"(?:[a-z-]+\.)?(?:facebook|fb)\.com/(?!(?:sharer?|dialog|plugins|tr|groups|events|p|photos?|watch|login|home|policies|policy|privacy|help|hashtag|profile|pages|people|story|permalink|media|reel)(?:\.php)?(?:/|$))([\w.-]{2,80})"),
    "x": ("https://x.com/", r"(?:www\.|mobile\.)?(?:twitter|x)\.com/(?!(?:share|intent|home|search|hashtag|i|login|privacy|tos)(?:/|$))@?(\w{1,15})"),
    "instagram": ("https://www.instagram.com/", r"(?:www\.)?instagram\.com/(?!(?:p|reels?|explore|accounts|stories|tv|about)(?:/|$))([\w.]{1,30})"),
    "linkedin": ("https://www.linkedin.com/", r"(?:[a-z]{2,3}\.)?linkedin\.com/((?:company|in|school|showcase)/[^/?#\s]{1,100})"),
    "youtube": ("https://www.youtube.com/", r"(?:www\.|m\.)?youtube\.com/((?:channel/|c/|user/|@)[^/?#\s]{1,100})"),
    "tiktok": ("https://www.tiktok.com/@", r"(?:www\.)?tiktok\.com/@([\w.]{2,24})"),
    "pinterest": ("https://www.pinterest.com/", r"(?:www\.|[a-z]{2}\.)?pinterest\.[a-z.]{2,6}/(?!(?:pin|search|ideas)(?:/|$))([\w-]{3,30})"),
    "threads": ("https://www.threads.net/@", r"(?:www\.)?threads\.(?:net|com)/@([\w.]{1,30})"),
    "github": ("https://github.com/", r"(?:www\.)?github\.com/(?!(?:features|about|login|sponsors|topics|marketplace|pricing)(?:/|$))([a-z\d](?:[a-z\d-]{0,38}))"),
    "telegram": ("https://t.me/", r"(?:www\.)?(?:t|telegram)\.me/(?!(?:share|s|iv|joinchat)(?:/|$))([a-z]\w{3,31})"),
    "mastodon": ("", r"((?:mastodon\.[a-z]+|mstdn\.[a-z]+)/@\w{1,30})"),
    "bluesky": ("https://bsky.app/profile/", r"bsky\.app/profile/([\w.-]{3,253})"),
    "xing": ("https://www.xing.com/", r"(?:www\.)?xing\.com/((?:profile|pages|companies)/[^/?#\s]{1,100})"),
}  # fmt: skip
_PATTERNS = {
    network: (begin or "https://", re.compile(pattern + "/?$", re.IGNORECASE | re.ASCII))
    for network, (begin, pattern) in _NETWORKS.items()
}


def profiles(links: Iterable[str]) -> dict[str, str]:
    """Network → the first profile that is linked, at the network's own address and without tracking."""
    found: dict[str, str] = {}
    for href in links:
        place = href.partition("://")[2].partition("?")[0].partition("#")[0]
        for network, (begin, pattern) in _PATTERNS.items():
            if network not in found and (profile := pattern.match(place)):
                found[network] = begin + profile[1]
    return found
