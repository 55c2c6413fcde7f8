from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from adminapp.cli.words import in_words
from adminapp.roles import ROLES, give_role
from adminapp.tokens import create_token
from dbcompat import checks


class Command(BaseCommand):
    help = "Make an API token, and the user if need be. Prints the token alone on the last line."
    # Those of the pages would load the whole site first.
    requires_system_checks = (checks.TAG,)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--role", choices=list(ROLES), help="a new user gets viewer without it")

    def handle(self, *args: Any, username: str, role: str | None, **options: Any) -> None:
        with in_words():
            user = User.objects.filter(username=username).first()
            if user is None:
                user, role = _made(username), role or "viewer"
            if not user.is_active:
                raise CommandError(f"{username} may not sign in: a token would open nothing.")
            if role:
                give_role(user, role)
            token = create_token(user)
        # On a terminal Django shows what goes to standard error in red; nothing is wrong.
        words = f"A token for {username}. Keep it now: it can't be shown again."
        self.stderr.write(words, style_func=str)
        self.stdout.write(token)


def _made(username: str) -> User:
    """A user without a password: for programs, until somebody gives them one."""
    user = User(username=User.normalize_username(username))
    user.set_unusable_password()
    try:
        user.full_clean()
    except ValidationError as error:
        raise CommandError(f"“{username}” can't be a username. {error.messages[0]}") from error
    user.save()
    return user
