"""Sites on loopback that say what a test has them say."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network

from aiohttp import web
from django.conf import LazySettings

from dbcompat import loop


@dataclass(frozen=True, slots=True)
class Said:
    """One answer. It comes after `seconds`."""

    body: str | bytes = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "text/html"
    seconds: float = 0.0


type Pages = dict[str, str | Said]


@dataclass(slots=True)
class Site:
    """`asked` has the paths in the order in which they were asked for, robots.txt left out.

    What is asked for again with the tag that it has is `unchanged`, and not sent. `peers` are the connections.
    """

    base: str
    pages: Pages
    asked: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    peers: set[tuple[str, int]] = field(default_factory=set)

    async def answer(self, request: web.BaseRequest) -> web.Response:
        path = request.path_qs
        assert request.transport is not None
        self.peers.add(request.transport.get_extra_info("peername"))
        if path != "/robots.txt":
            self.asked.append(path)
        said = self.pages.get(path, Said("Not found", 404))
        said = Said(said) if isinstance(said, str) else said
        await asyncio.sleep(said.seconds)
        body = said.body.encode() if isinstance(said.body, str) else said.body
        headers = {"Content-Type": said.kind, **said.headers}
        if said.headers.get("ETag", "") == request.headers.get("If-None-Match"):
            self.unchanged.append(path)
            return web.Response(status=304, headers=said.headers)
        return web.Response(body=body, status=said.status, headers=headers)


@contextmanager
def answering(answer: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> Iterator[str]:
    """The address of a server on the loop thread, which gives these answers."""
    running: list[web.ServerRunner] = []

    async def start() -> str:
        runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
        running.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        return f"http://{host}:{port}"

    base = loop.run(start, timeout=10)
    try:
        yield base
    finally:
        loop.run(running[0].cleanup, timeout=10)


@contextmanager
def site(settings: LazySettings, make: Callable[[str], Pages] | Pages) -> Iterator[Site]:
    """A site of these pages; `make` is told its address. Operations may reach it."""
    settings.CONSOLE_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    made = Site("", {})
    with answering(made.answer) as made.base:
        made.pages = make(made.base) if callable(make) else dict(make)
        yield made
