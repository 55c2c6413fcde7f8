"""Tokens for programs: what the command prints, and what they open."""

import io

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.core.management.base import CommandError

from adminapp.models import ApiToken
from adminapp.roles import ROLES, create_groups
from adminapp.tokens import create_token, user_of_token
from tests.people import user

pytestmark = pytest.mark.django_db


def token_for(*arguments: str) -> str:
    output = io.StringIO()
    call_command("createtoken", *arguments, stdout=output, stderr=io.StringIO())
    return output.getvalue().splitlines()[-1]


@pytest.mark.parametrize("role", ROLES)
def test_a_new_user_gets_the_role_and_no_password(role: str) -> None:
    found = user_of_token(token_for("ada", f"--role={role}"))
    assert found is not None
    assert found.username == "ada"
    assert not found.has_usable_password()
    assert [group.name for group in found.groups.all()] == [role]
    assert found.is_superuser == (role == "admin")


def test_a_new_user_without_a_role_only_looks() -> None:
    found = user_of_token(token_for("ada"))
    assert found is not None
    assert found.has_perm("batches.view_batch")
    assert not found.has_perm("batches.add_batch")


def test_somebody_who_is_there_keeps_role_and_password() -> None:
    staff = user("staff")
    staff.set_password("secret enough")
    staff.save()
    found = user_of_token(token_for("staff"))
    assert found == staff
    assert found.check_password("secret enough")
    assert found.has_perm("batches.retry_batch")


def test_a_new_role_takes_the_place_of_the_old_one() -> None:
    user("admin")
    found = user_of_token(token_for("admin", "--role=viewer"))
    assert found is not None
    assert not found.is_superuser
    assert not found.has_perm("batches.add_batch")


@pytest.mark.parametrize("username", ["", "a b", "x" * 151, "a/b"])
def test_a_name_that_nobody_can_have(username: str) -> None:
    with pytest.raises(CommandError, match="can't be a username"):
        token_for(username)
    assert not User.objects.exists()


def test_nobody_gets_a_token_that_opens_nothing() -> None:
    User.objects.create(username="ada", is_active=False)
    with pytest.raises(CommandError, match="ada may not sign in"):
        token_for("ada")
    assert not ApiToken.objects.exists()


def test_only_a_digest_is_kept() -> None:
    token = create_token(user("viewer"))
    kept = ApiToken.objects.get()
    assert token not in kept.digest
    assert user_of_token(kept.digest) is None
    assert user_of_token("") is None


def test_tokens_of_one_user_live_side_by_side() -> None:
    first, second = token_for("ada"), token_for("ada")
    assert first != second
    assert user_of_token(first) == user_of_token(second) is not None


def test_every_migration_puts_the_groups_right() -> None:
    create_groups()
    Group.objects.get(name="viewer").permissions.set(
        Group.objects.get(name="staff").permissions.all()
    )
    Group.objects.get(name="operator").delete()
    call_command("migrate", verbosity=0)
    for role, names in ROLES.items():
        held = Group.objects.get(name=role).permissions.values_list("codename", flat=True)
        assert set(held) == names
