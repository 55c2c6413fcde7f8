"""Celery's prefork workers, which leave by os._exit, past everything that Python does at exit.

Imported only where Celery is loaded already, so nobody else needs to have it installed.
"""

from collections.abc import Callable
from typing import Any

from celery.signals import worker_process_init, worker_process_shutdown  # type: ignore[import-untyped]

from dbcompat import loop


def listen(drain: Callable[[], None]) -> None:
    """Have `drain` called when this worker process ends."""

    def ended(**_: Any) -> None:
        drain()

    worker_process_shutdown.connect(ended, weak=False, dispatch_uid="dbcompat")


def start_with_each_worker() -> None:
    """In the parent: each worker process starts its loop at its beginning, not with its first task."""

    def begun(**_: Any) -> None:
        loop.start()

    worker_process_init.connect(begun, weak=False, dispatch_uid="dbcompat")
