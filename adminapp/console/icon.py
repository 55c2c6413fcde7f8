"""The picture of a site, served from here: no visitor of the console is seen by the sites that it shows."""

from django.http import HttpRequest, HttpResponse
from django.utils.html import escape

from adminapp.console.access import require
from batches import icons

# For want of one. A picture knows nothing of the page's colours.
_LETTER = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="48" height="48" rx="10" fill="#2355c9"/>'
    '<text x="24" y="32" text-anchor="middle" font-family="sans-serif" font-weight="700" font-size="24" fill="#fff">{}</text></svg>'
)
# A drawing may hold scripts; opened by itself, it may do nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def icon(request: HttpRequest, name: str) -> HttpResponse:
    """Always a picture: the first letter of the name, if there is no other."""
    require(request, "view_batch")
    name = name.replace("\0", "")
    found = icons.icon(name)
    if found is None:
        letter = next((sign for sign in name.upper() if sign.isalnum()), "?")
        return _picture(_LETTER.format(escape(letter)).encode(), "image/svg+xml", 600)
    return _picture(bytes(found.body), found.kind, 86_400)


def _picture(body: bytes, kind: str, seconds: int) -> HttpResponse:
    headers = {
        "Content-Security-Policy": _POLICY,
        "Cache-Control": f"private, max-age={seconds}",
    }
    return HttpResponse(body, content_type=kind, headers=headers)
