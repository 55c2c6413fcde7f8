"""Four people with a role each, and one whom nobody knows."""

from django.contrib.auth.models import User
from django.test import Client

from adminapp.roles import create_groups, give_role


def user(role: str) -> User:
    create_groups()  # Emptying the tables between tests empties the groups, too.
    made, _ = User.objects.get_or_create(username=role)
    give_role(made, role)
    return made


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(user(role))
    return client
