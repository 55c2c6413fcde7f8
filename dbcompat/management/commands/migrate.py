from django.core.management.base import CommandParser
from django.core.management.commands import migrate

from dbcompat.address import unpooled


class Command(migrate.Command):
    """Django's, past the pooler where DATABASE_DIRECT_URL says how."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database=unpooled())
