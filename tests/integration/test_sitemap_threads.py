"""Sitemaps are read beside the loop, by a parser that must not notice."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# In a process of its own: it is the process that would go down.
SCRIPT = """
import asyncio, gc
from ipaddress import ip_network
from aiohttp import web
from batches.operations.web.guard import Reach
from batches.operation import NoStorage
from batches.operations.sitemaps.files import Shelf
from batches.operations.sitemaps.walk import Caps, Keeping, Walk
from batches.operations.web.fetch import Fetcher, Limits
from tests.loopback import QUICK, serving

FILES = 150

async def answer(request):
    number = request.path.strip("/")
    # Names that are in no other file: what a parser remembers of them is what it is about.
    pages = "".join(f"<url><loc>http://a.example/{number}/{n}</loc><t{number}_{n}/></url>" for n in range(200))
    return web.Response(body=f'<?xml version="1.0"?><urlset>{pages}</urlset>'.encode())

async def main():
    fetcher = Fetcher(lambda: Reach([ip_network("127.0.0.1")]), courtesy=QUICK)
    async with serving(answer) as address:
        async def scan(numbers):
            keeping = Keeping(NoStorage(), Shelf("127.0.0.1", 1), False)
            walk = Walk(fetcher, Limits(seconds=20, robots=False), Caps(FILES, 1, 1_000_000), "127.0.0.1", keeping)
            await walk.named([f"{address}/{n}" for n in numbers])
            return walk.found.urls
        found = await asyncio.gather(*(scan(range(start, FILES, 5)) for start in range(5)))
        gc.collect()
        print(sum(found))
    await fetcher.close()

asyncio.run(main())
"""


def test_what_is_read_in_a_thread_can_be_forgotten_in_another() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env={"DJANGO_SETTINGS_MODULE": "adminapp.settings", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (0, "30000\n"), ran.stderr
