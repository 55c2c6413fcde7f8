"""What the lists of what was found can be narrowed to, and that it stays where it should."""

import re
from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from batches.findings import Filter
from batches.models import (
    Contact,
    Domain,
    Page,
    Scan,
    SitemapFile,
)
from batches.operation import key_of
from tests.finds import KINDS, get, two_sites
from tests.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def found() -> None:
    two_sites()


def test_filters_stay_in_the_form_and_in_the_links() -> None:
    for number in range(60):
        Domain.objects.create(name=f"{number}.shop.de", technologies=["WordPress"])
    html = get(signed_in("viewer"), "/domains/?technology=WordPress&q=shop")
    assert 'value="WordPress"' in html
    assert "a.de" not in html
    assert "q=shop&amp;technology=WordPress&amp;cursor=" in html


def test_odd_queries_are_no_error() -> None:
    client = signed_in("viewer")
    for query in (
        "batch=x&verdict=y&cursor=%00", "cursor=nonsense&sort=changed", "q=%25&batch=" + "9" * 30,
        "sort=bogus&status=bogus&changed=bogus&contact_kind=bogus", "language=%00&domain=%00",
    ):  # fmt: skip
        for kind in KINDS:
            get(client, f"/{kind}/?{query}")


# A value of each field of a filter, and where it is asked for.
FILTERS = {
    "q": "a.de", "verdict": "new", "domain": "a.de", "batch": "7", "changed": "week", "technology": "WordPress",
    "with_contacts": "1", "failing": "1", "status": "ok", "language": "de", "contact_form": "1", "contact_kind": "role",
}  # fmt: skip
OF_KIND = {
    "domains": ("technology", "with_contacts", "failing"),
    "pages": ("status", "language", "contact_form"),
    "sitemaps": ("failing",),
    "contacts": ("contact_kind",),
}
FOR_ALL = ("q", "verdict", "domain", "batch", "changed")
# A NUL, a lone surrogate, and bytes that are no text.
ODD = ("%00", "a%00.de", "%C3%BC%00", "%ED%A0%80", "%FF")


@pytest.mark.parametrize("odd", ODD)
def test_what_no_name_can_be_is_not_found(odd: str) -> None:
    client = signed_in("operator")
    assert client.get(f"/domains/of/{odd}/").status_code == 404
    assert client.get(f"/domains/of/{odd}/icon/").status_code == 200
    for path in ("pages/of/{}/", "sitemaps/of/{}/", "sitemaps/of/{}/export/", "{}/decide/"):
        assert client.get(f"/{path.format(odd)}").status_code == 404


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_stands_in_an_address_a_list_is_shown(kind: str, odd: str) -> None:
    client = signed_in("operator")
    for name in (*FOR_ALL, *OF_KIND[kind], "cursor", "sort"):
        get(client, f"/{kind}/?{name}={odd}")
        get(client, f"/batches/new/?of={kind}&{name}={odd}")
    for name in (*FOR_ALL, *OF_KIND[kind], "back"):
        assert client.get(f"/{kind}/decide/?{name}={odd}").status_code == 302
    get(client, f"/contacts/not-listed/?cursor={odd}")


@pytest.mark.parametrize("name", ["a.straße.de", "A.Straße.DE", "a.xn--strae-oqa.de"])
def test_a_site_is_found_by_either_form_of_its_name(name: str) -> None:
    Domain.objects.create(name="a.xn--strae-oqa.de")
    Page.objects.create(id=key_of("m", "1"), domain_id="a.xn--strae-oqa.de", url="https://m/1")
    html = get(signed_in("viewer"), f"/domains/of/{name}/")
    assert "<h1>" in html
    assert "https://m/1" in html


def match_everything() -> None:
    """Whatever is asked for, a.de has it."""
    long_ago = timezone.now() - timedelta(days=99)
    for model in (Domain, Page, SitemapFile, Contact):
        model.objects.update(first_seen_at=long_ago, changed_at=timezone.now())
    Page.objects.update(language="de", contact_form=True)
    Scan.objects.create(batch_id=7, seq=0, domain_id="a.de", operation="page_scan")
    for model in (Domain, SitemapFile):
        model.objects.update(problem="Something.")


def form_fields(html: str, form: str) -> dict[str, str]:
    """Names and values of the inputs and selects in the form that begins like this."""
    inside = html.split(form, 1)[1].split("</form>", 1)[0]
    tags = re.findall(r"<(?:input|select)\b[^>]*\bname=\"[^>]*>", inside)
    return {
        re.findall(r'name="(\w+)"', tag)[0]: (re.findall(r'value="([^"]*)"', tag) or [""])[0]
        for tag in tags
    }


@pytest.mark.parametrize("kind", KINDS)
def test_every_filter_of_a_list_is_one_that_it_knows(kind: str) -> None:
    names = form_fields(get(signed_in("viewer"), f"/{kind}/"), '<form class="filters"').keys()
    asked = {name: FILTERS[name] for name in names - {"sort"}}
    assert Filter.read(kind, asked).query() == asked
    assert names >= {*OF_KIND[kind], "q", "verdict", "changed"}


def test_every_field_of_a_filter_is_tried() -> None:
    assert {*FILTERS} == {field.name for field in fields(Filter)} - {"kind"}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in KINDS for name in (*FOR_ALL, *OF_KIND[kind])]
)
def test_every_filter_goes_along_with_a_decision(kind: str, name: str) -> None:
    match_everything()
    html = get(signed_in("operator"), f"/{kind}/?{name}={FILTERS[name]}")
    sent = "of" if name == "verdict" else name
    assert form_fields(html, '<form method="post" action="/' + kind)[sent] == FILTERS[name]
    asked = signed_in("operator").post(
        f"/{kind}/decide/", {sent: FILTERS[name], "scope": "all", "verdict": "maybe"}
    )
    assert form_fields(asked.content.decode(), "<h1>")[sent] == FILTERS[name]
    assert "No filter applies" not in asked.content.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_lists_can_be_had_newest_first(kind: str) -> None:
    now = timezone.now()
    for model in (Page, SitemapFile, Contact):
        model.objects.filter(domain="b.de").update(scanned_at=now + timedelta(days=1))
        model.objects.filter(domain="a.de").update(changed_at=now + timedelta(days=1))
    Domain.objects.filter(name="b.de").update(scanned_at=now + timedelta(days=1))
    Domain.objects.filter(name="a.de").update(changed_at=now + timedelta(days=1))
    for sort, first, last in (("scanned", "b.de", "a.de"), ("changed", "a.de", "b.de")):
        html = get(signed_in("viewer"), f"/{kind}/?sort={sort}").split("<tbody")[1]
        assert html.index(f"/domains/of/{first}/") < html.index(f"/domains/of/{last}/")


def test_the_order_stays_from_page_to_page() -> None:
    for number in range(120):
        Domain.objects.create(name=f"{number}.shop.de")
    client, path, seen = signed_in("operator"), "/domains/?sort=scanned&q=shop", []
    while path:
        html = get(client, path)
        seen += re.findall(r'name="keys" value="([^"]+)"', html)
        following = re.findall(r'href="([^"]+)">Next page', html)
        path = following[0].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == 120


def test_what_has_changed_is_marked_with_the_day() -> None:
    day = datetime(2026, 5, 24, tzinfo=UTC)
    Domain.objects.filter(name="a.de").update(first_seen_at=day - timedelta(days=9), changed_at=day)
    html = get(signed_in("viewer"), "/domains/")
    assert html.count("changed <time") == 1
    assert "24 May 2026" in html


def test_of_what_is_gone_no_link_is_made() -> None:
    client = signed_in("viewer")
    html = get(client, "/domains/?batch=999999")
    assert "#999999, which is gone" in html
    assert "/batches/999999/" not in html
    assert "/domains/of/nobody.de/" not in get(client, "/pages/?domain=nobody.de")


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_leads_to_a_batch_with_options(kind: str) -> None:
    client = signed_in("operator")
    html = get(client, f"/{kind}/?q=a.de&verdict=new")
    (path,) = re.findall(r'href="(/batches/new/\?of=[^"]+)"', html)
    assert path == f"/batches/new/?of={kind}&amp;q=a.de&amp;verdict=new"
    assert "The sites of" in get(client, path.replace("&amp;", "&"))
    assert "?of=" not in get(signed_in("viewer"), f"/{kind}/")


def test_a_filter_that_is_none_hides_nothing() -> None:
    html = get(signed_in("viewer"), "/contacts/?contact_kind=bogus")
    assert "info@a.de" in html
    assert "Clear" not in html
