"""Ten thousand sites in one batch: whether all is settled, how long the loop is held up, how much memory it takes.

The sites are `world_server`'s, on loopback, with their dead, slow and hostile ones. The engine, the database and
the operation are those of the product. Of 200,000 items, the usual number, 10,000 are sites.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

from django.conf import settings

from batches import engine, lifecycle
from batches.intake import BatchSpec, create_batch, read_text
from batches.models import Batch
from batches.recount import verify
from batches.reports import failure_groups
from batches.states import FINISHED
from benchmarks.engine import delete
from dbcompat import loop

PAUSE = 0.01
SLOW_SECONDS = 5.0


@dataclass(slots=True)
class Watched:
    """`lags` in milliseconds beyond what a nap should take, `memory` of the process in MB, each second."""

    lags: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    over: bool = False

    async def watch(self) -> None:
        while not self.over:
            began = time.monotonic()
            await asyncio.sleep(PAUSE)
            self.lags.append((time.monotonic() - began - PAUSE) * 1000)
            if len(self.lags) % 100 == 0:
                self.memory.append(resident())


def run(items: int) -> None:
    """Print what became of a page scan of one site for each 20 `items`."""
    with world(items // 20, SLOW_SECONDS) as sites:
        batch, watched, seconds = scanned("page_scan", [address for address, _ in sites])
    counts = Counter(batch.items.values_list("state", flat=True))
    lags = statistics.quantiles(watched.lags, n=1000)
    middle = watched.memory[len(watched.memory) // 2 :][:5]
    print(
        f"{len(sites):,} sites in {seconds:.0f} s: {len(sites) / seconds:.0f} a second; {dict(counts)}"
    )
    print(
        f"the loop was held up: half {lags[499]:.1f} ms, p99 {lags[989]:.1f} ms, longest {max(watched.lags):.0f} ms"
    )
    print(
        f"memory: at first {watched.memory[0]:.0f} MB, in the middle {max(middle):.0f} MB, at the end {watched.memory[-1]:.0f} MB"
    )
    for group in failure_groups(batch):
        print(f"{group.count:>6} {group.message}")
    assert verify(batch) == []
    assert not counts.get("pending"), counts
    delete(batch)


def scanned(operation: str, targets: list[str]) -> tuple[Batch, Watched, float]:
    """The batch at its end, and how long it took in seconds."""
    settings.CONSOLE_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    spec = BatchSpec(operation=operation, params={}, name="world", user=None, concurrency=100, max_attempts=2, backoff_seconds=1.0)  # fmt: skip
    batch, _ = create_batch(spec, read_text("\n".join(targets)))
    watched = Watched()
    engine.start()
    done = loop.submit(watched.watch)
    began = time.monotonic()
    lifecycle.start(batch, None)
    while batch.state not in FINISHED:
        time.sleep(0.2)
        batch.refresh_from_db()
    watched.over = True
    done.result(timeout=10)
    return batch, watched, time.monotonic() - began


@contextmanager
def world(count: int, seconds: float) -> Iterator[list[tuple[str, str]]]:
    """The address of each site, and of what kind it is."""
    command = [sys.executable, "-m", "benchmarks.world_server", str(count), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - Our own.
        assert server.stdout is not None
        try:
            told = json.loads(server.stdout.readline())
            yield [(f"http://127.0.0.1:{port}/", kind) for port, kind in told]
        finally:
            server.terminate()


def resident() -> float:
    """Megabytes of this process."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024
