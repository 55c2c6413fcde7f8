"""What a page scan found, as a card: who they are, what they use, how to reach them, how the site answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone

from adminapp.console.page_list import MOST, Linked, Pages, pages
from adminapp.console.readings import link, mapping, mappings, moment, number, text, texts


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the time that the answer took; `x` and `width` in percent of all of it."""

    name: str
    milliseconds: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Certificate:
    issuer: str
    until: datetime | None
    days: int | None  # Left: from now if its end is known, else as the scan counted them.

    @property
    def state(self) -> str:
        if self.days is None:
            return ""
        return "failed" if self.days < 0 else "skipped" if self.days < 21 else "succeeded"


@dataclass(frozen=True, slots=True)
class SiteCard:
    letter: str
    title: str
    description: str
    address: Linked
    favicon: str
    chips: list[str]
    technologies: list[Linked]
    emails: list[str]
    phones: list[str]
    contact_form: bool
    social: list[Linked]
    security: list[tuple[str, str]]
    certificate: Certificate | None
    milliseconds: int | None
    phases: list[Phase]
    redirects: list[Linked]
    pages: Pages
    left_out: str
    partly_read: str


def site_card(result: dict[str, Any]) -> SiteCard:
    title = text(result.get("title"), 300) or text(result.get("h1"), 300)
    url = text(result.get("url"), 2_048)
    return SiteCard(
        _letter(url, title),
        title,
        text(result.get("description"), 600),
        Linked(url, link(url)),
        text(result.get("favicon"), 2_048),
        _chips(result),
        _technologies(result),
        texts(result.get("emails"), MOST),
        _phones(result.get("phones")),
        result.get("contact_form") is True,
        _social(result.get("social")),
        _security(result),
        _certificate(result.get("certificate")),
        _milliseconds(result),
        _phases(result.get("timing")),
        _redirects(result.get("redirects")),
        pages(result),
        text(result.get("left_out")),
        text(result.get("partly_read")),
    )


def _letter(url: str, title: str) -> str:
    try:
        host = (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        host = ""
    return next((letter.upper()[0] for letter in host + title if letter.isalnum()), "?")


def _chips(result: dict[str, Any]) -> list[str]:
    status, size = number(result.get("status")), number(result.get("bytes"))
    chips = [
        f"HTTP {status}" if status else "",
        _language(result),
        text(result.get("content_type"), 60),
        f"{size / 1000:,.0f} kB" if size and size >= 1000 else "",
        _pauses(result),
        "not changed since the last scan" if result.get("unchanged") is True else "",
    ]
    return [chip for chip in chips if chip]


def _language(result: dict[str, Any]) -> str:
    stated = text(result.get("language"), 40)
    return (
        f"{stated}, by its words" if stated and result.get("language_guessed") is True else stated
    )


def _pauses(result: dict[str, Any]) -> str:
    asked, kept = number(result.get("crawl_delay")), number(result.get("crawl_delay_kept"))
    if not asked:
        return ""
    less = f", waited {kept:g} s" if kept and kept < asked else ""
    return f"asks for {asked:g} s between visits{less}"


def _technologies(result: dict[str, Any]) -> list[Linked]:
    """Name, version and what it is for; older results name only the CMS and the generator."""
    listed = mappings(result.get("technologies"), MOST, "name") or [mapping(result.get("cms"))]
    found = [_technology(one) for one in listed if text(one.get("name"))]
    # Its extensions stand among the others.
    if theme := text(mapping(result.get("wordpress")).get("theme"), 80):
        found.append(Linked(theme, "", "WordPress theme"))
    generator = text(result.get("generator"), 100)
    return found or ([Linked(generator, "")] if generator else [])


def _technology(one: dict[str, Any]) -> Linked:
    named = f"{text(one.get('name'), 80)} {text(one.get('version'), 30)}".strip()
    return Linked(named, "", text(one.get("category"), 40))


def _phones(value: Any) -> list[str]:
    """As numbers, or as objects that say how they were written."""
    found = mappings(value, MOST, "number")
    names = ("written", "number", "e164", "phone")
    return [first for one in found if (first := _first(one, names))]


def _first(one: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((found for name in names if (found := text(one.get(name), 60))), "")


def _social(value: Any) -> list[Linked]:
    """Network → address, or several of them; others as a network of their own."""
    pairs = [(name, url) for name, urls in mapping(value).items() for url in _addresses(name, urls)]
    return [
        Linked(network(name), href, text(href, 120))
        for name, url in pairs[:MOST]
        if (href := link(url))
    ]


def network(name: str) -> str:
    """Its name as people know it."""
    return _NETWORKS.get(name, name.capitalize()[:40])


def _addresses(name: str, urls: Any) -> list[str]:
    if isinstance(urls, dict):
        return [url for more in urls.values() for url in texts(more, MOST)]
    return texts(urls, MOST)


_HEADERS = {"https": "HTTPS", "hsts": "HSTS", "csp": "Content security policy"}
# Networks that write themselves otherwise than with one capital.
_NETWORKS = {
    "youtube": "YouTube", "linkedin": "LinkedIn", "tiktok": "TikTok", "github": "GitHub", "gitlab": "GitLab",
    "whatsapp": "WhatsApp", "soundcloud": "SoundCloud", "vk": "VK", "linktree": "Linktree", "line": "LINE", "xing": "XING",
}  # fmt: skip


def _security(result: dict[str, Any]) -> list[tuple[str, str]]:
    """A line for each rule of the site's headers, and first what was wrong with https."""
    trouble = text(result.get("https_problem"))
    found = [("HTTPS", trouble)] if trouble else []
    missing = []
    for name, value in list(mapping(result.get("security")).items())[:MOST]:
        words = str(name).replace("_", " ")[:60]
        if name == "https" and trouble:
            continue
        if value is None and name not in _HEADERS:
            missing.append(words.title().replace(" ", "-"))
        else:
            found.append((_HEADERS.get(name) or words, _said(value)))
    found.append(("Headers not sent", ", ".join(missing)))
    return [(name, said) for name, said in found if said]


def _said(value: Any) -> str:
    if value is None or value is False:
        return "no"
    if isinstance(value, dict):
        parts = [f"{name}: {_plain(part)}".replace("_", " ") for name, part in value.items()]
        return ", ".join(parts[:10])[:300] or "no"
    return "yes" if value is True else ", ".join(texts(value, 10)) or "none"


def _plain(value: Any) -> str:
    return (
        ("yes" if value else "no")
        if isinstance(value, bool)
        else ", ".join(texts(value, 10)) or "–"
    )


def _certificate(value: Any) -> Certificate | None:
    stored = mapping(value)
    until = moment(_first(stored, ("not_after", "expires_at", "until")))
    days = stored.get("days_left")
    left = (
        days if isinstance(days, int) and not isinstance(days, bool) and abs(days) < 10**6 else None
    )
    if until is not None:
        left = (until - timezone.now()).days
    issuer = text(stored.get("issuer"), 200)
    return Certificate(issuer, until, left) if issuer or left is not None else None


def _milliseconds(result: dict[str, Any]) -> int | None:
    timing = mapping(result.get("timing"))
    found = number(result.get("milliseconds"))
    found = number(timing.get("total")) if found is None else found
    return None if found is None else round(found)


_PHASES = {"dns": "DNS", "connect": "connect", "tls": "TLS"}
_PHASES |= {"first_byte": "first byte", "download": "download"}


def _phases(value: Any) -> list[Phase]:
    """In the order in which they happen."""
    timing = mapping(value)
    measured = [(_PHASES[key], n) for key in _PHASES if (n := number(timing.get(key)))]
    whole = sum(n for _, n in measured)
    phases, x = [], 0.0
    for name, n in measured:
        phases.append(Phase(name, round(n), round(x, 2), round(100 * n / whole, 2)))
        x += 100 * n / whole
    return phases


def _redirects(value: Any) -> list[Linked]:
    hops = mappings(value, MOST, "url")
    return [
        Linked(url, link(url), text(hop.get("status")))
        for hop in hops
        if (url := text(hop.get("url"), 2_048))
    ]
