from importlib import import_module
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

KNOWN = ("emails", "engine", "extract", "intake", "matrix", "session", "sitemaps", "world")


class Command(BaseCommand):
    help = "Measure against a named alternative in the same run, on the configured database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=KNOWN)
        parser.add_argument("--items", type=int, default=200_000)

    def handle(self, *args: Any, what: str, items: int, **options: Any) -> None:
        # Not at the top: the benchmarks are no part of an installed console.
        import_module(f"benchmarks.{what}").run(items)
