"""What goes wrong in a command, for the person who typed it: a sentence, and no traceback."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import InterfaceError, OperationalError, ProgrammingError

from adminapp import readiness
from batches.intake import BadInput, NothingToRun
from batches.lifecycle import BadRetry, IllegalTransition
from batches.pages import BatchGone
from dbcompat.doctor.causes import explain
from dbcompat.embedded_programs import EmbeddedError

# 128 and SIGPIPE: what a shell says of whatever a closed pipe has ended.
_PIPE_CLOSED = 141


@contextmanager
def in_words() -> Iterator[None]:
    try:
        yield
    except (BadInput, BadRetry, IllegalTransition, BatchGone) as error:
        raise CommandError(_words(error)) from error
    except (OperationalError, InterfaceError, EmbeddedError) as error:
        raise unreachable(error) from error
    except ProgrammingError as error:
        if not (reason := readiness.database()):
            raise
        raise CommandError(reason) from error
    except BrokenPipeError:
        # Who read this, `head` perhaps, has enough. What is still buffered must not try again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_PIPE_CLOSED)


def unreachable(error: Exception) -> CommandError:
    """Of a database that can't be connected to: why, and what to do."""
    if isinstance(error, EmbeddedError):
        return CommandError(f"The database can't be used. {error}")
    words, advice, _ = explain(error)
    return CommandError(
        f"The database can't be used: {words}. {advice} `manage.py doctor` looks at everything."
    )


def _words(error: Exception) -> str:
    if not isinstance(error, NothingToRun):
        return str(error)
    lines = [f"  line {r.line}: {r.text[:60]!r}: {r.reason}" for r in error.preflight.rejects]
    return "\n".join([str(error), *lines])
