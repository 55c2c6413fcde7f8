"""Where an answer sends us on to."""

from urllib.parse import quote

import ada_url

from batches.operation import InvalidTarget
from batches.operations.web.targets import parse

REDIRECTS = frozenset({301, 302, 303, 307, 308})


def location(url: ada_url.URL, header: str) -> ada_url.URL:
    """The address in a Location header, under the same rules as any other. Raises InvalidTarget."""
    # The client keeps bytes that are not UTF-8 as lone surrogates: sent back as they came, percent-encoded.
    raw = header.encode("utf-8", "surrogateescape")
    plain = quote(raw, safe="".join(map(chr, range(0x21, 0x7F))))
    try:
        joined = ada_url.join_url(url.href, plain)
    except ValueError as error:
        raise InvalidTarget("not a web address") from error
    return parse(joined)
