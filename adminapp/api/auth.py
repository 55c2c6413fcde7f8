from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from ninja.security import HttpBearer

from adminapp.api.problems import Forbidden
from adminapp.roles import may
from adminapp.tokens import user_of_token
from batches.models import Batch


class Token(HttpBearer):
    """`Authorization: Bearer TOKEN`, with a token from `manage.py createtoken`."""

    def authenticate(self, request: HttpRequest, token: str) -> Any | None:
        user = user_of_token(token)
        if user is not None:
            request.user = user
        return user


def require(request: HttpRequest, permission: str, batch: Batch | None = None) -> None:
    """Raises Forbidden. Called by every handler: what a screen shows or hides protects nothing."""
    if not may(request.user, permission, batch):
        raise Forbidden(permission)


def person(request: HttpRequest) -> User:
    assert isinstance(request.user, User), "Token lets nobody else in."
    return request.user
