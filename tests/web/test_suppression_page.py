"""The page with those of whom nothing may be kept."""

from importlib import import_module

import pytest
from django.apps import apps

from batches.models import (
    Contact,
    Domain,
    Page,
    Suppression,
)
from batches.operation import key_of
from tests.finds import get, two_sites
from tests.people import signed_in, user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def found() -> None:
    two_sites()


class TestSuppression:
    def test_an_address_goes_and_may_come_back(self) -> None:
        client = signed_in("operator")
        post = {"entry": "Info@A.de ", "reason": "asked by phone"}
        html = client.post("/contacts/not-listed/", post, follow=True).content.decode()
        assert "1 contact removed" in html
        assert "asked by phone" in html
        assert "Still being removed" not in html
        Suppression.objects.update(erased_at=None)
        assert "Still being removed" in get(client, "/contacts/not-listed/")
        assert [contact.domain_id for contact in Contact.objects.all()] == ["b.de"]
        client.post("/contacts/not-listed/", {"entry": "info@a.de", "remove": "1"})
        assert "Nobody has asked yet" in get(client, "/contacts/not-listed/")
        again = client.post(
            "/contacts/not-listed/", {"entry": "info@a.de", "remove": "1"}, follow=True
        )
        assert "info@a.de is not on the list" in again.content.decode()

    def test_a_host_is_shown_in_unicode_and_goes_by_either_form(self) -> None:
        client, page = signed_in("operator"), "/contacts/not-listed/"
        for entry in ("Jo@XN--MLLER-KVA.de", "jo@müller.de"):
            html = client.post(page, {"entry": entry}, follow=True).content.decode()
            assert "jo@müller.de is not kept any more" in html
            assert html.count('aria-label="Allow jo@müller.de again"') == 1
        client.post(page, {"entry": "jo@xn--mller-kva.de", "remove": "1"})
        assert "Nobody has asked yet" in get(client, page)

    @pytest.mark.parametrize("entry", ["jo@müller.de", "@xn--mller-kva.de"])
    def test_it_goes_however_it_was_kept(self, entry: str) -> None:
        kept = ["Jo@MÜLLER.de", "mailto:jo@xn--mller-kva.de", "ann@mueller.de"]
        for number, address in enumerate(kept):
            Domain.objects.create(name=f"{number}.de", emails=[address.removeprefix("mailto:")])
            key = key_of(f"{number}.de", "1")
            Page.objects.create(id=key, domain_id=f"{number}.de", url="x", data={"seen": kept})
        signed_in("operator").post("/contacts/not-listed/", {"entry": entry})
        emails = dict(Domain.objects.values_list("name", "emails"))
        assert [emails[f"{number}.de"] for number in range(3)] == [[], [], ["ann@mueller.de"]]
        pages = Page.objects.filter(url="x", domain__in=["0.de", "1.de"])
        assert [page.data for page in pages] == [{"seen": ["ann@mueller.de"]}] * 2

    def test_entries_of_before_are_brought_into_the_same_form(self) -> None:
        operator = user("operator")
        for entry in ("@xn--mller-kva.de", "jo@xn--mller-kva.de", "jo@müller.de", "jo@a.de"):
            Suppression.objects.create(entry=entry, reason=entry, created_by=operator)
        import_module("batches.migrations.0009_entries_in_unicode").rewrite(apps, None)
        rows = Suppression.objects.values_list("entry", "reason", "created_by")
        assert set(rows) == {
            ("@müller.de", "@xn--mller-kva.de", operator.pk),
            ("jo@müller.de", "jo@müller.de", operator.pk),
            ("jo@a.de", "jo@a.de", operator.pk),
        }

    def test_what_is_no_address_is_said(self) -> None:
        client = signed_in("operator")
        response = client.post("/contacts/not-listed/", {"entry": "jo", "reason": "by letter"})
        html = response.content.decode()
        assert response.status_code == 422
        assert "Give an address" in html
        assert 'value="jo"' in html
        assert 'value="by letter"' in html

    def test_viewers_neither_see_nor_change_it(self) -> None:
        client = signed_in("viewer")
        assert client.get("/contacts/not-listed/").status_code == 403
        assert client.post("/contacts/not-listed/", {"entry": "a@b.de"}).status_code == 403
        assert "/contacts/not-listed/" not in get(client, "/contacts/")
