"""A page that was scanned before, and has or has not changed since."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import LazySettings

from batches.engine.retention import forget
from batches.history import history
from batches.models import Domain, Page
from dbcompat import loop
from tests.integration.running import counts, finished, started
from tests.sites import Said, Site, site

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("engine")]

HTML = (
    '<html lang=de><title>Bakery</title><meta name=generator content="WordPress 6.5"><h1>Bread</h1>'
    '<a href="mailto:jo@vogt.de">write</a><a href=/about>about</a>'
)
TAGGED = Said(HTML, headers={"ETag": '"1"', "X-Frame-Options": "DENY"})
# Not the same from one visit to the next.
MOMENTARY = {"milliseconds", "timing", "wire_bytes", "unchanged", "redirects"}


def scanned(web: Site, **params: Any) -> dict[str, Any]:
    batch = finished(started("page_scan", [web.base + "/"], params=params))
    assert counts(batch) == {"succeeded": 1}
    return dict(batch.items.get().result or {})


def lasting(result: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name not in MOMENTARY}


def test_what_the_server_says_is_unchanged_is_not_sent_and_not_forgotten(
    settings: LazySettings,
) -> None:
    with site(settings, {"/": TAGGED}) as web:
        first = scanned(web)
        before = Page.objects.values("body_sha256", "title", "data", "etag").get()
        again = scanned(web)
    assert web.unchanged == ["/"]
    assert (first.get("unchanged"), again["unchanged"]) == (None, True)
    assert lasting(again) == lasting(first)
    assert again["wire_bytes"] == 0
    assert Page.objects.values("body_sha256", "title", "data", "etag").get() == before
    assert {"WordPress", "PHP"} <= set(Domain.objects.get().technologies)
    assert history(Domain.objects.get()).visits[0].changes == []


def test_the_same_page_again_is_known_without_a_tag(settings: LazySettings) -> None:
    with site(settings, {"/": HTML}) as web:
        first, again = scanned(web), scanned(web)
    assert web.asked == ["/", "/"]
    assert again["unchanged"] is True
    assert lasting(again) == lasting(first)


def test_what_has_changed_is_read(settings: LazySettings) -> None:
    with site(settings, {"/": TAGGED}) as web:
        scanned(web)
        web.pages["/"] = Said(HTML.replace("Bread", "Cake"), headers={"ETag": '"2"'})
        again = scanned(web)
    assert (again["h1"], again.get("unchanged")) == ("Cake", None)
    assert Page.objects.get().etag == '"2"'


def test_what_a_page_no_longer_says_does_not_come_back(settings: LazySettings) -> None:
    said = '<meta name=author content="Jo Vogt"><meta property="article:published_time" content="soon">'
    with site(settings, {"/": said + HTML}) as web:
        assert scanned(web)["author"] == "Jo Vogt"
        web.pages["/"] = HTML
        without, again = scanned(web), scanned(web)
    assert again["unchanged"] is True
    assert lasting(again) == lasting(without)
    assert (again["author"], again.get("published_raw")) == (None, None)


def test_all_is_read_again_on_request_and_when_nobody_knows_where_it_leads(
    settings: LazySettings,
) -> None:
    with site(settings, {"/": TAGGED, "/about": "<title>About</title>"}) as web:
        scanned(web)
        assert scanned(web, reread=True).get("unchanged") is None
        assert len(scanned(web, max_pages=5)["pages"]) == 2
    assert web.unchanged == []


def test_of_many_pages_only_those_that_changed_are_sent(settings: LazySettings) -> None:
    about = Said("<title>About</title><a href=/team>x</a> bo@vogt.de", headers={"ETag": '"a"'})
    team = Said("<title>Team</title>", headers={"ETag": '"t"'})
    with site(settings, {"/": TAGGED, "/about": about, "/team": team}) as web:
        first = scanned(web, max_pages=5)
        web.pages["/team"] = Said("<title>We</title> new@vogt.de", headers={"ETag": '"u"'})
        asked, web.asked = web.asked, []
        again = scanned(web, max_pages=5)
    assert web.asked == asked == ["/", "/about", "/team"]
    assert web.unchanged == ["/", "/about"]
    assert first["emails"] == ["jo@vogt.de", "bo@vogt.de"]
    assert again["emails"] == ["jo@vogt.de", "bo@vogt.de", "new@vogt.de"]
    assert [line["title"] for line in again["pages"]] == ["Bakery", "About", "We"]
    assert [line.get("unchanged") for line in again["pages"]] == [True, True, None]


def test_where_a_page_led_before_a_scan_of_it_alone_is_not_believed(settings: LazySettings) -> None:
    other = Said('<title>New</title><a href="/new">new</a>', headers={"ETag": '"2"'})
    with site(settings, {"/": TAGGED, "/about": "about", "/new": "new"}) as web:
        scanned(web, max_pages=5)
        web.pages["/"] = other
        scanned(web)
        web.asked = []
        scanned(web, max_pages=5)
    assert web.asked == ["/", "/new"]


def test_a_page_with_more_links_than_are_kept_is_read_again(settings: LazySettings) -> None:
    links = "".join(f"<a href=/page/{number}>x</a>" for number in range(300))
    with site(settings, {"/": Said(HTML + links, headers={"ETag": '"1"'})}) as web:
        scanned(web, max_pages=2)
        scanned(web, max_pages=2)
    assert web.unchanged == []


def test_a_tag_that_is_not_given_any_more_is_not_asked_with(settings: LazySettings) -> None:
    with site(settings, {"/": TAGGED}) as web:
        scanned(web)
        web.pages["/"] = HTML.replace("Bread", "Cake")
        scanned(web)
        web.pages["/"] = TAGGED
        assert scanned(web)["h1"] == "Bread"
    assert web.unchanged == []


def test_what_retention_has_removed_is_looked_for_again(settings: LazySettings) -> None:
    with site(settings, {"/": TAGGED}) as web:
        scanned(web)
        old = datetime(2020, 1, 1, tzinfo=UTC)
        Page.objects.update(emails_at=old, schema_at=old)
        settings.CONSOLE_RETENTION_DAYS = 30
        loop.run(forget, timeout=10)
        assert "emails" not in Page.objects.get().data
        again = scanned(web)
    assert web.unchanged == []
    assert again["emails"] == ["jo@vogt.de"]


def test_what_was_read_by_other_rules_is_read_again(settings: LazySettings) -> None:
    with site(settings, {"/": TAGGED}) as web:
        scanned(web)
        Page.objects.update(data={"title": "Bakery"})
        again = scanned(web)
    assert web.unchanged == []
    assert again["technologies"]


def test_what_is_written_against_robots_is_gone_once_it_is_to_be_left_alone(
    settings: LazySettings,
) -> None:
    html = HTML + "<p>ada [at] vogt.de</p>"
    with site(settings, {"/": Said(html, headers={"ETag": '"1"'})}) as web:
        assert scanned(web)["emails"] == ["jo@vogt.de", "ada@vogt.de"]
        settings.CONSOLE_DEOBFUSCATE = False
        assert scanned(web)["emails"] == ["jo@vogt.de"]


def test_a_long_list_of_which_only_a_part_was_kept_is_no_change(settings: LazySettings) -> None:
    links = "".join(f"<a href=/page/{number}>x</a>" for number in range(300))
    with site(settings, {"/": HTML + links}) as web:
        first, again = scanned(web), scanned(web)
    assert len(first["links_in_urls"]) > len(again["links_in_urls"]) == 200
    assert history(Domain.objects.get()).visits[0].changes == []


def test_the_same_page_elsewhere_is_read_for_its_links_lead_elsewhere(
    settings: LazySettings,
) -> None:
    html = HTML + "<a href=near>near</a>"
    with site(settings, {"/": html, "/sub/": html}) as web:
        scanned(web)
        web.pages["/"] = Said(status=302, headers={"Location": "/sub/"})
        again = scanned(web)
    assert f"{web.base}/sub/near" in again["links_in_urls"]


def test_a_server_that_was_not_asked_whether_it_changed(settings: LazySettings) -> None:
    with site(settings, {"/": Said(status=304)}) as web:
        result = scanned(web)
    assert (result["status"], result.get("title")) == (304, None)
    assert web.asked == ["/"]
    assert not Page.objects.exists()


def test_another_page_with_the_same_tag_is_read(settings: LazySettings) -> None:
    other = Said(HTML.replace("Bread", "Cake"), headers={"ETag": '"1"'})
    with site(settings, {"/": TAGGED, "/other": other}) as web:
        scanned(web)
        web.pages["/"] = Said(status=302, headers={"Location": "/other"})
        again = scanned(web)
    assert (again["url"], again["h1"]) == (web.base + "/other", "Cake")


def test_a_redirect_that_leads_elsewhere_now_is_followed(settings: LazySettings) -> None:
    moved = {"Location": "/old"}
    with site(settings, {"/": Said(status=302, headers=moved), "/old": TAGGED}) as web:
        scanned(web)
        web.pages["/"] = TAGGED
        again = scanned(web)
    assert (again["url"], again["title"]) == (web.base + "/", "Bakery")
