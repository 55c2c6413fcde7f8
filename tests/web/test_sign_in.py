from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from adminapp.console.sign_in import TRIES
from adminapp.models import ApiToken, SignInLink
from adminapp.tokens import create_sign_in_link, create_token, redeem_sign_in_link, user_of_token
from tests.people import user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def passwords_at_once(settings: LazySettings) -> None:
    """Django's own way takes a second for each, on purpose."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def test_a_link_signs_in_once_and_then_asks_for_a_password() -> None:
    admin = user("admin")
    admin.set_unusable_password()
    admin.save()
    link = f"/sign-in/link/{create_sign_in_link(admin)}/"
    client = Client()
    assert client.get(link).status_code == 200  # Looking does not use it up.
    assert client.post(link).headers["Location"] == "/account/password/"
    word = "correct-horse-battery"
    done = client.post("/account/password/", {"new_password1": word, "new_password2": word})
    assert done.headers["Location"] == "/batches/"
    assert client.get("/batches/").status_code == 200
    second = Client()
    assert second.post(link).status_code == 403
    signed_in = second.post("/sign-in/", {"username": "admin", "password": word})
    assert signed_in.headers["Location"] == "/batches/"


def test_a_link_expires() -> None:
    secret = create_sign_in_link(user("admin"))
    SignInLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert redeem_sign_in_link(secret) is None


def test_secrets_are_kept_as_digests_only() -> None:
    admin = user("admin")
    token, link = create_token(admin), create_sign_in_link(admin)
    assert token not in ApiToken.objects.get().digest
    assert link not in SignInLink.objects.get().digest
    assert user_of_token(token) == admin
    assert user_of_token(token + "x") is None


def test_a_token_of_somebody_who_left_is_worth_nothing() -> None:
    token = create_token(user("staff"))
    User.objects.update(is_active=False)
    assert user_of_token(token) is None


def test_signing_out_needs_a_post() -> None:
    client = Client()
    client.force_login(user("viewer"))
    assert client.get("/sign-out/").status_code == 405
    client.post("/sign-out/")
    assert client.get("/batches/").status_code == 302


def test_a_link_says_whom_it_signs_in() -> None:
    secret = create_sign_in_link(user("admin"))
    page = Client().get(f"/sign-in/link/{secret}/").content.decode()
    assert "Sign in as admin" in page
    assert redeem_sign_in_link(secret) is not None
    used = Client().get(f"/sign-in/link/{secret}/")
    assert used.status_code == 403
    assert "no longer works" in used.content.decode()


def test_guessing_passwords_is_slow() -> None:
    guessed = user("staff")
    guessed.set_password("correct-horse-battery")
    guessed.save()
    client = Client(REMOTE_ADDR="192.0.2.7")
    for n in range(TRIES):
        assert (
            client.post("/sign-in/", {"username": "staff", "password": f"{n}"}).status_code == 200
        )
    right = {"username": "staff", "password": "correct-horse-battery"}
    refused = client.post("/sign-in/", right)
    assert refused.status_code == 429
    assert "Wait 5 minutes" in refused.content.decode()
    # Nobody locks out a colleague who sits elsewhere.
    assert Client(REMOTE_ADDR="192.0.2.8").post("/sign-in/", right).status_code == 302


def test_a_name_may_be_any_text() -> None:
    wrong = {"username": "ünï\0\n x" * 40, "password": "x"}
    assert Client().post("/sign-in/", wrong).status_code == 200
