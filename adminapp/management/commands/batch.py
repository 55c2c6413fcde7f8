import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from adminapp.batch_json import batch_json, json_text
from adminapp.exports import FORMATS
from batches import engine, lifecycle, reports
from batches.export import export_pages
from batches.intake import BadInput, BatchSpec, NothingToRun, create_batch, read_file
from batches.lifecycle import BadRetry, IllegalTransition
from batches.lines import Line
from batches.models import Batch
from batches.recount import verify
from batches.states import FINISHED, BatchState, ItemState
from dbcompat import loop

# Progress goes to standard error: what a script reads stays clean.
screen = Console(stderr=True)


class Command(BaseCommand):
    help = "Create, run, watch and export batches."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, parser_class=ArgumentParser)
        for verb in ("create", "run"):
            _add_creation(verbs.add_parser(verb, help=f"{verb} a batch from a list"))
        for verb in ("watch", "status", "pause", "resume", "cancel", "retry", "export", "verify"):
            verbs.add_parser(verb).add_argument("number", metavar="ID", type=int)
        verbs.choices["create"].add_argument(
            "--paused", action="store_true", help="do not start it"
        )
        verbs.choices["status"].add_argument("--json", action="store_true", dest="as_json")
        verbs.choices["retry"].add_argument("--failed", action="store_true", help="the default")
        verbs.choices["retry"].add_argument("--group", type=int)
        verbs.choices["export"].add_argument(
            "--format", choices=list(FORMATS), default="csv", dest="kind"
        )
        states = [state.value for state in ItemState]
        verbs.choices["export"].add_argument("--state", choices=states, default="")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        try:
            getattr(self, f"_{verb}")(**options)
        except (BadInput, BadRetry, IllegalTransition) as error:
            raise CommandError(_words(error)) from error

    def _create(self, *, paused: bool, **options: Any) -> None:
        batch = _created(options)
        if not paused:
            lifecycle.start(batch, None)
        self.stdout.write(str(batch.pk))

    def _run(self, **options: Any) -> None:
        batch = _created(options)
        self.stdout.write(f"Batch {batch.pk}.")
        engine.start()
        lifecycle.start(batch, None)
        try:
            _follow(batch)
        except KeyboardInterrupt:
            screen.print(
                f"Stopped. Batch {batch.pk} goes on where it was as soon as a console runs."
            )
        finally:
            loop.stop()
        self._end(batch)

    def _watch(self, *, number: int, **options: Any) -> None:
        batch = _batch(number)
        try:
            _follow(batch)
        except KeyboardInterrupt:
            return
        self.stdout.write(reports.sentence(batch))

    def _end(self, batch: Batch) -> None:
        batch.refresh_from_db()
        self.stdout.write(reports.sentence(batch))
        progress = reports.progress(batch)
        if progress.succeeded != progress.total:
            sys.exit(1)

    def _status(self, *, number: int, as_json: bool, **options: Any) -> None:
        batch = _batch(number)
        if as_json:
            self.stdout.write(json_text(batch_json(batch)))
            return
        self.stdout.write(f"Batch {batch.pk} “{batch.name}”: {reports.sentence(batch)}")

    def _pause(self, *, number: int, **options: Any) -> None:
        self._say(lifecycle.pause, number)

    def _resume(self, *, number: int, **options: Any) -> None:
        self._say(lifecycle.resume, number)

    def _cancel(self, *, number: int, **options: Any) -> None:
        self._say(lifecycle.cancel, number)

    def _say(self, verb: Callable[[Batch, None], None], number: int) -> None:
        batch = _batch(number)
        verb(batch, None)
        self.stdout.write(f"Batch {batch.pk} is {batch.state}.")

    def _retry(self, *, number: int, group: int | None, **options: Any) -> None:
        scope = "failed" if group is None else "group"
        action = lifecycle.retry(_batch(number), None, scope, group=group)
        self.stdout.write(f"Retry of {action.intended:,} items asked for: action {action.pk}.")

    def _export(self, *, number: int, kind: str, state: str, **options: Any) -> None:
        write = FORMATS[kind]
        header = True
        for rows in export_pages(_batch(number), state):
            self.stdout.write(write(rows, header), ending="")
            header = False

    def _verify(self, *, number: int, **options: Any) -> None:
        wrong = verify(_batch(number))
        for sentence in wrong:
            self.stdout.write(sentence)
        if wrong:
            sys.exit(1)
        self.stdout.write("Every counter agrees with its items.")


def _add_creation(parser: ArgumentParser) -> None:
    parser.add_argument("operation")
    parser.add_argument(
        "--input", required=True, help="a .txt or .csv file, or - for standard input"
    )
    parser.add_argument("--column", help="of a CSV file: its name, or its number from 1")
    parser.add_argument("--name", default="")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE")


def _created(options: dict[str, Any]) -> Batch:
    source = options["input"]
    spec = BatchSpec(
        operation=options["operation"],
        params=dict(_param(text) for text in options["param"]),
        name=options["name"],
        source="standard input" if source == "-" else Path(source).name,
    )
    with _opened(source) as file, _bar() as bar:
        lines = _counted(read_file(file, source, options["column"]), bar)
        batch, preflight = create_batch(spec, lines)
    screen.print(
        f"Accepted {preflight.accepted:,}, duplicates {preflight.duplicates:,},"
        f" invalid {preflight.invalid:,}."
    )
    for reject in preflight.rejects[:5]:
        screen.print(f"  line {reject.line}: {reject.text[:60]!r}: {reject.reason}", markup=False)
    return batch


def _opened(source: str) -> BinaryIO:
    try:
        # Standard input is read as bytes, like a file: its encoding is ours to find out.
        return Path("/dev/stdin" if source == "-" else source).open("rb")
    except OSError as error:
        raise CommandError(f"Can't read {source}: {error.strerror}.") from error


def _param(text: str) -> tuple[str, Any]:
    name, found, value = text.partition("=")
    if not found:
        raise CommandError(f"--param {text}: write it as name=value.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _words(error: Exception) -> str:
    if not isinstance(error, NothingToRun):
        return str(error)
    lines = [f"  line {r.line}: {r.text[:60]!r}: {r.reason}" for r in error.preflight.rejects]
    return "\n".join([str(error), *lines])


def _batch(number: int) -> Batch:
    try:
        return Batch.objects.get(pk=number)
    except Batch.DoesNotExist:
        raise CommandError(f"There is no batch {number}.") from None


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), console=screen, transient=not screen.is_terminal)


def _counted(lines: Iterator[Line], bar: Progress) -> Iterator[Line]:
    task = bar.add_task("Reading", total=None)
    for count, line in enumerate(lines, 1):
        if count % 5_000 == 0:
            bar.update(task, completed=count)
        yield line


def _follow(batch: Batch) -> None:
    """Draw the bar until the batch has ended, or waits for a person."""
    with _bar() as bar:
        task = bar.add_task(batch.name, total=batch.total)
        while True:
            batch.refresh_from_db()
            bar.update(task, completed=reports.progress(batch).done, description=batch.state)
            if batch.state in FINISHED or batch.state in (BatchState.PAUSED, BatchState.DRAFT):
                return
            time.sleep(0.2)
