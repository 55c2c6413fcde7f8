"""E-mail scan as a batch: on its contact pages first, each address once, and nothing of who asked not to be listed."""

from typing import Any

import pytest
from django.conf import LazySettings
from pydantic import ValidationError

from batches.curation import suppress
from batches.models import Contact, Domain, Item, Page, Scan, Suppression
from batches.operations.email_scan import EmailScanParams
from tests.integration.running import finished, started
from tests.sites import Pages, Said, site

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]

PAGES: Pages = {
    "/": '<title>Vogt</title><a href="/kontakt">Kontakt</a><a href="/blog">Blog</a> info@vogt.de',
    "/kontakt": '<a href="mailto:jo@vogt.de">Jo van Vogt</a> <p>buero [at] vogt (dot) de</p> jo@gmail.com',
    "/blog": "info@vogt.de",
}


def scanned(target: str, **params: Any) -> Item:
    batch = finished(started("email_scan", [target], params=params, max_attempts=1))
    return batch.items.get()


def said(item: Item) -> dict[str, Any]:
    assert isinstance(item.result, dict), item.error
    return item.result


def test_what_people_show_is_found_and_kept(settings: LazySettings) -> None:
    with site(settings, PAGES) as vogt:
        item = scanned(vogt.base)
    assert vogt.asked == ["/", "/kontakt", "/blog"]
    assert said(item)["addresses"] == 4
    contacts = {contact.address: contact for contact in Contact.objects.all()}
    assert contacts.keys() == {"info@vogt.de", "jo@vogt.de", "buero@vogt.de", "jo@gmail.com"}
    jo = contacts["jo@vogt.de"]
    assert (jo.name, jo.how, jo.source_url) == ("Jo van Vogt", "mailto", f"{vogt.base}/kontakt")
    assert contacts["jo@gmail.com"].kind == "free"
    assert contacts["info@vogt.de"].kind == "role"
    assert Domain.objects.get().contacts == 4
    assert Scan.objects.get().operation == "email_scan"


def test_a_second_scan_adds_nothing_twice_and_leaves_verdicts(settings: LazySettings) -> None:
    with site(settings, PAGES) as vogt:
        scanned(vogt.base)
        Contact.objects.update(verdict="selected")
        vogt.pages["/kontakt"] = '<a href="mailto:jo@vogt.de">x</a> neu@vogt.de'
        scanned(vogt.base)
    verdicts = dict(Contact.objects.values_list("address", "verdict"))
    assert verdicts.pop("neu@vogt.de") == "new"
    assert set(verdicts.values()) == {"selected"}
    assert len(verdicts) == 4
    assert Contact.objects.get(address="jo@vogt.de").name == "Jo van Vogt"


def tagged(pages: Pages) -> Pages:
    return {path: Said(str(text), headers={"ETag": f'"{path}"'}) for path, text in pages.items()}


def test_pages_that_have_not_changed_are_not_sent_again(settings: LazySettings) -> None:
    with site(settings, tagged(PAGES)) as vogt:
        first = said(scanned(vogt.base))
        vogt.pages["/blog"] = Said("neu@vogt.de", headers={"ETag": '"2"'})
        again = said(scanned(vogt.base))
    assert vogt.unchanged == ["/", "/kontakt"]
    assert again["unchanged"] == 2
    assert again["contacts"] == [
        *first["contacts"],
        {
            "address": "neu@vogt.de",
            "name": "",
            "kind": "other",
            "source": f"{vogt.base}/blog",
            "how": "text",
        },
    ]
    assert Page.objects.get(url=f"{vogt.base}/").title == "Vogt"


def test_the_very_same_page_is_known_without_a_tag(settings: LazySettings) -> None:
    with site(settings, PAGES) as vogt:
        first, again = scanned(vogt.base), scanned(vogt.base)
    assert vogt.unchanged == []
    assert said(first) == said(again)


def test_other_rules_and_a_contact_that_is_gone_have_pages_read_again(
    settings: LazySettings,
) -> None:
    with site(settings, tagged(PAGES)) as vogt:
        scanned(vogt.base, kinds="role")
        assert said(scanned(vogt.base))["addresses"] == 4
        scanned(vogt.base, reread=True)
        assert vogt.unchanged == []
        suppress("jo@gmail.com", "", None)
        again = said(scanned(vogt.base))
    assert vogt.unchanged == ["/", "/blog"]
    assert (again["addresses"], again["suppressed"]) == (3, 1)
    assert "gmail" not in str([page.data for page in Page.objects.all()])


def test_neither_scan_takes_from_a_page_what_the_other_knows(settings: LazySettings) -> None:
    with site(settings, tagged(PAGES)) as vogt:
        finished(started("page_scan", [vogt.base + "/"]))
        before = Page.objects.get()
        scanned(vogt.base)
        vogt.pages["/"] = Said("<title>Vogt & Co</title> neu@vogt.de", headers={"ETag": '"2"'})
        scanned(vogt.base)
        assert Page.objects.get(pk=before.pk).etag == before.etag
        batch = finished(started("page_scan", [vogt.base + "/"]))
    result = batch.items.get().result or {}
    assert (result["title"], result["emails"]) == ("Vogt & Co", ["neu@vogt.de"])
    assert "contacts_seen" not in result


def test_who_asked_not_to_be_listed_is_nowhere(settings: LazySettings) -> None:
    suppress("@gmail.com", "", None)
    suppress("jo@vogt.de", "asked by phone", None)
    with site(settings, PAGES) as vogt:
        item = scanned(vogt.base)
    assert said(item)["suppressed"] == 2, item.result
    assert "gmail" not in str(item.result)
    assert {c.address for c in Contact.objects.all()} == {"info@vogt.de", "buero@vogt.de"}


@pytest.mark.parametrize("entry", ["jo@vogt.de", "@vogt.de"])
def test_who_asks_not_to_be_listed_goes_from_all_that_was_found(
    settings: LazySettings, entry: str
) -> None:
    stated = (
        '<script type="application/ld+json">{"@type":"Person","email":"mailto:jo@vogt.de"}</script>'
    )
    with site(settings, {**PAGES, "/": stated + str(PAGES["/"])}) as vogt:
        scanned(vogt.base)
        finished(started("page_scan", [vogt.base], params={"max_pages": 5}))
    found = (
        Contact.objects.values_list("address"),
        Domain.objects.values_list("emails"),
        Page.objects.values_list("data"),
        Item.objects.values_list("result"),
    )
    assert all("jo@vogt.de" in str(list(rows)) for rows in found)
    suppress(entry, "", None)
    assert not any("jo@vogt.de" in str(list(rows.all())) for rows in found)
    assert all("jo@gmail.com" in str(list(rows.all())) for rows in found)
    # Nobody's name without the address, either.
    assert not any("Jo van Vogt" in str(list(rows.all())) for rows in found)


ABROAD: Pages = {
    "/": '<meta charset=utf-8><title>Müller</title><a href="/kontakt">Kontakt</a> buero@müller-vogt.de jo@gmail.com'
    '<script type="application/ld+json">{"@type":"Person","email":"mailto:Jo@XN--MLLER-VOGT-9DB.de"}</script>',
    "/kontakt": '<meta charset=utf-8><a href="mailto:jo@müller-vogt.de">Jo</a>',
}


@pytest.mark.parametrize(
    ("entry", "kept"),
    [
        ("jo@müller-vogt.de", 2), ("JO@MÜLLER-VOGT.de", 2), ("jo@xn--mller-vogt-9db.de", 2),
        ("jo@mu\u0308ller-vogt.de", 2), ("@müller-vogt.de", 1), ("@xn--mller-vogt-9db.de", 1),
    ],
)  # fmt: skip
@pytest.mark.parametrize("first", [True, False])
def test_a_host_may_be_written_either_way(
    settings: LazySettings, entry: str, kept: int, first: bool
) -> None:
    if first:
        suppress(entry, "", None)
    with site(settings, ABROAD) as vogt:
        scanned(vogt.base)
        finished(started("page_scan", [vogt.base], params={"max_pages": 5}))
    assert first or Contact.objects.count() == 3
    if not first:
        suppress(entry, "", None)
    assert Contact.objects.count() == kept
    assert [row.entry.isascii() for row in Suppression.objects.all()] == [False]
    found = str([
        *Contact.objects.values_list("address"), *Domain.objects.values_list("emails"),
        *Page.objects.values_list("data"), *Item.objects.values_list("result"),
    ]).lower()  # fmt: skip
    assert "jo@gmail.com" in found
    assert "jo@m" not in found
    assert "jo@x" not in found
    assert ("buero@" in found) == (kept == 2)


def test_some_kinds_only_and_nothing_that_is_written_against_robots(settings: LazySettings) -> None:
    settings.CONSOLE_DEOBFUSCATE = False
    with site(settings, PAGES) as vogt:
        item = scanned(vogt.base, kinds="role")
    assert [one["address"] for one in said(item)["contacts"]] == ["info@vogt.de"]


def test_a_site_without_any_succeeds_with_none(settings: LazySettings) -> None:
    with site(settings, {"/": "<p>Nothing here"}) as vogt:
        item = scanned(vogt.base)
    assert (item.state, said(item)["addresses"]) == ("succeeded", 0)


def test_a_site_that_fails_says_so(settings: LazySettings) -> None:
    with site(settings, {"/": Said("", 404)}) as vogt:
        item = scanned(vogt.base)
    assert (item.state, item.error) == ("failed", "The site answered 404 Not Found.")


@pytest.mark.parametrize("kinds", ["rolefree", "", "role;free", "somebody"])
def test_kinds_that_nobody_knows_are_refused(kinds: str) -> None:
    with pytest.raises(ValidationError):
        EmailScanParams(kinds=kinds)
    assert EmailScanParams(kinds=" role, free ").kinds
