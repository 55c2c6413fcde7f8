"""Four roles and a stranger ask every endpoint the same."""

from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission, User

from adminapp.tokens import create_token
from batches import curation, lifecycle
from batches.models import Action, Batch, Contact, Domain, Page, SitemapFile, Suppression
from tests.callers import ask, is_problem
from tests.integration.running import create
from tests.people import user

pytestmark = pytest.mark.django_db

ROLES = ("viewer", "operator", "staff", "admin")
NEW = {"operation": "checksum", "targets": ["a"]}
FAILED = {"scope": "failed"}
KEY = str(UUID(int=1))
KEYS = {"domains": "a.de", "pages": KEY, "sitemaps": KEY, "contacts": KEY}

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
    ("DELETE", "/batches/B", None, "draft", (403, 403, 204, 204)),
    ("DELETE", "/batches/B", None, "queued", (403, 403, 409, 409)),
    ("POST", "/batches/B/retry", FAILED, "draft", (403, 403, 422, 422)),
    ("GET", "/batches/B/items", None, "draft", (200, 200, 200, 200)),
    ("GET", "/batches/B/items/0", None, "draft", (200, 200, 200, 200)),
    ("GET", "/batches/B/failures", None, "draft", (200, 200, 200, 200)),
    ("GET", "/batches/B/events", None, "draft", (200, 200, 200, 200)),
    ("GET", "/batches/B/export", None, "draft", (200, 200, 200, 200)),
    ("GET", "/batches/B/rejects", None, "draft", (200, 200, 200, 200)),
    *(
        ("GET", f"/{kind}{path}", None, "draft", (200, 200, 200, 200))
        for kind in KEYS
        for path in ("", "/count", "/export")
    ),
    *(
        ("POST", f"/{kind}/{path}", {"ids": [key], **body}, "draft", (403, made, made, made))
        for kind, key in KEYS.items()
        for path, body, made in (
            ("verdicts", {"verdict": "maybe"}, 200),
            ("batches", {"operation": "page_scan"}, 201),
        )
    ),
    ("GET", "/suppressions", None, "draft", (403, 200, 200, 200)),
    ("POST", "/suppressions", {"entry": "jo@x.de"}, "draft", (403, 201, 201, 201)),
    ("GET", "/domains/a.de", None, "draft", (200, 200, 200, 200)),
    ("GET", f"/sitemaps/{KEY}/urls", None, "draft", (200,) * 4),
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
    for model in (Page, SitemapFile, Contact):
        model.objects.create(id=KEY, domain_id="a.de")
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
    response = ask("PUT", prepared(path, "draft"), token=create_token(user("admin")))
    assert is_problem(response, 405)
    assert response.headers["Allow"] == allowed
    assert Batch.objects.count() == 1


@pytest.mark.parametrize("path", sorted({p for m, p, *_ in ENDPOINTS if m == "GET"}))
def test_without_a_role_nothing_is_shown(path: str) -> None:
    nobody = User.objects.create(username="nobody")
    assert is_problem(ask("GET", prepared(path, "draft"), token=create_token(nobody)), 403)


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("operator", 200), ("", 401)])
def test_the_list_of_those_not_to_be_listed_is_guarded(role: str, status: int) -> None:
    curation.suppress("jo@x.de", "", None)
    token = create_token(user(role)) if role else "wrong"
    assert ask("DELETE", "/api/v1/suppressions/jo@x.de", token=token).status_code == status
    assert Suppression.objects.exists() == (status != 200)


@pytest.mark.parametrize(
    ("permission", "answers"), [("curate", (200, 403, 403)), ("add_batch", (403, 403, 403))]
)
def test_who_judges_and_who_starts_are_asked_both(
    permission: str, answers: tuple[int, ...]
) -> None:
    Domain.objects.create(name="a.de")
    person = User.objects.create(username="half")
    person.user_permissions.set(Permission.objects.filter(codename=permission))
    token = create_token(person)
    bodies = [
        ("verdicts", {"verdict": "selected"}),
        ("verdicts", {"verdict": "maybe", "then": "page_scan"}),
        ("batches", {"operation": "page_scan"}),
    ]
    for (path, body), status in zip(bodies, answers, strict=True):
        response = ask("POST", f"/api/v1/domains/{path}", {"ids": ["a.de"], **body}, token=token)
        assert response.status_code == status
    assert not Batch.objects.exists()


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
