"""The picture of a site: fetched once, when somebody looks, and never from where nobody may go."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client

from batches.models import Domain, Icon
from batches.operations.icon import MAX_BYTES, kind_of
from tests.people import signed_in
from tests.sites import Said, site

pytestmark = pytest.mark.django_db(transaction=True)

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PATH = "/domains/of/a.de/icon/"


def known_at(url: str) -> None:
    Domain.objects.create(name="a.de", favicon=url)


def test_it_is_fetched_once_and_served_from_here(settings: LazySettings) -> None:
    client = signed_in("viewer")
    with site(settings, {"/icon.png": Said(PNG, kind="text/plain")}) as web:
        known_at(f"{web.base}/icon.png")
        first, again = client.get(PATH), client.get(PATH)
        Icon.objects.update(fetched_at=Icon.objects.get().fetched_at - timedelta(days=31))
        client.get(PATH)
    assert web.asked == ["/icon.png", "/icon.png"]
    assert first.content == again.content == PNG
    assert first.headers["Content-Type"] == "image/png"
    assert first.headers["X-Content-Type-Options"] == "nosniff"


def test_a_drawing_may_do_nothing(settings: LazySettings) -> None:
    with site(settings, {"/icon.svg": Said(SVG)}) as web:
        known_at(f"{web.base}/icon.svg")
        response = signed_in("viewer").get(PATH)
    assert response.headers["Content-Type"] == "image/svg+xml"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert "script-src" not in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "said",
    [
        Said("no", 404),
        Said("<!doctype html><p>no icon here"),
        Said(b""),
        Said(PNG + b"\0" * MAX_BYTES),
        Said(PNG, 302, {"Location": "http://10.0.0.1/icon.png"}),
    ],
)
def test_without_one_it_is_a_letter_and_asked_for_again_later(
    settings: LazySettings, said: Said
) -> None:
    client = signed_in("viewer")
    with site(settings, {"/icon.png": said}) as web:
        known_at(f"{web.base}/icon.png")
        assert b">A</text>" in client.get(PATH).content
        client.get(PATH)
        assert web.asked == ["/icon.png"]
        Icon.objects.update(fetched_at=Icon.objects.get().fetched_at - timedelta(hours=2))
        web.pages["/icon.png"] = Said(PNG)
        assert client.get(PATH).content == PNG


def test_another_address_is_another_icon(settings: LazySettings) -> None:
    client = signed_in("viewer")
    with site(settings, {"/a.png": Said(PNG), "/b.svg": Said(SVG)}) as web:
        known_at(f"{web.base}/a.png")
        client.get(PATH)
        Domain.objects.update(favicon=f"{web.base}/b.svg")
        assert client.get(PATH).content == SVG


def test_nothing_is_asked_of_a_place_inside(settings: LazySettings) -> None:
    with site(settings, {"/icon.png": Said(PNG)}) as web:
        known_at(f"{web.base}/icon.png")
        settings.CONSOLE_ALLOWED_NETWORKS = []
        assert b"</text>" in signed_in("viewer").get(PATH).content
    assert web.asked == []


def test_of_a_site_that_nobody_knows_it_is_its_letter() -> None:
    response = signed_in("viewer").get("/domains/of/%3Cscript%3E.de/icon/")
    assert b">S</text>" in response.content
    assert Client().get(PATH).status_code == 302


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (PNG, "image/png"),
        (b"\0\0\1\0\1\0", "image/x-icon"),
        (b"GIF89a", "image/gif"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"\xef\xbb\xbf <svg>", "image/svg+xml"),
        (b"<!-- drawn --><svg>", "image/svg+xml"),
        (b"<html><svg></svg>", ""),
        (b"RIFF\0\0\0\0WAVE", ""),
        (b"", ""),
    ],
)
def test_a_picture_is_known_by_its_first_bytes(body: bytes, kind: str) -> None:
    assert kind_of(body) == kind
