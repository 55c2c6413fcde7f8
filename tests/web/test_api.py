import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import AsyncClient, Client

from batches.models import Batch
from tests.callers import Api
from tests.integration.running import create, finished
from tests.people import user

pytestmark = pytest.mark.django_db


NEW = {"operation": "checksum", "targets": ["a", "b", "a", ""]}


def test_a_batch_is_made_checked_and_started() -> None:
    api = Api("operator")
    status, made = api("POST", "/batches", {**NEW, "start": True, "name": "Mine"})
    assert status == 201
    assert made["state"] == "queued"
    assert made["counts"] == {
        "total": 2, "pending": 2, "succeeded": 0, "failed": 0, "skipped": 0,
    }  # fmt: skip
    assert made["preflight"]["accepted"] == 2
    assert made["preflight"]["duplicates"] == 1
    status, found = api("GET", f"/batches/{made['id']}")
    assert (status, found["name"]) == (200, "Mine")
    assert set(found) >= {"id", "name", "operation", "state", "state_reason", "counts", "rate", "eta",
                          "created_at", "started_at", "finished_at"}  # fmt: skip


def test_the_same_key_makes_the_batch_once() -> None:
    api = Api("operator")
    asked = {**NEW, "idempotency_key": "k1"}
    first, again = api("POST", "/batches", asked), api("POST", "/batches", asked)
    assert (first[0], again[0]) == (201, 200)
    assert first[1]["id"] == again[1]["id"]
    assert Batch.objects.count() == 1


def test_a_file_can_be_uploaded() -> None:
    api = Api("operator")
    upload = SimpleUploadedFile("sites.csv", b"name,domain\nx,one.example\ny,two.example\n")
    response = api.client.post(
        "/api/v1/batches",
        {"operation": "page_scan", "file": upload, "column": "domain", "start": "false"},
        headers=api.headers,
    )
    assert response.status_code == 201
    targets = Batch.objects.get().items.order_by("seq").values_list("target", flat=True)
    assert list(targets) == ["one.example", "two.example"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 400, "not JSON"),
        ({"targets": ["a"]}, 422, "operation"),
        ({"operation": "gone", "targets": ["a"]}, 422, "no operation “gone”"),
        ({"operation": "checksum", "targets": []}, 422, "empty"),
        ({"operation": "checksum", "targets": ["a"], "params": {"delay_ms": -1}}, 422, "delay_ms"),
        ({"operation": "checksum", "targets": ["a"], "params": {"bogus": 1}}, 422, "bogus"),
        ({"operation": "checksum", "targets": ["a"], "concurrency": 0}, 422, "concurrency"),
        ({"operation": "checksum", "targets": ["a"], "bogus": 1}, 422, "bogus"),
        ({"operation": "page_scan", "targets": ["ftp://x.example"]}, 422, "ftp"),
    ],
)
def test_bad_input_is_a_problem_that_says_what(body: Any, status: int, words: str) -> None:
    found, problem = Api("operator")("POST", "/batches", body)
    assert found == status
    assert words in json.dumps(problem, ensure_ascii=False)
    assert not Batch.objects.exists()


@pytest.mark.parametrize("path", ["/batches", "/operations", "/batches/1", "/actions/1"])
def test_without_a_token_there_is_nothing(path: str) -> None:
    response = Client().get(f"/api/v1{path}", headers={"Authorization": "Bearer wrong"})
    assert response.status_code == 401
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("role", "verb", "status"),
    [
        ("viewer", "start", 403),
        ("operator", "start", 200),
        ("operator", "cancel", 403),
        ("staff", "cancel", 200),
        ("operator", "pause", 409),
        ("staff", "retry", 422),
        ("operator", "retry", 403),
    ],
)
def test_roles_and_states(role: str, verb: str, status: int) -> None:
    batch = create("checksum", 3, user=user("admin"))
    found, _ = Api(role)("POST", f"/batches/{batch.pk}/{verb}", {"scope": "failed"})
    assert found == status


def test_what_is_not_there_is_not_found() -> None:
    api = Api("admin")
    for path in ("/batches/999", "/batches/999/items", "/actions/999", "/batches/999/export"):
        assert api("GET", path)[0] == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("engine")
def test_from_start_to_retry_and_export() -> None:
    api = Api("staff")
    lines = [f"line {n}" for n in range(30)]
    params = {"fail_every": 10}
    body = {
        "operation": "checksum",
        "targets": lines,
        "params": params,
        "max_attempts": 1,
        "start": True,
    }
    _, made = api("POST", "/batches", body)
    batch = finished(Batch.objects.get(pk=made["id"]))
    _, failures = api("GET", f"/batches/{batch.pk}/failures")
    assert failures["failures"][0]["count"] == 3
    _, page = api("GET", f"/batches/{batch.pk}/items?state=failed")
    assert [item["seq"] for item in page["items"]] == [9, 19, 29]
    assert page["next"] is None
    assert set(page["items"][0]) >= {
        "seq",
        "target",
        "state",
        "attempts",
        "error",
        "result",
        "finished_at",
    }
    _, item = api("GET", f"/batches/{batch.pk}/items/9")
    assert item["attempts_made"][0]["error_class"] == "Transient"
    status, action = api(
        "POST", f"/batches/{batch.pk}/retry", {"scope": "failed", "params": {"fail_every": 0}}
    )
    assert (status, action["intended"]) == (202, 3)
    finished(batch)
    assert api("GET", f"/batches/{batch.pk}")[1]["counts"]["succeeded"] == 30
    assert api("GET", f"/actions/{action['id']}")[1]["applied"] == 3
    assert api("POST", f"/actions/{action['id']}/abort")[0] == 409
    _, events = api("GET", f"/batches/{batch.pk}/events")
    assert "Completed." in [event["message"] for event in events["events"]]


async def read(response: Any) -> bytes:
    return b"".join([part async for part in response])


@pytest.mark.django_db(transaction=True)
async def test_export_streams_every_item() -> None:
    batch = await sync_to_async(create)("checksum", ["=cmd()", "plain"])
    token = await sync_to_async(lambda: Api("viewer").headers)()
    client = AsyncClient()
    for kind in ("csv", "ndjson"):
        response = await client.get(
            f"/api/v1/batches/{batch.pk}/export?format={kind}", headers=token
        )
        text = (await read(response)).decode()
        assert "plain" in text
        assert len(text.splitlines()) == (3 if kind == "csv" else 2)
        # A spreadsheet would run it.
        assert ("'=cmd()" in text) == (kind == "csv")
    # That of the thread in which Django's synchronous code has run.
    await sync_to_async(connections.close_all)()


def test_the_schema_describes_every_endpoint() -> None:
    schema = Client().get("/api/v1/openapi.json").json()
    assert {path.removeprefix("/api/v1") for path in schema["paths"]} >= {
        "/operations", "/batches", "/batches/{batch_id}", "/batches/{batch_id}/start",
        "/batches/{batch_id}/retry", "/batches/{batch_id}/items", "/batches/{batch_id}/items/{seq}",
        "/batches/{batch_id}/failures", "/batches/{batch_id}/events", "/batches/{batch_id}/export",
        "/actions/{action_id}", "/actions/{action_id}/abort",
    }  # fmt: skip


def test_health() -> None:
    assert Client().get("/healthz").json() == {"status": "ok"}
    ready = Client().get("/readyz").json()
    assert "database" not in " ".join(ready["reasons"])
    assert Client().get("/metrics").status_code == 401
    metrics = Client().get("/metrics", headers=Api("viewer").headers)
    assert b'console_batches{state="running"} 0.0' in metrics.content


@pytest.mark.parametrize(
    "path", ["/batches?q=%00", "/batches?state=%00&operation=%00", "/batches/ID/items?q=%00"]
)
def test_a_nul_in_a_question_finds_what_the_rest_of_it_finds(path: str) -> None:
    batch = create("checksum", 3)
    assert Api("viewer")("GET", path.replace("ID", str(batch.pk)))[0] == 200
