"""Programs that call the API."""

import json
from typing import Any

from django.http import HttpResponseBase
from django.test import Client

from adminapp.tokens import create_token
from tests.people import user

PROBLEM = "application/problem+json"


def ask(
    method: str,
    path: str,
    body: Any = None,
    token: str = "",
    content_type: str = "application/json",
) -> Any:
    """One request, by whoever has that token; nobody in particular without one."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    data = body if isinstance(body, bytes) else json.dumps(body or {})
    client = Client(raise_request_exception=False)
    return client.generic(method, path, data=data, content_type=content_type, headers=headers)


def is_problem(response: HttpResponseBase, status: int) -> bool:
    found = json.loads(getattr(response, "content", b"{}"))
    assert response.headers["Content-Type"] == PROBLEM, found
    assert found.keys() >= {"type", "title", "status", "detail"}
    assert found["status"] == response.status_code
    return response.status_code == status


class Api:
    """A client with the token of a role; every answer is checked to be what it says it is."""

    def __init__(self, role: str) -> None:
        self.headers = {"Authorization": f"Bearer {create_token(user(role))}"}
        self.client = Client(raise_request_exception=False)

    def __call__(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        response = self.client.generic(
            method,
            f"/api/v1{path}",
            data=body if isinstance(body, bytes) else json.dumps(body or {}),
            content_type="application/json",
            headers=self.headers,
        )
        found = json.loads(response.content)
        if response.status_code >= 400:
            assert response.headers["Content-Type"] == "application/problem+json"
            assert found["status"] == response.status_code
        return response.status_code, found
