"""Two children of multiprocessing that work in the background: python -m tests.programs.children METHOD.

METHOD is "fork" or "spawn". One returns where its work is in flight, the other is told to terminate, as a pool does.
"""

import multiprocessing
import os
import sys
import threading
import time
from multiprocessing.context import ForkContext, SpawnContext
from multiprocessing.synchronize import Event

import django


def child(ready: Event, ending: str) -> None:
    django.setup()
    from dbcompat import loop
    from tests.programs.work import hold

    loop.end_on_signals()
    begun = threading.Event()
    loop.submit(hold, f"{ending} {os.getpid()}", 0.7, begun.set)
    begun.wait(20)
    ready.set()
    if ending == "terminate":
        time.sleep(60)


def main(method: str) -> None:
    django.setup()
    from dbcompat import loop
    from tests.programs.work import backend

    context: ForkContext | SpawnContext = multiprocessing.get_context("spawn")
    if method == "fork":
        context = multiprocessing.get_context("fork")
    loop.run(backend, timeout=20)
    started = []
    for ending in ("return", "terminate"):
        ready = context.Event()
        process = context.Process(target=child, args=(ready, ending))
        process.start()
        started.append((ending, process, ready))
    for ending, process, ready in started:
        ready.wait(30)
        if ending == "terminate":
            process.terminate()
        process.join(30)
        sys.stdout.write(f"{ending} {process.pid} {process.exitcode}\n")
    loop.run(backend, timeout=20)


if __name__ == "__main__":
    main(sys.argv[1])
