from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandParser

from adminapp.roles import ROLES, give_role
from adminapp.tokens import create_token


class Command(BaseCommand):
    help = "Make an API token, and the user if need be. Prints the token alone on the last line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", choices=list(ROLES), help="a new user gets viewer without it")

    def handle(self, *args: Any, username: str, role: str | None, **options: Any) -> None:
        user, created = User.objects.get_or_create(username=username)
        if created:
            user.set_unusable_password()
            user.save()
        if role or created:
            give_role(user, role or "viewer")
        self.stderr.write(f"A token for {username}. Keep it now: it can't be shown again.")
        self.stdout.write(create_token(user))
