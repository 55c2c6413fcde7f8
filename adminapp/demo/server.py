"""The sample sites, served on loopback: something to scan without touching anybody's server."""

import asyncio
import socket
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web

from adminapp.demo import pages
from adminapp.demo.behaviours import Behaviour
from adminapp.demo.sites import Site, sites

HUGE_BYTES = 20 * 1024 * 1024
_BLOCK = b"<p>" + b"The same paragraph, again and again. " * 1_770 + b"</p>\n"
_MOVES = {"/": "/welcome", "/welcome": "/welcome/", "/welcome/": "/home", "/home": "/start"}
_LOOP = {"/": "/en", "/en": "/"}
# What the front of a site says about itself; "Server" would otherwise name this program.
_HEADERS = {"Server": "nginx"}


@dataclass(frozen=True, slots=True)
class DemoWeb:
    """`targets` are lines of input for a scan; `expected` says how the site of each behaves."""

    targets: list[str]
    expected: dict[str, Behaviour]
    sites: dict[str, Site]
    _runner: web.ServerRunner
    _silent: socket.socket

    async def close(self) -> None:
        """Answers that are under way are broken off."""
        await self._runner.cleanup()
        self._silent.close()


async def start_demo(host: str = "127.0.0.1", port: int = 0) -> DemoWeb:
    """Serve on the running loop until `close()`. `host` must be a loopback address; port 0: any.

    Sites are told apart by names under .localhost, which c-ares resolves to loopback by itself
    (RFC 6761, section 6.3), as browsers do.
    """
    every = {site.host: site for site in sites()}
    server = web.Server(_Front(every).answer, access_log=None)
    # Long enough for an answer that is being written, too short to wait for a slow site.
    runner = web.ServerRunner(server, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    silent = socket.socket()
    try:
        # Bound but not listening: the port stays ours, and refuses.
        silent.bind((host, 0))
        await web.TCPSite(runner, host, port).start()
    except BaseException:
        await runner.cleanup()
        silent.close()
        raise
    open_port, closed_port = runner.addresses[0][1], silent.getsockname()[1]
    by_target = {
        f"http://{site.host}:{closed_port if site.behaviour is Behaviour.SILENT else open_port}/": site
        for site in every.values()
    }
    expected = {target: site.behaviour for target, site in by_target.items()}
    return DemoWeb(list(by_target), expected, by_target, runner, silent)


class _Front:
    """Answers for all sites, by the Host header."""

    def __init__(self, every: dict[str, Site]) -> None:
        self._sites = every
        self._asked: Counter[str] = Counter()
        self._special: dict[Behaviour, _Answer] = {
            Behaviour.SLOW: self._slow,
            Behaviour.FALTERING: self._faltering,
            Behaviour.BUSY: self._faltering,
            Behaviour.MOVED: self._moved,
            Behaviour.MISSING: self._missing,
            Behaviour.LOOPING: self._looping,
            Behaviour.ABORTING: self._aborting,
            Behaviour.HUGE: self._huge,
        }

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        site = self._sites.get((request.host or "").partition(":")[0].lower())
        if site is None:
            return web.Response(status=421, text="No such site here.\n")
        own = _about_the_site(site, request)
        return own if own is not None else await self._page(site, request)

    async def _page(self, site: Site, request: web.BaseRequest) -> web.StreamResponse:
        special = self._special.get(site.behaviour)
        # The other pages of a site are fine: what is shown is what a home page can do to a scan.
        if special is not None and request.path in ("/", *_MOVES, *_LOOP):
            return await special(site, request)
        return _fine(site, request)

    async def _slow(self, site: Site, request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(0.5 + site.number % 6 * 0.5)
        return _fine(site, request)

    async def _faltering(self, site: Site, request: web.BaseRequest) -> web.StreamResponse:
        self._asked[site.host] += 1
        if self._asked[site.host] % 2 == 0:
            return _fine(site, request)
        if site.behaviour is Behaviour.BUSY:
            headers = {**_HEADERS, "Retry-After": "1"}
            return web.Response(status=503, text="One moment, please.\n", headers=headers)
        return web.Response(status=500, text="Internal Server Error\n", headers=_HEADERS)

    async def _moved(self, site: Site, request: web.BaseRequest) -> web.StreamResponse:
        if (to := _MOVES.get(request.path)) is not None:
            return _redirect(301, to)
        return _fine(site, request)

    async def _missing(self, site: Site, request: web.BaseRequest) -> web.StreamResponse:
        return _html(pages.not_found(site), status=404)

    async def _looping(self, site: Site, request: web.BaseRequest) -> web.StreamResponse:
        return _redirect(302, _LOOP.get(request.path, "/"))

    async def _aborting(self, site: Site, request: web.BaseRequest) -> web.StreamResponse:
        page = _home(site, request).encode()
        response = web.StreamResponse(headers={**_HEADERS, "Content-Type": "text/html"})
        response.content_length = len(page)
        await response.prepare(request)
        await response.write(page[: len(page) // 2])
        if request.transport is not None:
            request.transport.abort()
        return response

    async def _huge(self, site: Site, request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={**_HEADERS, "Content-Type": "text/html; charset=utf-8"}
        )
        await response.prepare(request)
        # Whoever has read enough closes the connection.
        with suppress(ConnectionError):
            await response.write(_home(site, request).partition("</main>")[0].encode())
            for _ in range(HUGE_BYTES // len(_BLOCK) + 1):
                await response.write(_BLOCK)
            await response.write(b"</main></body></html>")
        return response


type _Answer = Callable[[Site, web.BaseRequest], Awaitable[web.StreamResponse]]


def _about_the_site(site: Site, request: web.BaseRequest) -> web.Response | None:
    base = f"http://{request.host}"
    match request.path:
        case "/robots.txt" if site.behaviour is Behaviour.REFUSING:
            return web.Response(text=pages.ROBOTS_REFUSE, headers=_HEADERS)
        case "/robots.txt" if site.number % 3:
            return web.Response(text=pages.robots(base), headers=_HEADERS)
        case "/sitemap.xml":
            return _typed(pages.sitemap(site, base), "application/xml")
        case "/favicon.svg" | "/favicon.ico":
            return _typed(pages.FAVICON, "image/svg+xml")
    return None


def _fine(site: Site, request: web.BaseRequest) -> web.Response:
    path = request.path if request.path != "/start" else "/"
    page = pages.pages(site).get(path)
    if page is None:
        return _html(pages.not_found(site), status=404)
    text = page(f"http://{request.host}")
    if site.behaviour is Behaviour.MISLABELLED:
        return _mislabelled(text)
    return _html(text)


def _home(site: Site, request: web.BaseRequest) -> str:
    return pages.pages(site)["/"](f"http://{request.host}")


def _mislabelled(text: str) -> web.Response:
    headers = {**_HEADERS, "Content-Type": "text/html; charset=utf-8"}
    return web.Response(body=text.encode("latin-1", "xmlcharrefreplace"), headers=headers)


def _html(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", headers=_HEADERS)


def _typed(text: str, content_type: str) -> web.Response:
    return web.Response(text=text, content_type=content_type, headers=_HEADERS)


def _redirect(status: int, to: str) -> web.Response:
    return web.Response(status=status, headers={**_HEADERS, "Location": to})
