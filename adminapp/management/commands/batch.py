import sys
from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from adminapp.batch_json import batch_json, json_text
from adminapp.cli import creation
from adminapp.cli.screen import follow, say
from adminapp.cli.words import in_words
from adminapp.exports import ITEMS, items
from adminapp.file_formats import FORMATS, NO_PARQUET, has_parquet
from batches import engine, lifecycle, reports
from batches.models import Batch
from batches.recount import verify
from batches.states import ACTIVE, ItemState
from dbcompat import checks, loop

# Verbs that take the number of a batch.
_OF_A_BATCH = {
    "watch": "follow a batch until it ends or waits for somebody",
    "status": "say how a batch stands",
    "pause": "pause a batch",
    "resume": "go on with a paused batch",
    "cancel": "cancel a batch: what has not run is skipped",
    "delete": "delete a batch that is not active; what it found stays",
    "retry": "put failed items back to pending",
    "export": "write the items to standard output",
    "verify": "recount everything; ends with 1 if a counter is wrong",
}


class Command(BaseCommand):
    help = "Create, run, watch and export batches."
    # Those of the pages would load the whole site first, which takes longer than most of the verbs.
    requires_system_checks = (checks.TAG,)

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, parser_class=ArgumentParser)
        create = verbs.add_parser("create", help="create a batch from a list, and start it")
        creation.add_arguments(create)
        create.add_argument("--paused", action="store_true", help="do not start it")
        creation.add_arguments(verbs.add_parser("run", help="create a batch and process it here"))
        for verb, meaning in _OF_A_BATCH.items():
            verbs.add_parser(verb, help=meaning).add_argument("number", metavar="ID", type=int)
        verbs.choices["status"].add_argument("--json", action="store_true", dest="as_json")
        chosen = verbs.choices["retry"].add_mutually_exclusive_group()
        chosen.add_argument("--failed", action="store_true", help="all that failed: the default")
        chosen.add_argument("--group", type=int, help="those of one failure group")
        export = verbs.choices["export"]
        export.add_argument("--format", choices=list(FORMATS), default="csv", dest="kind")
        export.add_argument("--state", choices=[state.value for state in ItemState], default="")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        with in_words():
            getattr(self, f"_{verb}")(**options)
            # Here and not at exit, where nobody could say that the reader has gone.
            self.stdout.flush()

    def _create(self, *, paused: bool, **options: Any) -> None:
        batch = creation.created(options)
        if not paused:
            lifecycle.start(batch, None)
        self.stdout.write(str(batch.pk))

    def _run(self, **options: Any) -> None:
        batch = creation.created(options)
        self.stdout.write(f"Batch {batch.pk}.")
        engine.start()
        lifecycle.start(batch, None)
        try:
            follow(batch)
        except KeyboardInterrupt:
            say("Stopping.")
        finally:
            loop.stop()
        self._end(batch)

    def _watch(self, *, number: int, **options: Any) -> None:
        batch = _batch(number)
        try:
            follow(batch)
        except KeyboardInterrupt:
            return
        self.stdout.write(reports.sentence(batch))

    def _end(self, batch: Batch) -> None:
        batch.refresh_from_db()
        if batch.state in ACTIVE:
            say(
                f"Batch {batch.pk} goes on where it was as soon as a console runs: manage.py serve."
            )
            sys.exit(1)
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

    def _delete(self, *, number: int, **options: Any) -> None:
        lifecycle.delete(_batch(number), None)
        self.stdout.write(f"Batch {number} is deleted. Its rows go while a console runs.")

    def _say(self, verb: Callable[[Batch, None], None], number: int) -> None:
        batch = _batch(number)
        verb(batch, None)
        self.stdout.write(f"Batch {batch.pk} is {batch.state}.")

    def _retry(self, *, number: int, group: int | None, **options: Any) -> None:
        scope = "failed" if group is None else "group"
        action = lifecycle.retry(_batch(number), None, scope, group=group)
        self.stdout.write(f"Retry of {action.intended:,} items asked for: action {action.pk}.")

    def _export(self, *, number: int, kind: str, state: str, **options: Any) -> None:
        if kind == "parquet" and not has_parquet():
            raise CommandError(NO_PARQUET)
        for piece in FORMATS[kind](ITEMS, items(_batch(number), state)):
            if kind == "parquet":
                sys.stdout.buffer.write(piece)
            else:
                self.stdout.write(piece.decode(), ending="")

    def _verify(self, *, number: int, **options: Any) -> None:
        wrong = verify(_batch(number))
        for sentence in wrong:
            self.stdout.write(sentence)
        if wrong:
            sys.exit(1)
        self.stdout.write("Every counter agrees with its items.")


def _batch(number: int) -> Batch:
    try:
        return Batch.kept.get(pk=number)
    except Batch.DoesNotExist:
        raise CommandError(f"There is no batch {number}.") from None
