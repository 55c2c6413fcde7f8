"""Whatever goes wrong, the API says so in a problem document."""

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection, connections
from django.test import Client

from adminapp.tokens import create_token
from batches.models import Batch
from tests.callers import ask, is_problem
from tests.integration.running import create
from tests.people import user

pytestmark = pytest.mark.django_db

NEW = {"operation": "checksum", "targets": ["a"]}
FORM = b'--x\r\nContent-Disposition: form-data; name="operation"\r\n\r\nchecksum\r\n--x--\r\n'


def post(body: Any, path: str = "/api/v1/batches", content_type: str = "application/json") -> Any:
    token = create_token(user("admin"))
    return ask("POST", path, body, token=token, content_type=content_type)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "not JSON"),
        (b'{"operation": "\xff"}', 400, "not JSON"),
        (b"[" * 200_000, 400, "nested too deeply"),
        (b'{"concurrency": ' + b"9" * 5000 + b"}", 400, "not JSON"),
        (b"[]", 422, "body: "),
        (b"null", 422, "body: "),
        ({**NEW, "concurrency": 10**400}, 422, "concurrency: "),
        ({**NEW, "priority": -6}, 422, "priority: "),
        (b'{"operation": "checksum", "targets": ["a"], "backoff_seconds": NaN}', 422, "backoff"),
        ({**NEW, "idempotency_key": "a\0b"}, 422, "idempotency_key: "),
        (b'{"operation": "\\ud800", "targets": ["a"]}', 422, "There is no operation"),
        ({**NEW, "targets": ["a", 1]}, 422, "targets.1: "),
    ],
)
def test_a_body_that_makes_no_sense(body: Any, status: int, words: str) -> None:
    response = post(body)
    assert is_problem(response, status)
    assert words in response.json()["detail"]
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("multipart/form-data", b"x", 400),
        ("multipart/form-data; boundary=x", b"x", 422),
        ("multipart/form-data; boundary=x", FORM, 422),
        ("application/x-www-form-urlencoded", b"operation=checksum", 400),
    ],
)
def test_a_form_that_makes_no_sense(content_type: str, body: bytes, status: int) -> None:
    assert is_problem(post(body, content_type=content_type), status)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "body: "),
        ({"scope": "everything"}, "scope: "),
        ({"scope": "group", "group": 10**30}, "group: "),
        # One that no item can have would keep the action, and with it the batch, from ever ending.
        ({"scope": "items", "items": [0, 2**31]}, "items.1: "),
        ({"scope": "items", "items": [-1]}, "items.0: "),
        ({"scope": "items", "items": [0] * 10_001}, "items: "),
    ],
)
def test_a_retry_that_makes_no_sense(body: Any, words: str) -> None:
    batch = create("checksum", 3)
    response = post(body, f"/api/v1/batches/{batch.pk}/retry")
    assert is_problem(response, 422)
    assert response.json()["detail"].startswith(words)


def test_every_field_that_is_wrong_is_named() -> None:
    found = post({"targets": "a", "concurrency": 0, "bogus": 1}).json()
    fields = {error["field"] for error in found["errors"]}
    assert fields == {"operation", "targets", "concurrency", "bogus"}


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1/", "/api/v1/nothing", "/api/v1/batches/", "/api/v1/batches/x"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_address_that_is_nowhere(path: str, method: str) -> None:
    assert is_problem(Client(enforce_csrf_checks=True).generic(method, path), 404)


@pytest.mark.parametrize("number", ["0", "99999999999999999999999999"])
def test_a_number_that_nothing_has(number: str) -> None:
    token = create_token(user("admin"))
    for path in (f"/batches/{number}", f"/actions/{number}", f"/batches/{number}/items/{number}"):
        assert is_problem(ask("GET", f"/api/v1{path}", token=token), 404)


def test_a_cursor_from_nowhere_is_the_end_or_the_beginning() -> None:
    batch, token = create("checksum", 3), create_token(user("viewer"))
    for path in ("/batches?", f"/batches/{batch.pk}/items?", f"/batches/{batch.pk}/events?"):
        for cursor in (10**30, -(10**30)):
            response = ask("GET", f"/api/v1{path}cursor={cursor}", token=token)
            assert response.status_code == 200
            assert response.json()["next"] is None


def test_more_than_may_be_sent(settings: LazySettings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    batch = create("checksum", 3)
    assert is_problem(post({**NEW, "targets": ["a" * 1000]}), 413)
    retry = {"scope": "items", "items": list(range(1000))}
    assert is_problem(post(retry, f"/api/v1/batches/{batch.pk}/retry"), 413)


def test_what_is_broken_is_logged_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    token = create_token(user("viewer"))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE batches_batch RENAME TO elsewhere")
    response = ask("GET", "/api/v1/batches", token=token)
    assert is_problem(response, 500)
    assert "batches_batch" not in response.text
    (record,) = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert record.exc_info is not None
    assert "batches_batch" in str(record.exc_info[1])


def test_a_database_that_is_too_slow_is_asked_again_later() -> None:
    create("checksum", 1)
    token = create_token(user("viewer"))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE batches_batch RENAME TO elsewhere")
        cursor.execute(
            "CREATE VIEW batches_batch AS SELECT elsewhere.* FROM elsewhere, pg_sleep(60)"
        )
    response = ask("GET", "/api/v1/batches", token=token)
    assert is_problem(response, 503)
    assert response.headers["Retry-After"] == "5"


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_the_same_time_makes_one_batch_and_starts_it_once() -> None:
    token = create_token(user("operator"))
    asked = {**NEW, "targets": [str(n) for n in range(2000)], "idempotency_key": "k", "start": True}

    def create_it(_: int) -> tuple[int, Any]:
        try:
            response = ask("POST", "/api/v1/batches", asked, token=token)
            return response.status_code, json.loads(response.content).get("id")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(create_it, range(4)))
    batch = Batch.objects.get()
    assert {status for status, _ in answers} <= {200, 201}, answers
    assert {number for _, number in answers} == {batch.pk}
    assert batch.state == "queued"
    assert batch.events.filter(kind="start").count() == 1


def references(found: Any) -> set[str]:
    if isinstance(found, dict):
        own = {found["$ref"]} if isinstance(found.get("$ref"), str) else set()
        return own.union(*map(references, found.values()))
    return set().union(*map(references, found)) if isinstance(found, list) else set()


def test_the_schema_says_what_comes_back() -> None:
    schema = Client().get("/api/v1/openapi.json").json()
    known = {f"#/components/schemas/{name}" for name in schema["components"]["schemas"]}
    assert references(schema) <= known
    operations = [op for methods in schema["paths"].values() for op in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    for operation in operations:
        assert "application/problem+json" in operation["responses"].pop("default")["content"]
        for status, answer in operation["responses"].items():
            assert answer.get("content") or status == "204", operation["operationId"]
