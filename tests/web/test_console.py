"""Every page, asked by the four roles and by a stranger."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from batches import lifecycle
from batches.models import Batch, Event
from tests.integration.running import create, finished
from tests.people import signed_in, user

pytestmark = pytest.mark.django_db

PAGES = ["", "failures/", "items/", "items/0/"]


def post_list(client: Client, text: str, **fields: object) -> object:
    limits = {
        "concurrency": 20,
        "max_attempts": 3,
        "backoff_seconds": 2,
        "timeout_seconds": 60,
        "priority": 0,
        "canary_size": 0,
        "canary_percent": 5,
    }
    return client.post("/batches/new/", {"operation": "checksum", "text": text, **limits, **fields})


def message(response: object) -> str:
    html = response.content.decode()  # type: ignore[attr-defined]
    return " ".join(re.findall(r'class="error"[^>]*>([^<]*)<', html))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", ["viewer", "operator", "staff", "admin"])
def test_everyone_with_a_role_sees_every_page(page: str, role: str) -> None:
    batch = create("checksum", 30)
    response = signed_in(role).get(f"/batches/{batch.pk}/{page}")
    assert response.status_code == 200
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert " style=" not in response.content.decode()


@pytest.mark.parametrize("page", ["", "1/", "new/", "1/items/", "1/export/", "1/rejects.csv"])
def test_a_stranger_is_sent_to_sign_in(page: str) -> None:
    response = Client().get(f"/batches/{page}")
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/sign-in/")


def test_a_list_becomes_a_draft_with_a_preflight_report() -> None:
    client = signed_in("operator")
    response = post_list(client, "one\ntwo\none\n\nthr\0ee\n")
    batch = Batch.objects.get()
    assert response.headers["Location"] == f"/batches/{batch.pk}/"  # type: ignore[attr-defined]
    assert (batch.state, batch.total, batch.duplicates, batch.invalid) == ("draft", 2, 1, 1)
    html = client.get(f"/batches/{batch.pk}/").content.decode()
    assert "the same as line 1" in html
    assert "NUL character" in html


def test_options_come_from_the_operation() -> None:
    client = signed_in("operator")
    html = client.get("/batches/new/").content.decode()
    assert 'name="checksum-delay_ms"' in html
    assert 'name="page_scan-respect_robots"' in html
    post_list(client, "a", **{"checksum-delay_ms": 7})
    assert Batch.objects.get().params == {"delay_ms": 7, "fail_every": 0}


@pytest.mark.parametrize(
    ("text", "fields", "words"),
    [
        ("", {}, "The list is empty"),
        ("  \n\n", {}, "The list is empty"),
        ("a", {"checksum-delay_ms": -1}, "greater than or equal to 0"),
        ("a", {"operation": "gone"}, "Select a valid choice"),
        ("a", {"concurrency": 0}, "greater than or equal to 1"),
    ],
)
def test_bad_input_is_marked_and_nothing_is_lost(
    text: str, fields: dict[str, object], words: str
) -> None:
    response = post_list(signed_in("operator"), text, **fields)
    assert response.status_code == 422  # type: ignore[attr-defined]
    assert words in message(response)
    assert not Batch.objects.exists()
    if text.strip():
        assert f">\n{text}</textarea>" in response.content.decode()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "content", "column", "words"),
    [
        ("list.txt", bytes(range(256)) * 40, "", "not text"),
        ("list.xlsx", b"PK\x03\x04" + b"\0" * 100, "", "spreadsheet"),
        ("list.csv", b"name,city\nAda,Rome\n", "domain", "no column"),
        ("list.csv", b"name,city\nAda,Rome\n", "", "Which column?"),
        ("list.txt", b"x" * 1_000_000, "", "longer than 2,048 characters"),
    ],
)
def test_bad_files(name: str, content: bytes, column: str, words: str) -> None:
    upload = SimpleUploadedFile(name, content)
    response = post_list(signed_in("operator"), "", file=upload, column=column)
    assert response.status_code == 422  # type: ignore[attr-defined]
    assert words in response.content.decode()  # type: ignore[attr-defined]
    assert not Batch.objects.exists()


def test_ten_thousand_bad_lines_among_good_ones() -> None:
    bad = [f"{'x' * 2_100}{n}" for n in range(10_001)]
    good = [f"good {n}" for n in range(500)]
    upload = SimpleUploadedFile("list.txt", "\n".join([*bad, *good]).encode())
    client = signed_in("operator")
    post_list(client, "", file=upload)
    batch = Batch.objects.get()
    assert (batch.total, batch.invalid) == (500, 10_001)


@pytest.mark.parametrize(
    ("role", "allowed"),
    [("viewer", False), ("operator", True), ("staff", True), ("admin", True)],
)
def test_who_may_start(role: str, allowed: bool) -> None:
    batch = create("checksum", 3)
    response = signed_in(role).post(f"/batches/{batch.pk}/start/")
    assert response.status_code == (302 if allowed else 403)
    batch.refresh_from_db()
    assert batch.state == ("queued" if allowed else "draft")


@pytest.mark.parametrize(
    ("role", "allowed"),
    [("viewer", False), ("operator", False), ("staff", True), ("admin", True)],
)
def test_who_may_cancel_what_others_made(role: str, allowed: bool) -> None:
    batch = create("checksum", 3, user=user("somebody" if role == "x" else "admin"))
    response = signed_in(role).post(f"/batches/{batch.pk}/cancel/")
    assert response.status_code == (302 if allowed or role == "admin" else 403)


def test_operators_may_cancel_their_own() -> None:
    batch = create("checksum", 3, user=user("operator"))
    signed_in("operator").post(f"/batches/{batch.pk}/cancel/")
    batch.refresh_from_db()
    assert batch.state == "cancelling"


def test_a_verb_that_the_state_does_not_allow_says_so() -> None:
    batch = create("checksum", 3)
    response = signed_in("staff").post(f"/batches/{batch.pk}/pause/", follow=True)
    assert f"Batch {batch.pk} is draft: it can&#x27;t pause now." in response.content.decode()


@pytest.mark.parametrize("verb", ["explode", "retried"])
def test_unknown_verbs_are_not_found(verb: str) -> None:
    batch = create("checksum", 3)
    assert signed_in("admin").post(f"/batches/{batch.pk}/{verb}/").status_code == 404


def test_reading_changes_nothing() -> None:
    batch = create("checksum", 3)
    client = signed_in("admin")
    for verb in ("start", "retry"):
        response = client.get(f"/batches/{batch.pk}/{verb}/", follow=True)
        assert response.redirect_chain == [(f"/batches/{batch.pk}/", 302)]
        assert "Nothing was changed: the session had ended." in response.content.decode()
    assert client.get(f"/batches/{batch.pk}/explode/").status_code == 404
    batch.refresh_from_db()
    assert batch.state == "draft"


def test_a_live_page_answers_304_until_something_changes() -> None:
    batch = create("checksum", 3)
    client = signed_in("staff")
    url = f"/batches/{batch.pk}/"
    first = client.get(url, headers={"HX-Request": "true"})
    assert "<html" not in first.content.decode()
    asked = {"HX-Request": "true", "HX-PTag": first.headers["HX-PTag"]}
    assert client.get(url, headers=asked).status_code == 304
    lifecycle.start(batch, None)
    again = client.get(url, headers=asked)
    assert again.status_code == 200
    assert 'hx-trigger="every 2s"' in again.content.decode()


def test_a_finished_page_stops_asking() -> None:
    batch = create("checksum", 3)
    Batch.objects.filter(pk=batch.pk).update(state="completed")
    response = signed_in("viewer").get(f"/batches/{batch.pk}/", headers={"HX-Request": "true"})
    assert "hx-trigger" not in response.content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("engine")
def test_failures_are_grouped_and_a_group_can_be_retried() -> None:
    lines = [f"permanent {n}" for n in range(6)] + [f"bug {n}" for n in range(4)]
    batch = create("moody", lines, max_attempts=1)
    lifecycle.start(batch, None)
    finished(batch)
    client = signed_in("staff")
    html = client.get(f"/batches/{batch.pk}/failures/").content.decode()
    assert "It will never work." in html
    assert "line N divides by zero" in html
    assert "ZeroDivisionError: line 6 divides by zero" in html
    group = batch.failure_groups.get(error_class="Permanent")
    asked = {"scope": "group", "group": group.pk}
    assert signed_in("operator").post(f"/batches/{batch.pk}/retry/", asked).status_code == 403
    response = client.post(f"/batches/{batch.pk}/retry/", asked, follow=True)
    assert "Retry of 6 items has begun." in response.content.decode()
    assert Event.objects.filter(batch=batch, kind="retry", actor__username="staff").count() == 1


def test_after_a_refused_retry_one_is_back_where_one_was() -> None:
    batch = create("checksum", 3)
    client = signed_in("staff")
    asked = {"scope": "failed", "next": f"/batches/{batch.pk}/items/?state=failed"}
    response = client.post(f"/batches/{batch.pk}/retry/", asked)
    assert response.headers["Location"] == asked["next"]
    for elsewhere in ("https://evil.example/", "home", "nowhere"):
        evil = client.post(f"/batches/{batch.pk}/retry/", {**asked, "next": elsewhere})
        assert evil.headers["Location"] == f"/batches/{batch.pk}/failures/"


def test_numbers_of_any_length_are_no_error() -> None:
    batch = create("checksum", 3)
    asked = {"scope": "items", "items": "9" * 5_000, "group": "9" * 5_000}
    response = signed_in("staff").post(f"/batches/{batch.pk}/retry/", asked)
    assert response.headers["Location"] == f"/batches/{batch.pk}/failures/"


def test_items_page_by_key() -> None:
    batch = create("checksum", 120)
    client = signed_in("viewer")
    html = client.get(f"/batches/{batch.pk}/items/").content.decode()
    assert ">line 49</a>" in html
    assert ">line 50</a>" not in html
    assert "cursor=49" in html
    html = client.get(f"/batches/{batch.pk}/items/?cursor=99").content.decode()
    assert ">line 100</a>" in html
    assert "Next page" not in html


def test_items_can_be_searched() -> None:
    batch = create("checksum", ["alpha", "beta", "alphabet"])
    html = signed_in("viewer").get(f"/batches/{batch.pk}/items/?q=ALPHA").content.decode()
    assert "alphabet" in html
    assert "beta</a>" not in html


@pytest.mark.parametrize(
    "page", ["items/?state=bogus&cursor=x&group=y", "items/99999/", "export/?state=bogus"]
)
def test_odd_addresses_do_no_harm(page: str) -> None:
    batch = create("checksum", 3)
    assert signed_in("viewer").get(f"/batches/{batch.pk}/{page}").status_code in (200, 404)


def test_what_people_enter_is_shown_and_not_run() -> None:
    batch = create("checksum", ["<script>alert(1)</script>"], name="<b>bold</b>")
    client = signed_in("viewer")
    for page in PAGES:
        html = client.get(f"/batches/{batch.pk}/{page}").content.decode()
        assert "<script>alert" not in html
        assert "<b>bold" not in html
