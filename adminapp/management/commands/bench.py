from typing import Any

from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Measure against a named alternative in the same run, on the configured database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "what",
            choices=["emails", "engine", "extract", "intake", "matrix", "session", "sitemaps"],
        )
        parser.add_argument("--items", type=int, default=200_000)

    def handle(self, *args: Any, what: str, items: int, **options: Any) -> None:
        # Not at the top: the benchmarks are no part of an installed console.
        from benchmarks import emails, engine, extract, intake, matrix, session, sitemaps

        known = {
            "emails": emails,
            "engine": engine,
            "extract": extract,
            "intake": intake,
            "matrix": matrix,
            "session": session,
            "sitemaps": sitemaps,
        }
        known[what].run(items)
