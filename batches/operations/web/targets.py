"""Lines of input as sites and pages: brought into one form, so that what means the same is the same.

Stored in punycode, shown in Unicode. With and without "www." are two targets, for they may be two sites;
what is found on either belongs to one domain (`domain_of`).
"""

import re
from functools import lru_cache

import ada_url

from batches.operation import InvalidTarget, Target
from batches.operations.html.urls import registrable
from batches.operations.web.spelling import deceives

MAX_URL = 2_048
_MAX_HOST = 253
# The common case, some ten times faster than a parser: an ASCII domain and nothing else.
_PLAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}\.?")
_WEB = re.compile(r"https?:", re.IGNORECASE)
# A dot before the colon is a host before a port, unless slashes follow.
_SCHEME = re.compile(r"([a-z][a-z0-9+-]*):(?!\d{1,5}(?:[/?#]|$))|([a-z][a-z0-9+.-]*)://", re.IGNORECASE)  # fmt: skip
_MAIL = re.compile(r"mailto:|[^\s@/:?#]+@[^\s@/]+$|[^<>]*<[^\s<>@/]+@[^\s<>@/]+>$", re.IGNORECASE)
_LOGIN = re.compile(r"[^\s/?#@:]+:[^\s/?#@]*@")
_HOST = re.compile(r"[a-z0-9_.-]+|\[[0-9a-f:.]+\]")
_ENCODED = "xn--"
_WEB_PORTS = ("", "80", "443")
# Parsers drop these without a word, and two columns of a table would become one wrong name.
_BREAKS = re.compile(r"[\t\r\n]")
# What comes along when somebody copies from a document, a list or a table.
_AROUND = "".join(map(chr, range(0x21))) + "\u00a0\u200b\u2060\ufeff"
_AFTER = _AROUND + ",;"
_QUOTES = {pair[0]: pair[1] for pair in ('""', "''", "``", "“”", "„“", "‘’", "«»", "<>", "()")}
_MAX_QUOTES = 4
_TOO_LONG = f"longer than {MAX_URL:,} characters"
_WITH_LOGIN = "holds a user name or password; leave it out"


def site(line: str) -> Target:
    """A domain, host:port or URL. `example.com`, `EXAMPLE.com.` and `http://example.com/` are one site.

    The value of a bare domain stays bare: how to reach it is found out by trying. The key is what
    follows the scheme, without a port that the scheme implies. Raises InvalidTarget.
    """
    line = _unquoted(line)
    if "#" in line:
        # What leads to a place within a page leads to the page.
        line = _unquoted(line.partition("#")[0])
    lowered = line.lower()
    if len(lowered) <= _MAX_HOST and _PLAIN.fullmatch(lowered) and _ENCODED not in lowered:
        host = lowered.rstrip(".")
        return Target(host, host)
    if _WEB.match(line):
        return _target(parse(line), bare=False)
    _check_bare(line)
    url = parse(f"http://{line}")
    # Whoever writes this port means https; by http, nothing would come of it.
    if url.port == "443":
        return _target(parse(url.href.replace("http://", "https://", 1)), bare=False)
    return _target(url, bare=True)


def shown(text: str) -> str:
    """A target, a URL or a host for people to read: in Unicode, but for names that look like others."""
    if _ENCODED not in text:
        return text
    start = text.index("://") + 3 if is_url(text) else 0
    host = re.split(r"[/?#:]", text[start:], maxsplit=1)[0]
    labels = [_decoded(label) for label in host.split(".")]
    safe = [
        plain if plain.isascii() or not deceives(plain, labels[-1]) else label
        for plain, label in zip(labels, host.split("."), strict=True)
    ]
    return text[:start] + ".".join(safe) + text[start + len(host) :]


# Asked for of one target several times, while it is visited.
@lru_cache(maxsize=1_000)
def domain_of(target: str) -> str:
    """The domain that a target or a URL belongs to: its host in punycode, without "www.".

    With its port, unless that is one of the web's two. Raises InvalidTarget.
    """
    value = site(target).value
    url = parse(value if is_url(value) else f"http://{value}")
    host = url.hostname
    while host.startswith("www.") and "." in host[4:]:
        host = host[4:]
    return host if url.port in _WEB_PORTS else f"{host}:{url.port}"


def ways_to(target: str) -> list[tuple[str, str]]:
    """Scheme and place of each: by https and by http, to a bare host and to its twin with or without www."""
    name = ada_url.URL(f"http://{target}").hostname
    places = [target]
    if not is_address(name) and name.removeprefix("www.") == registrable(name):
        places.append(target.removeprefix("www.") if name.startswith("www.") else f"www.{target}")
    return [(scheme, place) for scheme in ("https", "http") for place in places]


def addresses_of(target: str) -> list[str]:
    """Where a target may answer, without redirects."""
    if is_url(target):
        return [target]
    end = "" if "/" in target else "/"
    return [f"{scheme}://{place}{end}" for scheme, place in ways_to(target)]


def is_address(host: str) -> bool:
    """Whether a host of a URL is an address, and no name."""
    # No top-level domain ends with a digit: https://url.spec.whatwg.org/#ends-in-a-number-checker
    return host[-1] in "]0123456789"


def is_url(target: str) -> bool:
    """Whether a target's value says itself how it is to be reached."""
    return target.startswith(("http://", "https://"))


def parse(text: str) -> ada_url.URL:
    """An http or https URL within limits, without user or password. Raises InvalidTarget."""
    if len(text) > MAX_URL:
        raise InvalidTarget(_TOO_LONG)
    if _BREAKS.search(text):
        raise InvalidTarget("has a tab or a line break inside")
    try:
        url = ada_url.URL(text)
    except ValueError:
        raise InvalidTarget("not a domain or web address") from None
    if url.protocol not in ("http:", "https:"):
        raise InvalidTarget(_not_web(url.protocol[:-1]))
    if url.username or url.password:
        raise InvalidTarget(_WITH_LOGIN)
    if "#" in text:
        url.hash = ""
    _check_host(url)
    if len(url.href) > MAX_URL:
        raise InvalidTarget(f"longer than {MAX_URL:,} characters once it is encoded")
    return url


def _unquoted(line: str) -> str:
    """Without what is around it: spaces, quotes in pairs, what separates the entries of a list."""
    for _ in range(_MAX_QUOTES):
        line = line.rstrip(_AFTER).lstrip(_AROUND)
        if len(line) < 2 or _QUOTES.get(line[0]) != line[-1]:
            break
        line = line[1:-1]
    return line


def _check_bare(line: str) -> None:
    """Raises InvalidTarget for what has no scheme of the web and is something else than a host and a path."""
    if len(line) > MAX_URL:
        raise InvalidTarget(_TOO_LONG)
    if _MAIL.match(line):
        raise InvalidTarget("an e-mail address, not a site")
    if _LOGIN.match(line):
        raise InvalidTarget(_WITH_LOGIN)
    if scheme := _SCHEME.match(line):
        raise InvalidTarget(_not_web(scheme[1] or scheme[2]))


def _target(url: ada_url.URL, bare: bool) -> Target:
    href = url.href
    # Behind the two slashes; a host alone needs none at its end.
    place = href[href.index("//") + 2 :]
    if place.endswith("/") and place.count("/") == 1:
        place = place[:-1]
    return Target(place if bare else href, place)


def _check_host(url: ada_url.URL) -> None:
    host = url.hostname
    if not host or len(host) > _MAX_HOST or not host.isascii():
        raise InvalidTarget("has no valid host name")
    if not _HOST.fullmatch(host):
        raise InvalidTarget(f"“{host}” has a character that no host name has")
    if host.startswith("["):
        return
    labels = host.removesuffix(".").split(".")
    if not all(0 < len(label) <= 63 for label in labels):
        raise InvalidTarget("has a host name with an empty or overlong part")
    if host.endswith("."):
        url.hostname = host = host[:-1]
    if len(labels) == 1 and host != "localhost":
        raise InvalidTarget(f"“{host}” is not a full domain name")
    if wrong := next((label for label in labels if _is_miscoded(label)), None):
        raise InvalidTarget(f"“{wrong}” is not a valid international name")


def _is_miscoded(label: str) -> bool:
    return label.startswith(_ENCODED) and _decoded(label) == label


def _decoded(label: str) -> str:
    """A label in Unicode; as it is where it isn't punycode, or not valid."""
    if not label.startswith(_ENCODED) or not label.isascii():
        return label
    return ada_url.idna_to_unicode(label)


def _not_web(scheme: str) -> str:
    return f"{scheme.lower()}: is not the web; only http and https are"
