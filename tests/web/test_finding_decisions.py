"""Verdicts on what was found, and batches of it."""

import re
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from adminapp.console import deciding
from batches.models import (
    Batch,
    Contact,
    Domain,
    Scan,
)
from tests.finds import KINDS, get, two_sites
from tests.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def found() -> None:
    two_sites()


class TestDecisions:
    def test_the_chosen_get_the_verdict(self) -> None:
        post = {"keys": ["a.de"], "verdict": "selected", "scope": "chosen"}
        response = signed_in("operator").post("/domains/decide/", post, follow=True)
        assert "1 domain changed to “selected”." in response.content.decode()
        assert dict(Domain.objects.values_list("name", "verdict"))["b.de"] == "new"

    def test_all_that_match_are_asked_about_first(self) -> None:
        client, post = (
            signed_in("operator"),
            {"verdict": "maybe", "scope": "all", "technology": "WordPress"},
        )
        asked = client.post("/domains/decide/", post).content.decode()
        assert "Apply to 2 domains?" in asked
        assert 'name="technology" value="WordPress"' in asked
        assert not Domain.objects.filter(verdict="maybe").exists()
        client.post("/domains/decide/", {**post, "sure": "1"})
        assert set(Domain.objects.filter(verdict="maybe").values_list("name", flat=True)) == {
            "a.de",
            "b.de",
        }

    def test_one_comes_back_to_the_same_page_of_the_list(self) -> None:
        place = "q=a.de&sort=scanned&cursor=x"
        post = {"q": "a.de", "keys": ["a.de"], "verdict": "maybe", "scope": "chosen"}
        client = signed_in("operator")
        assert client.post(f"/domains/decide/?{place}", post).url == f"/domains/?{place}"  # type: ignore[attr-defined]
        assert client.post("/domains/decide/", {**post, "q": ""}).url == "/domains/"  # type: ignore[attr-defined]
        for elsewhere in ("//evil.test/", "https://evil.test/", "javascript:alert(1)", "home", "x"):
            response = client.post(f"/domains/decide/?back={elsewhere}", {**post, "q": ""})
            assert response.url == "/domains/"  # type: ignore[attr-defined]

    def test_a_question_remembers_the_place_and_says_what_applies(self) -> None:
        post = {
            "q": "a.de",
            "of": "new",
            "technology": "WordPress",
            "verdict": "maybe",
            "scope": "all",
        }
        client = signed_in("operator")
        html = client.post("/domains/decide/?q=a.de&cursor=A", post).content.decode()
        said = "all domains with “a.de” in name, title or address, with the verdict “new”, built with WordPress."
        assert said in html
        assert 'action="/domains/decide/?q=a.de&amp;cursor=A"' in html
        html = client.post(
            "/domains/decide/", {"verdict": "maybe", "scope": "all"}
        ).content.decode()
        assert "No filter applies" in html

    def test_what_was_ticked_is_still_ticked_after_an_error(self) -> None:
        post = {"keys": ["a.de", "dead.de"], "operation": "", "scope": "chosen"}
        response = signed_in("operator").post("/domains/decide/?sort=scanned", post)
        html = response.content.decode()
        assert response.status_code == 422
        assert "Choose a verdict" in html
        for name, ticked in (("a.de", True), ("b.de", False), ("dead.de", True)):
            assert (f'value="{name}" checked' in html) == ticked
        assert 'action="/domains/decide/?sort=scanned"' in html
        bad = {**post, "verdict": "maybe", "operation": "checksum"}
        html = signed_in("operator").post("/domains/decide/", bad).content.decode()
        assert '<option value="maybe" selected>' in html

    def test_those_of_other_pages_are_decided_about_with_them(self) -> None:
        post = {"keys": ["a.de"], "others": "b.de  a.de", "verdict": "maybe", "scope": "chosen"}
        html = signed_in("operator").post("/domains/decide/", post, follow=True).content.decode()
        assert "2 domains changed" in html

    def test_nobody_can_choose_more_than_can_be_done(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(deciding, "MAX_CHOSEN_ITEMS", 1)
        post = {"keys": ["a.de", "b.de"], "verdict": "maybe", "scope": "chosen"}
        html = signed_in("operator").post("/domains/decide/", post).content.decode()
        assert "No more than 1 rows can be chosen" in html

    @pytest.mark.parametrize("kind", KINDS)
    def test_after_a_sign_in_one_is_where_one_was_and_nothing_is_changed(self, kind: str) -> None:
        place = f"/{kind}/decide/?q=a.de&cursor=x"
        post = {"keys": ["a.de"], "verdict": "maybe", "scope": "chosen"}
        sent = Client().post(place, post)
        assert sent.url == f"/sign-in/?next={quote(place)}"  # type: ignore[attr-defined]
        response = signed_in("operator").get(place, follow=True)
        assert response.redirect_chain == [(f"/{kind}/?q=a.de&cursor=x", 302)]
        assert "Nothing was changed: the session had ended." in response.content.decode()
        assert not Domain.objects.exclude(verdict="new").exists()

    def test_the_verdict_of_the_filter_is_not_the_new_one(self) -> None:
        Domain.objects.filter(name="a.de").update(verdict="maybe")
        post = {"of": "maybe", "verdict": "archived", "scope": "all", "sure": "1"}
        signed_in("operator").post("/domains/decide/", post)
        assert list(Domain.objects.filter(verdict="archived").values_list("name", flat=True)) == [
            "a.de"
        ]

    def test_selected_starts_the_next_operation(self) -> None:
        keys = [str(c.pk) for c in Contact.objects.all()]
        post = {"keys": keys, "verdict": "selected", "operation": "page_scan", "scope": "chosen"}
        response = signed_in("operator").post("/contacts/decide/", post, follow=True)
        assert (
            "2 contacts changed to “selected”. 2 sites queued in this batch."
            in response.content.decode()
        )
        batch = Batch.objects.get()
        assert batch.state == "queued"
        assert {item.target for item in batch.items.all()} == {"a.de", "b.de"}

    @pytest.mark.parametrize(
        ("post", "said"),
        [
            ({"scope": "chosen", "verdict": "maybe"}, "Nothing was chosen"),
            ({"scope": "chosen", "keys": ["a.de"]}, "Choose a verdict"),
            ({"scope": "chosen", "keys": ["a.de"], "verdict": "great"}, "is no verdict"),
            ({"scope": "chosen", "keys": ["a.de"], "operation": "bogus"}, "no operation"),
            ({"scope": "all", "verdict": "great"}, "is no verdict"),
            ({"scope": "all"}, "Choose a verdict"),
            ({"scope": "all", "operation": "checksum"}, "no operation that takes sites"),
        ],
    )
    def test_what_makes_no_sense_changes_nothing(self, post: dict[str, Any], said: str) -> None:
        response = signed_in("operator").post("/domains/decide/", post, follow=True)
        assert said in response.content.decode()
        assert not Domain.objects.exclude(verdict="new").exists()
        assert not Batch.objects.exists()

    def test_viewers_look_only(self) -> None:
        post = {"keys": ["a.de"], "verdict": "selected", "scope": "chosen"}
        assert signed_in("viewer").post("/domains/decide/", post).status_code == 403
        assert 'name="keys"' not in get(signed_in("viewer"), "/domains/")
        assert Client().get("/domains/").status_code == 302


def test_all_domains_of_a_batch_go_on_to_the_next_operation() -> None:
    batch = Batch.objects.create(name="B", operation="page_scan", state="completed", total=1)
    Scan.objects.create(batch_id=batch.pk, seq=0, domain_id="b.de", operation="page_scan")
    client = signed_in("operator")
    html = get(client, f"/batches/{batch.pk}/")
    assert f'<input type="hidden" name="batch" value="{batch.pk}">' in html
    assert f"/batches/new/?of=domains&amp;batch={batch.pk}" in html
    post = {"batch": batch.pk, "operation": "sitemap_scan", "scope": "all"}
    assert "Apply to 1 domain?" in client.post("/domains/decide/", post).content.decode()
    client.post("/domains/decide/", {**post, "sure": "1"})
    following = Batch.objects.exclude(pk=batch.pk).get()
    assert [item.target for item in following.items.all()] == ["b.de"]


@pytest.mark.parametrize(
    ("operation", "kinds"),
    [
        ("page_scan", {"domain", "page"}),
        ("sitemap_scan", {"domain", "sitemap"}),
        ("email_scan", {"domain", "contact"}),
        ("checksum", set()),
    ],
)
def test_a_batch_leads_to_what_it_has_found(operation: str, kinds: set[str]) -> None:
    batch = Batch.objects.create(name="B", operation=operation, state="completed", total=1)
    html = get(signed_in("viewer"), f"/batches/{batch.pk}/")
    assert set(re.findall(rf'href="/(\w+)s/\?batch={batch.pk}"', html)) == kinds


def test_an_item_leads_to_its_domain() -> None:
    batch = Batch.objects.create(name="B", operation="page_scan", state="completed", total=2)
    for seq in (0, 1):
        batch.items.create(seq=seq, line=seq, target="www.a.de", state="succeeded")
    Scan.objects.create(batch_id=batch.pk, seq=0, domain_id="a.de", operation="page_scan")
    client = signed_in("viewer")
    assert '<a href="/domains/of/a.de/">' in get(client, f"/batches/{batch.pk}/items/0/")
    assert "/domains/of/" not in get(client, f"/batches/{batch.pk}/items/1/")
