"""Scan the pages of each site: what they say, what they are built with, how to reach who made them."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from django.conf import settings
from pydantic import Field

from batches.operation import Context, Operation, Permanent, Result, Row, Target, Transient
from batches.operations import found
from batches.operations.crawl import Crawl, Extent, Read, Seen, crawl
from batches.operations.html import page
from batches.operations.web import targets
from batches.operations.web.client import Answer
from batches.operations.web.fetch import Fetcher, Limits
from batches.operations.web.params import CrawlParams

# Told to come back later: another attempt is what the site itself asks for.
_LATER = frozenset({408, 425, 429})
# Not implemented, wrong version, not extended: the same request will get the same answer.
_NEVER = frozenset({501, 505, 510})
_MOST = 200


class PageScanParams(CrawlParams):
    max_redirects: int = Field(
        5, ge=0, le=20, title="Redirects to follow", description="A longer chain is a failure."
    )


class PageScan(Operation[PageScanParams]):
    slug = "page_scan"
    title = "Page scan"
    description = "Reads pages of each site: title, contacts, social profiles, technology."
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
        home = await self._fetcher.site(target, limits)
        check(home)
        extent = Extent(params.max_pages, params.site_seconds)
        seen = await crawl(self._fetcher, target, limits, extent, _read, home)
        return Result(_facts(seen), _rows(target, context, seen))

    def failure_rows(self, target: str, problem: str, context: Context) -> Sequence[Row]:
        return found.failure_rows(target, problem, context, self.slug)


def _read(read: Read) -> dict[str, Any]:
    return {"encoding": read.encoding, **page.fields(read.document)}


def _facts(seen: Crawl[dict[str, Any]]) -> dict[str, Any]:
    """Of the first page all, of the others how to reach somebody, and that they are there."""
    first = seen.pages[0]
    facts = {**_of_answer(first.answer), **(first.value or {})}
    if len(seen.pages) > 1 or seen.problems:
        facts |= _united(seen)
        facts["pages"] = [_line(one) for one in seen.pages]
        facts["page_problems"] = dict(list(seen.problems.items())[:_MOST])
    if seen.left_out:
        facts["left_out"] = seen.left_out
    return facts


def _united(seen: Crawl[dict[str, Any]]) -> dict[str, Any]:
    values = [one.value for one in seen.pages if one.value]
    social: dict[str, Any] = {}
    for value in values:
        social = {**value.get("social", {}), **social}
    lists = {name: _each_once(value.get(name, []) for value in values) for name in _LISTS}
    return {**lists, "social": social, "contact_form": any(v.get("contact_form") for v in values)}


_LISTS = ("emails", "phones")


def _each_once(lists: Iterable[Iterable[Any]]) -> list[Any]:
    return list(dict.fromkeys(part for parts in lists for part in parts))[:_MOST]


def _line(one: Seen[dict[str, Any]]) -> dict[str, Any]:
    value = one.value or {}
    return {"url": one.answer.url, "status": one.answer.status, "title": value.get("title")}


def _of_answer(answer: Answer) -> dict[str, Any]:
    length = answer.headers.get("content-length", "")
    facts: dict[str, Any] = {
        "url": answer.url,
        "status": answer.status,
        "redirects": [{"url": hop.url, "status": hop.status} for hop in answer.hops],
        "content_type": answer.content_type[:100],
        # Of what is no page, nothing was read: the server's word must do.
        "bytes": len(answer.body) or (int(length) if length[:15].isdecimal() else None),
        "milliseconds": answer.milliseconds,
    }
    if answer.insecure:
        facts["https_problem"] = answer.insecure
    return facts


def _rows(target: str, context: Context, seen: Crawl[dict[str, Any]]) -> list[Row]:
    facts = _facts(seen)
    cms = facts.get("cms") or {}
    domain = found.domain_row(
        target,
        context,
        url=facts["url"],
        status=facts["status"],
        cms=cms.get("name"),
        technologies=[one["name"] for one in facts.get("technologies", [])],
        pages=len(seen.pages),
        **{name: facts.get(name) for name in _SITE},
    )
    pages = [found.page_row(target, context, one) for one in seen.pages if one.value is not None]
    return [domain, *pages, found.scan_row(target, context, PageScan.slug)]


_SITE = ("title", "description", "language", "favicon", "logo", "emails", "phones", "social")


def check(answer: Answer) -> None:
    """Raises Transient or Permanent for an answer that says no."""
    if answer.status < 400:
        return
    phrase = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else ""
    words = f"The site answered {answer.status} {phrase}".strip() + "."
    again = answer.status in _LATER or (answer.status >= 500 and answer.status not in _NEVER)
    if again:
        raise Transient(words, cause=words, retry_after=answer.retry_after)
    raise Permanent(words, cause=words)
