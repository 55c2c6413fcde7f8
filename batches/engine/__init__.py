"""Runs batches: on the loop thread, in slices, by leased chunks."""

import sys

_RECONCILER = "batches.engine.reconciler"


def start() -> None:
    """Begin to look after batches in this process. Idempotent; returns at once."""
    # Not before: a command that runs nothing would take twice as long to begin.
    from batches.engine import reconciler

    reconciler.start()


def wake() -> None:
    """Look now rather than within a second. Does nothing where no engine runs."""
    # Another thread may be in the middle of loading it.
    if wake_it := getattr(sys.modules.get(_RECONCILER), "wake", None):
        wake_it()
