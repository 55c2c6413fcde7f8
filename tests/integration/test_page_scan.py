"""Page scan as a batch: pages that other people wrote, and the sample sites."""

import pydoc
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import lxml.html
import pytest
from aiohttp import web
from django.conf import LazySettings

from adminapp.demo import start_demo
from dbcompat import loop
from tests.integration.running import counts, finished, started

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("engine"),
    pytest.mark.slow,
]

PAGES = Path(pytest.__file__).parents[1] / "pygame" / "docs" / "generated"
MODULES = [
    "abc",
    "argparse",
    "array",
    "ast",
    "asyncio",
    "base64",
    "bisect",
    "calendar",
    "cmath",
    "codecs",
    "collections",
    "configparser",
    "contextlib",
    "copy",
    "csv",
    "ctypes",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "dis",
    "email",
    "enum",
    "errno",
    "fractions",
    "functools",
    "gc",
    "getpass",
    "glob",
    "graphlib",
    "gzip",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "http",
    "inspect",
    "io",
    "ipaddress",
    "itertools",
    "json",
    "keyword",
    "linecache",
    "locale",
    "logging",
    "math",
    "mimetypes",
    "numbers",
    "operator",
    "os",
    "pathlib",
    "pickle",
    "platform",
    "pprint",
    "queue",
    "random",
    "re",
    "sched",
    "secrets",
    "select",
    "shlex",
    "shutil",
    "signal",
    "socket",
    "sqlite3",
    "ssl",
    "stat",
    "statistics",
    "string",
    "struct",
]


@pytest.fixture(autouse=True)
def loopback_is_open(settings: LazySettings) -> None:
    settings.CONSOLE_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]


@pytest.fixture(scope="module")
def pages() -> dict[str, bytes]:
    """Name → HTML: the documentation of a game library, and of Python's modules by pydoc."""
    found = {path.name: path.read_bytes() for path in sorted(PAGES.rglob("*.html"))}
    for name in MODULES:
        module = __import__(name)
        body = pydoc.html.document(module, name)
        found[f"{name}.pydoc"] = pydoc.html.page(f"Python: module {name}", body).encode()
    assert len(found) >= 120
    return found


@pytest.fixture
def address(pages: dict[str, bytes], engine: None) -> Iterator[str]:
    """Where these pages are served, on loopback."""

    async def answer(request: web.Request) -> web.Response:
        body = pages.get(request.path[1:])
        return web.Response(body=body or b"", status=200 if body else 404, content_type="text/html")

    async def serve() -> tuple[web.AppRunner, int]:
        runner = web.AppRunner(web.Application(), access_log=None, handle_signals=False)
        runner.app.router.add_get("/{path:.*}", answer)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner, runner.addresses[0][1]

    runner, port = loop.run(serve, timeout=10)
    yield f"http://127.0.0.1:{port}"
    loop.run(runner.cleanup, timeout=10)


def title(page: bytes) -> str | None:
    """As another parser reads it."""
    parser = lxml.html.HTMLParser(encoding="utf-8")
    found = lxml.html.document_fromstring(page, parser=parser).findtext(".//title")
    return " ".join(found.split()) if found and found.strip() else None


def test_every_title_of_a_hundred_and_twenty_real_pages(
    pages: dict[str, bytes], address: str
) -> None:
    batch = finished(started("page_scan", [f"{address}/{name}" for name in pages], concurrency=20))
    assert counts(batch) == {"succeeded": len(pages)}
    for item in batch.items.all():
        name = item.target.rpartition("/")[2]
        assert item.result is not None
        assert item.result["title"] == title(pages[name]), name


def test_the_sample_sites_come_to_what_they_should() -> None:
    demo = loop.run(start_demo, timeout=30)
    batch = finished(started("page_scan", demo.targets, backoff_seconds=0.3), limit=60)
    should = {target: behaviour.succeeds for target, behaviour in demo.expected.items()}
    for item in batch.items.all():
        assert (item.state == "succeeded") == should[item.target], (item.target, item.error)
    groups = {group.message: group.count for group in batch.failure_groups.all()}
    assert "The site answered 404 Not Found." in groups
    assert "The site redirects in a circle." in groups
    assert "The page is larger than 5 MB." in groups
    assert sum(groups.values()) == batch.items.filter(state="failed").count()
    loop.run(demo.close, timeout=10)


def test_private_networks_are_a_failure_of_their_own(settings: LazySettings) -> None:
    settings.CONSOLE_ALLOWED_NETWORKS = []
    batch = finished(started("page_scan", ["127.0.0.1", "http://[::1]/", "10.0.0.1"]))
    group = batch.failure_groups.get()
    assert (group.error_class, group.message) == ("Blocked", "Blocked: not on the public web")
    assert set(batch.items.values_list("attempts", flat=True)) == {1}
