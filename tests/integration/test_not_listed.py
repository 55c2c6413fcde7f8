"""Who asked not to be listed is in no text of what was found, and in none of what later scans find."""

from typing import Any

import pytest
from django.conf import LazySettings

from batches.curation import suppress
from batches.models import Contact, Domain, Item, Page, Scan
from batches.operation import key_of
from tests.integration.running import create, finished, started
from tests.sites import Pages, Said, Site, site

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]

HOME = f"""<title>Vogt</title><meta name=description content="Write to Jo@Vogt.de or call us">
<script type="application/ld+json">{{"@type":"Organization","name":"V","email":"mailto:jo@vogt.de?subject=Hi"}}</script>
<p>Office: info@vogt.de, Jo van Vogt: jo@vogt.de</p><p>{"bread " * 50} bo@gmail.com</p>
<a href="/form?to=jo%40vogt.de">Write to Jo</a> <a href="/by/jo@vogt.de">His page</a> <a href="/about">About</a>"""
PAGES: Pages = {
    "/": HOME,
    "/form?to=jo%40vogt.de": "<title>Form</title>",
    "/by/jo@vogt.de": Said("", 500),
    "/about": "<title>About</title><p>Jo van Vogt, jo [at] vogt (dot) de, and ada@vogt.de</p>",
}


def scanned(web: Site) -> None:
    for operation in ("page_scan", "email_scan"):
        batch = finished(started(operation, [web.base], params={"max_pages": 5}))
        assert batch.items.get().state == "succeeded"


def told_of_jo() -> dict[str, str]:
    """Column → what is kept there, if it has anything of his."""
    models: tuple[Any, ...] = Domain, Page, Contact, Item
    marks = ("jo@", "jo%40", "jo [at]", "van vogt: ")
    return {
        f"{model.__name__}.{column}": str(value)
        for model in models
        for row in model.objects.values()
        for column, value in row.items()
        if any(mark in str(value).lower() for mark in marks)
    }


def places(web: Site) -> set[str]:
    scanned(web)
    return {where.partition(".")[0] for where in told_of_jo()}


@pytest.mark.parametrize("entry", ["jo@vogt.de", "@vogt.de"])
def test_an_address_goes_from_every_text_and_comes_back_into_none(
    settings: LazySettings, entry: str
) -> None:
    with site(settings, PAGES) as web:
        assert places(web) == {"Domain", "Page", "Contact", "Item"}
        suppress(entry, "", None)
        assert told_of_jo() == {}
        scanned(web)  # What is as it was.
        assert told_of_jo() == {}
        web.pages["/"] = f"{HOME} new"
        web.pages["/about"] = f"{PAGES['/about']} new"
        scanned(web)
    assert told_of_jo() == {}
    assert Domain.objects.get().description == "Write to or call us"
    assert "/about" in str(Page.objects.get(title="Vogt").data["leads"])
    contacts = dict(Contact.objects.values_list("address", "context"))
    assert "bread" in contacts.pop("bo@gmail.com")
    assert contacts == ({"info@vogt.de": "", "ada@vogt.de": ""} if entry[0] != "@" else {})


def test_a_first_scan_keeps_nothing_of_it_either(settings: LazySettings) -> None:
    suppress("jo@vogt.de", "", None)
    with site(settings, PAGES) as web:
        assert places(web) == set()
        assert Contact.objects.count() == 3
        assert Page.objects.count() == 2
        scanned(web)
    assert told_of_jo() == {}


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("jo@gmail.com", "Mail Jo@Gmail.com now"), ("@gmail.com", "Mail jo@gmail.com now"), ("jo+x@gmail.com", "https://a.de/?m=jo%2Bx%40gmail.com"),
        ("jo@müller.de", "Mail jo@xn--mller-kva.de now"), ("jo@müller.de", "Mail JO@MÜLLER.de now"), ("@müller.de", "https://a.de/?m=jo%40m%C3%BCller.de"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", ["domain", "page", "contact"])
def test_any_text_leads_to_all_that_is_known_of_its_site(entry: str, text: str, where: str) -> None:
    said = {name: text if name == where else "" for name in ("domain", "page", "contact")}
    Domain.objects.create(name="a.de", description=said["domain"])
    about = {"id": key_of("a.de", "p"), "domain_id": "a.de"}
    page = Page.objects.create(
        **about, url="https://a.de/", author=said["page"], data={"x": [text]}
    )
    info = {"address": "info@a.de", "kind": "role", "context": said["contact"]}
    Contact.objects.create(**about, **info)
    batch = create("page_scan", ["a.de", "other.de"])
    batch.items.update(result={"x": {"y": text}})
    Scan.objects.create(batch_id=batch.pk, seq=0, domain_id="a.de", operation="page_scan")
    suppress(entry, "", None)
    cut = "" if text.startswith("http") else "Mail now"
    assert Domain.objects.get().description == (cut if where == "domain" else "")
    page.refresh_from_db()
    assert (page.author, page.data) == (cut if where == "page" else "", {"x": [cut] if cut else []})
    assert Contact.objects.get().context == ""
    results = batch.items.order_by("seq").values_list("result", flat=True)
    assert list(results) == [{"x": {"y": cut} if cut else {}}, {"x": {"y": text}}]


def test_of_the_site_at_its_host_everything_is_looked_through() -> None:
    Domain.objects.create(name="vogt.de", title="Vogt")
    for n, url in enumerate(("https://vogt.de/jo@vogt.de", "https://vogt.de/")):
        data = {"old": "jo@vogt.de"}
        Page.objects.create(id=key_of("vogt.de", str(n)), domain_id="vogt.de", url=url, data=data)
    suppress("jo@vogt.de", "", None)
    assert [(page.url, page.data) for page in Page.objects.all()] == [("https://vogt.de/", {})]
    assert Domain.objects.get().title == "Vogt"
