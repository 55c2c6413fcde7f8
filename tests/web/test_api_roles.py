"""Four roles and a stranger ask every endpoint the same."""

from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User

from adminapp.tokens import create_token
from batches import lifecycle
from batches.models import Action, Batch, Domain, SitemapFile
from tests.callers import ask, is_problem
from tests.integration.running import create
from tests.people import user

pytestmark = pytest.mark.django_db

ROLES = ("viewer", "operator", "staff", "admin")
NEW = {"operation": "checksum", "targets": ["a"]}
FAILED = {"scope": "failed"}

# Method, path, body, the state the batch is in, and what each of the four is answered.
ENDPOINTS: list[tuple[str, str, Any, str, tuple[int, int, int, int]]] = [
    ("GET", "/operations", None, "draft", (200, 200, 200, 200)),
    ("GET", "/batches", None, "draft", (200, 200, 200, 200)),
    ("POST", "/batches", NEW, "draft", (403, 201, 201, 201)),
    ("GET", "/batches/B", None, "draft", (200, 200, 200, 200)),
    ("POST", "/batches/B/start", None, "draft", (403, 200, 200, 200)),
    ("POST", "/batches/B/start", None, "queued", (403, 409, 409, 409)),
    ("POST", "/batches/B/pause", None, "queued", (403, 200, 200, 200)),
    ("POST", "/batches/B/resume", None, "paused", (403, 200, 200, 200)),
    ("POST", "/batches/B/resume", None, "draft", (403, 409, 409, 409)),
    ("POST", "/batches/B/cancel", None, "draft", (403, 403, 200, 200)),
    ("POST", "/batches/B/retry", FAILED, "draft", (403, 403, 422, 422)),
    ("GET", "/batches/B/items", None, "draft", (200, 200, 200, 200)),
    ("GET", "/batches/B/items/0", None, "draft", (200, 200, 200, 200)),
    ("GET", "/batches/B/failures", None, "draft", (200, 200, 200, 200)),
    ("GET", "/batches/B/events", None, "draft", (200, 200, 200, 200)),
    ("GET", "/batches/B/export", None, "draft", (200, 200, 200, 200)),
    ("GET", "/batches/B/rejects", None, "draft", (200, 200, 200, 200)),
    *(
        ("GET", f"/{kind}{path}", None, "draft", (200, 200, 200, 200))
        for kind in ("domains", "pages", "sitemaps", "contacts")
        for path in ("", "/count", "/export")
    ),
    ("GET", "/domains/a.de", None, "draft", (200, 200, 200, 200)),
    ("GET", "/sitemaps/00000000-0000-0000-0000-000000000001/urls", None, "draft", (200,) * 4),
    ("GET", "/actions/A", None, "draft", (200, 200, 200, 200)),
    ("POST", "/actions/A/abort", None, "draft", (403, 403, 200, 200)),
]
ids = [f"{method} {path} {state}" for method, path, _, state, _ in ENDPOINTS]


def prepared(path: str, state: str) -> str:
    """The address, with a batch of somebody else's and an action on it."""
    batch = create("checksum", 3, user=User.objects.create(username="somebody"))
    for verb in {"queued": ["start"], "paused": ["start", "pause"]}.get(state, []):
        getattr(lifecycle, verb)(batch, None)
    Domain.objects.create(name="a.de")
    SitemapFile.objects.create(id=UUID(int=1), domain_id="a.de", url="https://a.de/s.xml")
    action = Action.objects.create(batch=batch, verb="retry", filter=FAILED, intended=1)
    return "/api/v1" + path.replace("B", str(batch.pk), 1).replace("A", str(action.pk), 1)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("method", "path", "body", "state", "answers"), ENDPOINTS, ids=ids)
def test_each_role_may_do_what_it_is_for(
    method: str, path: str, body: Any, state: str, answers: tuple[int, ...], role: str
) -> None:
    response = ask(method, prepared(path, state), body, token=create_token(user(role)))
    expected = answers[ROLES.index(role)]
    assert response.status_code == expected
    if expected >= 400:
        assert is_problem(response, expected)
    if expected == 403:
        assert "Your role may not" in response.json()["detail"]


@pytest.mark.parametrize(("method", "path", "body", "state", "answers"), ENDPOINTS, ids=ids)
def test_a_stranger_is_told_how_to_come_in(
    method: str, path: str, body: Any, state: str, answers: tuple[int, ...]
) -> None:
    address = prepared(path, state)
    for token in ("", "wrong", "ünknown"):
        response = ask(method, address, body, token=token)
        assert is_problem(response, 401)
        assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("path", sorted({path for _, path, *_ in ENDPOINTS}))
def test_a_wrong_method_is_told_the_right_ones(path: str) -> None:
    allowed = ", ".join(sorted({m for m, p, *_ in ENDPOINTS if p == path}))
    response = ask("DELETE", prepared(path, "draft"), token=create_token(user("admin")))
    assert is_problem(response, 405)
    assert response.headers["Allow"] == allowed
    assert Batch.objects.count() == 1


@pytest.mark.parametrize("path", sorted({p for m, p, *_ in ENDPOINTS if m == "GET"}))
def test_without_a_role_nothing_is_shown(path: str) -> None:
    nobody = User.objects.create(username="nobody")
    assert is_problem(ask("GET", prepared(path, "draft"), token=create_token(nobody)), 403)


def test_everybody_may_cancel_what_is_theirs() -> None:
    operator = user("operator")
    batch = create("checksum", 3, user=operator)
    path = f"/api/v1/batches/{batch.pk}/cancel"
    assert ask("POST", path, token=create_token(operator)).status_code == 200


def test_a_token_opens_nothing_once_its_user_is_shut_out() -> None:
    person = user("admin")
    token = create_token(person)
    person.is_active = False
    person.save()
    assert is_problem(ask("GET", "/api/v1/batches", token=token), 401)
