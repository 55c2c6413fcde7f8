"""What a person sees of a command. On standard error: what a script reads stays clean."""

import time
from collections.abc import Generator, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from batches import reports
from batches.intake import Preflight
from batches.lines import Line
from batches.models import Batch
from batches.states import FINISHED, BatchState

_console = Console(stderr=True)
_WAITS_FOR_A_PERSON = (BatchState.PAUSED, BatchState.DRAFT)


def say(sentence: str) -> None:
    _console.print(sentence, markup=False, highlight=False, soft_wrap=True)


def say_preflight(preflight: Preflight) -> None:
    say(
        f"Accepted {preflight.accepted:,}, duplicates {preflight.duplicates:,},"
        f" invalid {preflight.invalid:,}."
    )
    for reject in preflight.rejects[:5]:
        say(f"  line {reject.line}: {reject.text[:60]!r}: {reject.reason}")


def counted(lines: Iterator[Line]) -> Generator[Line]:
    """The lines; how many have been read is drawn until this is closed."""
    with _bar() as bar:
        task = bar.add_task("Reading", total=None)
        for count, line in enumerate(lines, 1):
            if count % 5_000 == 0:
                bar.update(task, completed=count)
            yield line


def follow(batch: Batch) -> None:
    """Draw the bar until the batch has ended, or waits for a person."""
    with _bar() as bar:
        task = bar.add_task(batch.state, total=batch.total)
        while True:
            batch.refresh_from_db()
            bar.update(task, completed=reports.progress(batch).done, description=batch.state)
            if batch.state in FINISHED or batch.state in _WAITS_FOR_A_PERSON:
                return
            time.sleep(0.2)


def _bar() -> Progress:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    # Into a file nothing is drawn: neither the steps nor the end.
    return Progress(*columns, console=_console, transient=not _console.is_terminal)
