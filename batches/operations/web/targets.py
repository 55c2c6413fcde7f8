"""Lines of input as sites and pages: brought into one form, so that what means the same is the same."""

import re

import ada_url

from batches.operation import InvalidTarget, Target

MAX_URL = 2_048
_MAX_HOST = 253
# The common case, some twenty times faster than a parser: an ASCII domain and nothing else.
_PLAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}\.?")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):(?!\d{1,5}(?:[/?#]|$))", re.IGNORECASE)


def site(line: str) -> Target:
    """A domain, host:port or URL. `example.com`, `EXAMPLE.com.` and `http://example.com/` are one site.

    The value of a bare domain stays bare: how to reach it is found out by trying. Raises InvalidTarget.
    """
    lowered = line.lower()
    if _PLAIN.fullmatch(lowered) and not lowered.startswith("xn--"):
        host = lowered.rstrip(".")
        return Target(host, host)
    scheme = _SCHEME.match(line)
    if scheme and scheme[1].lower() not in ("http", "https"):
        raise InvalidTarget(f"{scheme[1].lower()}: is not the web; only http and https are")
    url = parse(line if scheme else f"http://{line}")
    path = url.href[len(url.origin) :]
    rest = "" if path == "/" else path
    key = f"{url.host.rstrip('.')}{rest}"
    # Ports that the scheme implies are gone from `host` already.
    return Target(url.href if scheme else key, key)


def parse(text: str) -> ada_url.URL:
    """An http or https URL within limits, without user or password. Raises InvalidTarget."""
    if len(text) > MAX_URL:
        raise InvalidTarget(f"longer than {MAX_URL:,} characters")
    try:
        url = ada_url.URL(text)
    except ValueError:
        raise InvalidTarget("not a domain or web address") from None
    url.hash = ""
    if url.protocol not in ("http:", "https:"):
        raise InvalidTarget(f"{url.protocol} is not the web; only http and https are")
    if url.username or url.password:
        raise InvalidTarget("holds a user name or password; leave it out")
    _check_host(url.hostname)
    return url


def _check_host(host: str) -> None:
    if not host or len(host) > _MAX_HOST or not host.isascii():
        raise InvalidTarget("has no valid host name")
    if host.startswith("["):
        return
    labels = host.rstrip(".").split(".")
    if not all(0 < len(label) <= 63 for label in labels):
        raise InvalidTarget("has a host name with an empty or overlong part")
    if len(labels) == 1 and host != "localhost":
        raise InvalidTarget(f"“{host}” is not a full domain name")
    if " " in host or "%" in host:
        raise InvalidTarget("has no valid host name")
