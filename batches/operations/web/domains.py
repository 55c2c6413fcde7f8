"""Which site a target or an address is about."""

import ada_url

from batches.operations.web.targets import is_url

_DEFAULT = {"https:": "443", "http:": "80"}


def domain_of(target: str) -> str:
    """The host in punycode, without "www.", and with its port unless that is the default.

    `target` is as `targets.site` made it, or any web address: apex and www, http and https are one site.
    """
    url = ada_url.URL(target if is_url(target) else f"http://{target}")
    host = url.hostname
    # "www.com" and "www.co.uk" are sites called www.
    bare = host.removeprefix("www.")
    name = bare if "." in bare else host
    return f"{name}:{url.port}" if url.port and url.port != _DEFAULT[url.protocol] else name
