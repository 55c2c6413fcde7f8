"""Secrets that are shown once: bearer tokens for the API, and links that sign a person in once."""

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models.functions import Now
from django.utils import timezone

from adminapp.models import ApiToken, SignInLink

LINK_LIFETIME = timedelta(hours=24)


def create_token(user: User) -> str:
    """A new bearer token. This is the only time it can be seen."""
    token = secrets.token_urlsafe(32)
    ApiToken.objects.create(user=user, digest=_digest(token))
    return token


def user_of_token(token: str) -> User | None:
    found = ApiToken.objects.select_related("user").filter(digest=_digest(token)).first()
    return found.user if found is not None and found.user.is_active else None


def create_sign_in_link(user: User) -> str:
    """The secret part of a link that signs `user` in once, within a day."""
    secret = secrets.token_urlsafe(24)
    expires = timezone.now() + LINK_LIFETIME
    SignInLink.objects.create(user=user, digest=_digest(secret), expires_at=expires)
    return secret


def sign_in_link_user(secret: str) -> User | None:
    """Whom the link would sign in now. Asking does not use it up."""
    link = SignInLink.objects.filter(digest=_digest(secret), used_at=None, expires_at__gt=Now())
    found = link.filter(user__is_active=True).select_related("user").first()
    return found.user if found is not None else None


def redeem_sign_in_link(secret: str) -> User | None:
    """The user the link was made for; None if it was used, has expired, or never was."""
    link = SignInLink.objects.filter(digest=_digest(secret))
    # Compare-and-set: of two clicks at once, one wins.
    if not link.filter(used_at=None, expires_at__gt=Now(), user__is_active=True).update(
        used_at=Now()
    ):
        return None
    return link.select_related("user").get().user


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
