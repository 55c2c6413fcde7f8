"""Four people with a role each, and one whom nobody knows."""

from django.contrib.auth.models import Group, User
from django.test import Client

from adminapp.roles import create_groups, give_role


def user(role: str) -> User:
    # Made by migrating; a test that ends without a migration may have emptied them.
    if not Group.objects.exists():
        create_groups()
    made, _ = User.objects.get_or_create(username=role)
    give_role(made, role)
    return made


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(user(role))
    return client
