"""Scan the page of each site: what it says, what it is built with, how to reach who made it."""

import asyncio
from http import HTTPStatus
from typing import Any

from django.conf import settings
from pydantic import Field

from batches.operation import Context, Operation, Permanent, Result, Target, Transient
from batches.operations.html import page
from batches.operations.html.charset import decode
from batches.operations.web import targets
from batches.operations.web.client import Answer
from batches.operations.web.fetch import Fetcher, Limits, is_page
from batches.operations.web.params import FetchParams

# Told to come back later: another attempt is what the site itself asks for.
_LATER = frozenset({408, 425, 429})
# Not implemented, wrong version, not extended: the same request will get the same answer.
_NEVER = frozenset({501, 505, 510})


class PageScanParams(FetchParams):
    max_redirects: int = Field(
        5, ge=0, le=20, title="Redirects to follow", description="A longer chain is a failure."
    )


class PageScan(Operation[PageScanParams]):
    slug = "page_scan"
    title = "Page scan"
    description = "Reads the page of each site: title, contacts, social profiles, technology."
    noun = "site"
    headline = ("title", "description", "url", "h1", "language", "emails", "phones", "generator")
    params = PageScanParams

    _fetcher: Fetcher

    async def open(self) -> None:
        self._fetcher = Fetcher(lambda: settings.CONSOLE_ALLOWED_NETWORKS)

    async def close(self) -> None:
        await self._fetcher.close()

    def target(self, line: str) -> Target:
        return targets.site(line)

    async def run(self, target: str, params: PageScanParams, context: Context) -> Result:
        limits = Limits(params.timeout_seconds, params.max_redirects, params.respect_robots)
        answer = await self._fetcher.site(target, limits)
        _check(answer)
        found = _facts(answer)
        # A PDF or a picture is an answer, too: there is a site, and it has no page to read.
        if is_page(answer.status, answer.content_type):
            loop = asyncio.get_running_loop()
            found |= await loop.run_in_executor(self._fetcher.threads, _read, answer)
        return Result(found)


def _facts(answer: Answer) -> dict[str, Any]:
    length = answer.headers.get("content-length", "")
    found: dict[str, Any] = {
        "url": answer.url,
        "status": answer.status,
        "redirects": [{"url": hop.url, "status": hop.status} for hop in answer.hops],
        "content_type": answer.content_type[:100],
        # Of what is no page, nothing was read: the server's word must do.
        "bytes": len(answer.body) or (int(length) if length[:15].isdecimal() else None),
        "milliseconds": answer.milliseconds,
    }
    if answer.insecure:
        found["https_problem"] = answer.insecure
    return found


def _read(answer: Answer) -> dict[str, Any]:
    text, encoding = decode(answer.body, answer.headers.get("content-type", ""))
    return {"encoding": encoding, **page.parse(text, answer.url)}


def _check(answer: Answer) -> None:
    if answer.status < 400:
        return
    phrase = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else ""
    words = f"The site answered {answer.status} {phrase}".strip() + "."
    again = answer.status in _LATER or (answer.status >= 500 and answer.status not in _NEVER)
    if again:
        raise Transient(words, cause=words, retry_after=answer.retry_after)
    raise Permanent(words, cause=words)
