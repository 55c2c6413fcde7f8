"""Cookies within one chain of redirects: some sites set one, send us to the same page, and look whether it comes back."""

from contextlib import suppress
from http.cookies import CookieError, SimpleCookie

import ada_url
from aiohttp import CookieJar
from yarl import URL

_MOST, _LONGEST = 20, 4_096


class Cookies:
    """Used on one loop, for one chain; nothing of it is kept for the next."""

    def __init__(self) -> None:
        self._jar: CookieJar | None = None

    def keep(self, url: ada_url.URL, lines: str) -> None:
        """Of Set-Cookie headers, a line each: as many as a browser would need to be let in."""
        for line in lines.split("\n")[:_MOST] if lines else ():
            with suppress(CookieError):
                # Sites without a name have cookies, too.
                self._jar = self._jar or CookieJar(unsafe=True)
                cookie = SimpleCookie(line[:_LONGEST])
                self._jar.update_cookies(cookie, URL(url.href, encoded=True))

    def header(self, url: ada_url.URL) -> dict[str, str]:
        if self._jar is None:
            return {}
        found = self._jar.filter_cookies(URL(url.href, encoded=True)).values()
        text = "; ".join(f"{cookie.key}={cookie.coded_value}" for cookie in found)
        return {"Cookie": text} if text else {}
