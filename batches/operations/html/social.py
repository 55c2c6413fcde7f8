"""Profiles on social networks that a page links to, in one form for each network."""

import re
from collections.abc import Iterable

_NONE = r"(?!(?:{})(?:\.php)?(?:/|$))"
_NAME = r"([\w.-]{2,80})"
# Network → its hosts, how the address of a profile begins, and what follows the host in it. Not share buttons,
# not posts, not the pages about the network itself.
_NETWORKS = {
    "facebook": ("facebook.com fb.com", "https://www.facebook.com/", _NONE.format("sharer?|dialog|plugins|tr|groups|events|p|photos?|watch|login|home|policies|policy|privacy|help|hashtag|profile|pages|people|story|permalink|media|reel|business|legal|ads") + _NAME),
    "x": ("twitter.com x.com", "https://x.com/", _NONE.format("share|intent|home|search|hashtag|i|login|privacy|tos|about|settings") + r"@?(\w{1,15})"),
    "instagram": ("instagram.com", "https://www.instagram.com/", _NONE.format("p|reels?|explore|accounts|stories|tv|about|legal") + r"([\w.]{1,30})"),
    "linkedin": ("linkedin.com", "https://www.linkedin.com/", r"((?:company|in|school|showcase)/[^/?#\s]{1,100})"),
    "youtube": ("youtube.com", "https://www.youtube.com/", r"((?:channel/|c/|user/|@)[^/?#\s]{1,100})"),
    "tiktok": ("tiktok.com", "https://www.tiktok.com/@", r"@([\w.]{2,24})"),
    "pinterest": ("pinterest.com pinterest.de pinterest.fr pinterest.es pinterest.it pinterest.at pinterest.ch pinterest.co.uk pinterest.ca pinterest.jp pinterest.pt pinterest.se", "https://www.pinterest.com/", _NONE.format("pin|search|ideas|about|business") + r"([\w-]{3,30})"),
    "threads": ("threads.net threads.com", "https://www.threads.net/@", r"@([\w.]{1,30})"),
    "github": ("github.com", "https://github.com/", _NONE.format("features|about|login|sponsors|topics|marketplace|pricing|explore|site|contact") + r"([a-z\d](?:[a-z\d-]{0,38}))"),
    "gitlab": ("gitlab.com", "https://gitlab.com/", _NONE.format("users|explore|help|search|-") + r"([\w.-]{2,100})"),
    "telegram": ("t.me telegram.me", "https://t.me/", _NONE.format("share|s|iv|joinchat|proxy|addstickers") + r"([a-z]\w{3,31})"),
    "whatsapp": ("wa.me whatsapp.com", "https://wa.me/", r"(?:channel/[\w-]{5,60}|\+?(\d{6,15}))"),
    "mastodon": ("mastodon.social mastodon.online mastodon.world mastodon.green mastodon.art mstdn.social mstdn.jp fosstodon.org hachyderm.io chaos.social mas.to infosec.exchange norden.social troet.cafe ruhr.social", "", r"@(\w{1,30})"),
    "bluesky": ("bsky.app", "https://bsky.app/profile/", r"profile/([\w.:-]{3,253})"),
    "xing": ("xing.com", "https://www.xing.com/", r"((?:profile|pages|companies)/[^/?#\s]{1,100})"),
    "kununu": ("kununu.com", "https://www.kununu.com/", r"((?:de|at|ch)/[\w-]{2,80})"),
    "vimeo": ("vimeo.com", "https://vimeo.com/", _NONE.format(r"\d+|channels|groups|album|about|upgrade|watch") + r"(user\d{1,12}|[a-z][\w]{2,40})"),
    "snapchat": ("snapchat.com", "https://www.snapchat.com/add/", r"add/([\w.-]{3,15})"),
    "reddit": ("reddit.com", "https://www.reddit.com/", r"((?:r|user|u)/[\w-]{2,30})"),
    "discord": ("discord.gg discord.com", "https://discord.gg/", r"(?:invite/)?([\w-]{2,32})"),
    "twitch": ("twitch.tv", "https://www.twitch.tv/", _NONE.format("directory|videos|downloads|p|jobs") + r"(\w{4,25})"),
    "medium": ("medium.com", "https://medium.com/@", r"@([\w.-]{1,60})"),
    "tumblr": ("tumblr.com", "https://www.tumblr.com/", _NONE.format("share|widgets|login|register|tagged|dashboard|search") + r"(?:blog/)?([a-z\d-]{1,32})"),
    "soundcloud": ("soundcloud.com", "https://soundcloud.com/", _NONE.format("discover|search|upload|pages|player") + r"([\w-]{3,40})"),
    "spotify": ("open.spotify.com", "https://open.spotify.com/", r"(?:intl-\w{2}/)?((?:artist|user|show)/[\w-]{1,60})"),
    "vk": ("vk.com", "https://vk.com/", _NONE.format("share|widget_.*|away|login|feed") + r"([\w.]{2,40})"),
    "odnoklassniki": ("ok.ru", "https://ok.ru/", _NONE.format("dk|share|video") + r"((?:group/|profile/)?[\w.]{2,40})"),
    "flickr": ("flickr.com", "https://www.flickr.com/", r"((?:photos|people)/[\w@-]{2,60})"),
    "behance": ("behance.net", "https://www.behance.net/", _NONE.format("gallery|search|joblist") + r"([\w-]{2,40})"),
    "dribbble": ("dribbble.com", "https://dribbble.com/", _NONE.format("shots|search|jobs|stories|designers") + r"([\w-]{2,40})"),
    "yelp": ("yelp.com yelp.de yelp.fr yelp.co.uk yelp.ca", "https://www.yelp.com/", r"(biz/[^/?#\s]{2,120})"),
    "trustpilot": ("trustpilot.com", "https://www.trustpilot.com/", r"(review/[\w.-]{3,120})"),
    "tripadvisor": ("tripadvisor.com tripadvisor.de tripadvisor.fr tripadvisor.it tripadvisor.es tripadvisor.co.uk tripadvisor.at", "https://www.tripadvisor.com/", r"((?:Restaurant|Hotel|Attraction)_Review-[\w-]{5,200}(?:\.html)?)"),
    "linktree": ("linktr.ee", "https://linktr.ee/", _NONE.format("s|login|register") + r"([\w.-]{2,40})"),
    "patreon": ("patreon.com", "https://www.patreon.com/", _NONE.format("posts|login|join|policy") + r"(?:c/)?([\w-]{2,64})"),
    "line": ("line.me lin.ee", "https://line.me/", r"(R/ti/p/[\w@%~.-]{2,60})"),
    "weibo": ("weibo.com", "https://weibo.com/", _NONE.format("share|login|signup") + r"((?:u/|n/)?[\w%-]{2,60})"),
}  # fmt: skip
# Host without www and the like → network, beginning, pattern of the path.
_HOSTS = {
    host: (
        network,
        begin or f"https://{host}/@",
        re.compile(pattern + "/?$", re.IGNORECASE | re.ASCII),
    )
    for network, (hosts, begin, pattern) in _NETWORKS.items()
    for host in hosts.split()
}


def profiles(links: Iterable[str]) -> dict[str, str]:
    """Network → the first profile that is linked, at the network's own address and without tracking."""
    found: dict[str, str] = {}
    for href in links:
        host, _, path = href.partition("://")[2].partition("/")
        known = _network(host.lower())
        if known is None or known[0] in found:
            continue
        network, begin, pattern = known
        profile = pattern.match(path.partition("?")[0].partition("#")[0])
        if profile and profile[1]:
            found[network] = begin + profile[1]
    return found


def _network(host: str) -> tuple[str, str, re.Pattern[str]] | None:
    """Of `de-de.facebook.com`, too."""
    if host.startswith(("mastodon.", "mstdn.")):
        return "mastodon", f"https://{host}/@", _HOSTS["mastodon.social"][2]
    while "." in host:
        if host in _HOSTS:
            return _HOSTS[host]
        host = host.partition(".")[2]
    return None
