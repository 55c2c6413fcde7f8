"""A Celery application whose broker is a folder."""

import os
import threading
from pathlib import Path

import django

django.setup()

from celery import Celery  # type: ignore[import-untyped]  # noqa: E402
from celery.signals import worker_ready  # type: ignore[import-untyped]  # noqa: E402

from dbcompat import celery_workers, loop  # noqa: E402
from tests.programs.work import hold  # noqa: E402

celery_workers.start_with_each_worker()
if "PROBE_UNWIRED" in os.environ:
    # As if dbcompat knew nothing of Celery.
    celery_workers.listen = lambda drain: None

folder = Path(os.environ["PROBE_BROKER"])
for name in ("queue", "control"):
    (folder / name).mkdir(parents=True, exist_ok=True)
app = Celery("probe", broker="filesystem://")
app.conf.update(
    broker_transport_options={
        "data_folder_in": folder / "queue",
        "data_folder_out": folder / "queue",
        "control_folder": folder / "control",
    },
    broker_connection_retry_on_startup=False,
    worker_hijack_root_logger=False,
)


@app.task  # type: ignore[untyped-decorator]
def work() -> None:
    """Hands something to the background and is done before that is."""
    began = "early" if loop.health().alive else "late"
    begun = threading.Event()
    loop.run(promise, timeout=20)
    loop.submit(hold, f"{began} {os.getpid()}", 1.0, begun.set)
    begun.wait(20)
    (folder / f"begun-{os.getpid()}").touch()


async def promise() -> None:
    loop.on_stop(keep)


async def keep() -> None:
    (folder / "cleaned-up").touch()


@worker_ready.connect  # type: ignore[untyped-decorator]
def send(**_: object) -> None:
    work.delay()
