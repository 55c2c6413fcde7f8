import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from dbcompat import loop
from dbcompat.doctor.examination import examine
from dbcompat.doctor.report import Finding, Report

_MARKS = {"ok": "✓", "warning": "!", "wrong": "✗", "unknown": "?"}
WAIT_SECONDS = 120.0


class Command(BaseCommand):
    help = "Say what is right and what is wrong about the connections to the database, and what mends it."
    # It must also run where they would fail.
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="findings as JSON, and nothing else"
        )

    def handle(self, *args: Any, json: bool, **options: Any) -> None:
        told = (lambda finding: None) if json else self._tell
        report = loop.run(examine, told, timeout=WAIT_SECONDS)
        loop.stop()
        if json:
            self.stdout.write(_as_json(report))
        else:
            self.stdout.write(_summary(report))
        if not report.well:
            raise SystemExit(1)

    def _tell(self, finding: Finding) -> None:
        style = {"ok": self.style.SUCCESS, "wrong": self.style.ERROR}.get(
            finding.verdict, self.style.WARNING
        )
        self.stdout.write(f"{style(_MARKS[finding.verdict])} {finding.title}: {finding.proved}")
        if finding.advice:
            self.stdout.write(f"    What to do: {finding.advice}")


def _as_json(report: Report) -> str:
    return json.dumps(
        {"well": report.well, "findings": [asdict(f) for f in report.findings]}, indent=2
    )


def _summary(report: Report) -> str:
    wrong = sum(finding.verdict == "wrong" for finding in report.findings)
    if not wrong:
        return "\nNothing is wrong."
    return f"\n{wrong} thing{'s are' if wrong > 1 else ' is'} wrong."
