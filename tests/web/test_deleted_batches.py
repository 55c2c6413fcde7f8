"""Deleting a batch from a page and from a program: who may, what is asked first, and what is seen afterwards."""

import pytest

from batches import lifecycle
from batches.models import Batch
from tests.callers import Api
from tests.integration.running import create
from tests.people import signed_in, user

pytestmark = pytest.mark.django_db


def test_staff_is_asked_and_told_what_goes_and_what_stays() -> None:
    batch, client = create("checksum", 3, name="Spring list"), signed_in("staff")
    page = client.get(f"/batches/{batch.pk}/").content.decode()
    for words in ("Its items go for good", "What it found stays", "Yes, delete it"):
        assert words in page
    answer = client.post(f"/batches/{batch.pk}/delete/", follow=True)
    assert answer.redirect_chain == [("/batches/", 302)]
    assert "“Spring list” is deleted. What it found stays." in answer.content.decode()
    assert f'id="batch-{batch.pk}"' not in answer.content.decode()


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_others_may_not_even_if_it_is_theirs(role: str) -> None:
    batch, client = create("checksum", 3, user=user(role)), signed_in(role)
    assert "Yes, delete it" not in client.get(f"/batches/{batch.pk}/").content.decode()
    answer = client.post(f"/batches/{batch.pk}/delete/")
    assert answer.status_code == 403
    assert "Your role may not delete batches." in answer.content.decode()
    batch.refresh_from_db()
    assert batch.state == "draft"


def test_nothing_is_deleted_by_looking() -> None:
    batch = create("checksum", 3)
    assert signed_in("staff").get(f"/batches/{batch.pk}/delete/").status_code == 302
    assert Batch.kept.filter(pk=batch.pk).exists()


def test_an_active_one_is_refused_on_its_page() -> None:
    batch, client = create("checksum", 3), signed_in("staff")
    lifecycle.start(batch, None)
    assert "Yes, delete it" not in client.get(f"/batches/{batch.pk}/").content.decode()
    answer = client.post(f"/batches/{batch.pk}/delete/", follow=True)
    words = f"Batch {batch.pk} is queued: it can&#x27;t be deleted now. Cancel it, or wait"
    assert words in answer.content.decode()


def test_a_deleted_batch_is_nowhere_though_its_rows_are() -> None:
    batch = create("checksum", 3, user=user("operator"))
    lifecycle.delete(batch, None)
    client, api = signed_in("admin"), Api("admin")
    for page in ("", "items/", "items/0/", "failures/", "export/", "rejects.csv"):
        assert client.get(f"/batches/{batch.pk}/{page}").status_code == 404
    for path in ("", "/items", "/items/0", "/failures", "/events", "/export", "/rejects"):
        assert api("GET", f"/batches/{batch.pk}{path}")[0] == 404
    for verb in ("start", "cancel"):
        assert api("POST", f"/batches/{batch.pk}/{verb}")[0] == 404
    assert api("DELETE", f"/batches/{batch.pk}")[0] == 404
    assert api("GET", "/batches?state=deleting")[1]["batches"] == []
    listed = client.get("/batches/").content.decode()
    assert f'id="batch-{batch.pk}"' not in listed
    assert "deleting" not in listed
    assert batch.items.count() == 3


def test_its_key_can_be_used_again() -> None:
    api = Api("admin")
    new = {"operation": "checksum", "targets": ["a"], "idempotency_key": "once"}
    first = api("POST", "/batches", new)
    assert api("POST", "/batches", new)[0] == 200
    lifecycle.delete(Batch.objects.get(), None)
    second = api("POST", "/batches", new)
    assert (first[0], second[0]) == (201, 201)
    assert first[1]["id"] != second[1]["id"]
