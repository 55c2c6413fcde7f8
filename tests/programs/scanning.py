"""Scans one address after another in a process of its own; says of each what it took and what came of it."""

import asyncio
import json
import os
import sys
import time
from ipaddress import ip_network
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "adminapp.settings"
django.setup()

from django.conf import settings  # noqa: E402 - Only now are there any.

from batches.operation import Context, Failure  # noqa: E402
from batches.operations.page_scan import PageScan, PageScanParams  # noqa: E402


def megabytes(name: str) -> int:
    """Of this process only: getrusage begins with what the parent needed."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{name}:")[2].split()[0]) // 1024


class Lag:
    """The longest time that the loop did nothing else, in seconds."""

    longest = 0.0

    async def watch(self) -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.01)
            self.longest = max(self.longest, time.monotonic() - began - 0.01)


async def scanned(operation: PageScan, address: str) -> str:
    params = PageScanParams(respect_robots=False)
    try:
        result = await operation.run(address, params, Context(1, 0, 1, "test"))
    except Failure as failure:
        return str(failure)
    return f"{result.data['title']} {result.data.get('partly_read', '')}"


async def measured(operation: PageScan, address: str) -> dict[str, object]:
    lag = Lag()
    Path("/proc/self/clear_refs").write_text("5")  # noqa: ASYNC240 - Of the kernel, and at once.
    before = megabytes("VmRSS")
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(lag.watch())
        said = await scanned(operation, address)
        watching.cancel()
    return {"grown": megabytes("VmHWM") - before, "lag": lag.longest, "said": said}


async def main(addresses: list[str]) -> None:
    settings.CONSOLE_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    operation = PageScan()
    await operation.open()
    for address in addresses:
        sys.stdout.write(json.dumps(await measured(operation, address)) + "\n")
    await operation.close()


asyncio.run(main(sys.argv[1:]))
