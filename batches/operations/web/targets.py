"""Lines of input as sites and pages: brought into one form, so that what means the same is the same."""

import re

import ada_url

from batches.operation import InvalidTarget, Target

MAX_URL = 2_048
_MAX_HOST = 253
# The common case, some ten times faster than a parser: an ASCII domain and nothing else.
_PLAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}\.?")
_WEB = re.compile(r"https?:", re.IGNORECASE)
# A dot before the colon is a host before a port, unless slashes follow.
_SCHEME = re.compile(r"([a-z][a-z0-9+-]*):(?!\d{1,5}(?:[/?#]|$))|([a-z][a-z0-9+.-]*)://", re.IGNORECASE)  # fmt: skip
_HOST = re.compile(r"[a-z0-9_.-]+|\[[0-9a-f:.]+\]")
# Parsers drop these without a word, and two columns of a table would become one wrong name.
_BREAKS = re.compile(r"[\t\r\n]")
# What comes along when somebody copies from a document.
_AROUND = " \t\r\n\f\v\u00a0\u200b\u2060\ufeff"


def site(line: str) -> Target:
    """A domain, host:port or URL. `example.com`, `EXAMPLE.com.` and `http://example.com/` are one site.

    The value of a bare domain stays bare: how to reach it is found out by trying. The key is what
    follows the scheme, without a port that the scheme implies. Raises InvalidTarget.
    """
    line = line.strip(_AROUND)
    lowered = line.lower()
    if len(lowered) <= _MAX_HOST and _PLAIN.fullmatch(lowered):
        host = lowered.rstrip(".")
        return Target(host, host)
    if _WEB.match(line):
        return _target(parse(line), bare=False)
    if scheme := _SCHEME.match(line):
        raise InvalidTarget(_not_web(scheme[1] or scheme[2]))
    url = _parse_bare(line)
    # Whoever writes this port means https; by http, nothing would come of it.
    if url.port == "443":
        return _target(parse(url.href.replace("http://", "https://", 1)), bare=False)
    return _target(url, bare=True)


def is_url(target: str) -> bool:
    """Whether a target's value says itself how it is to be reached."""
    return target.startswith(("http://", "https://"))


def parse(text: str) -> ada_url.URL:
    """An http or https URL within limits, without user or password. Raises InvalidTarget."""
    if len(text) > MAX_URL:
        raise InvalidTarget(f"longer than {MAX_URL:,} characters")
    if _BREAKS.search(text):
        raise InvalidTarget("has a tab or a line break inside")
    try:
        url = ada_url.URL(text)
    except ValueError:
        raise InvalidTarget("not a domain or web address") from None
    if url.protocol not in ("http:", "https:"):
        raise InvalidTarget(_not_web(url.protocol[:-1]))
    if url.username or url.password:
        raise InvalidTarget("holds a user name or password; leave it out")
    if "#" in text:
        url.hash = ""
    _check_host(url)
    if len(url.href) > MAX_URL:
        raise InvalidTarget(f"longer than {MAX_URL:,} characters once it is encoded")
    return url


def _parse_bare(line: str) -> ada_url.URL:
    try:
        return parse(f"http://{line}")
    except InvalidTarget:
        if re.fullmatch(r"[^\s@/]+@[^\s@/]+", line):
            raise InvalidTarget("an e-mail address, not a site") from None
        raise


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
    if host.endswith("."):
        host = host[:-1]
        url.hostname = host
    labels = host.split(".")
    if not all(0 < len(label) <= 63 for label in labels):
        raise InvalidTarget("has a host name with an empty or overlong part")
    if len(labels) == 1 and host != "localhost":
        raise InvalidTarget(f"“{host}” is not a full domain name")


def _not_web(scheme: str) -> str:
    return f"{scheme.lower()}: is not the web; only http and https are"
