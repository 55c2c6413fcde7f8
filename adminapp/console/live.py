"""Pages that stay up to date: the same URL, its live part only, and nothing at all if nothing changed."""

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render


def answer(request: HttpRequest, template: str, context: dict[str, Any], seen: Any) -> HttpResponse:
    """The page; for htmx only its partial "live"; 304 if `seen` is what that browser shows already.

    `seen` is everything the live part shows: what is not in it must not change there.
    """
    tag = hashlib.sha256(repr((request.get_full_path(), seen)).encode()).hexdigest()[:16]
    asked = request.headers.get("HX-Request") == "true"
    if asked and request.headers.get("HX-PTag") == tag:
        return HttpResponseNotModified()
    name = f"{template}#live" if asked else template
    response = render(request, name, {**context, "ptag": tag})
    response["HX-PTag"] = tag
    # A cached answer would be swapped in as if it were new.
    response["Cache-Control"] = "no-store"
    return response
