"""Scan the pages of each site: what they say, what they are built with, how to reach who made them."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from pydantic import Field

from batches.operation import Context, Result, Row
from batches.operations import found
from batches.operations.crawl import Crawl, Extent, Read, Recall, Seen, crawl
from batches.operations.earlier import facts_recalled
from batches.operations.html import page
from batches.operations.site_operation import SiteOperation
from batches.operations.suppression import without
from batches.operations.web.client import Answer
from batches.operations.web.fetch import Limits
from batches.operations.web.params import CrawlParams
from batches.operations.web.targets import domain_of

_MOST = 200


class PageScanParams(CrawlParams):
    max_redirects: int = Field(
        5, ge=0, le=20, title="Redirects to follow", description="A longer chain is a failure."
    )


class PageScan(SiteOperation[PageScanParams]):
    slug = "page_scan"
    title = "Page scan"
    description = "Reads pages of each site: title, contacts, social profiles, technology."
    headline = ("title", "description", "url", "h1", "language", "emails", "phones", "generator")
    params = PageScanParams

    async def run(self, target: str, params: PageScanParams, context: Context) -> Result:
        limits = Limits(params.timeout_seconds, params.max_redirects, params.respect_robots)
        extent = Extent(params.max_pages, params.site_seconds)
        recall = None if params.reread else _recall(target, context, params.max_pages > 1)
        seen = await crawl(self.fetcher, target, limits, extent, _read, recall)
        return await self.lawful(partial(_result, target, context, seen), seen.is_small, context)


def _recall(target: str, context: Context, leads: bool) -> Recall[dict[str, Any]]:
    rules = page.read_as(settings.CONSOLE_DEOBFUSCATE)
    return facts_recalled(domain_of(target), rules, context, leads=leads)


def _read(read: Read) -> dict[str, Any]:
    return {"encoding": read.encoding, **page.fields(read.document, settings.CONSOLE_DEOBFUSCATE)}


def _result(
    target: str, context: Context, seen: Crawl[dict[str, Any]], unwanted: Collection[str]
) -> Result:
    if unwanted:
        # First of all: what is empty then is told as empty.
        pages = [replace(p, value=without(p.value, unwanted.__contains__)) for p in seen.pages]
        seen = replace(seen, pages=pages)
    facts = _facts(seen)
    return Result(facts, _rows(target, context, seen, facts))


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


_LISTS = ("emails", "phones", "faxes")


def _each_once(lists: Iterable[Iterable[Any]]) -> list[Any]:
    return list(dict.fromkeys(part for parts in lists for part in parts))[:_MOST]


def _line(one: Seen[dict[str, Any]]) -> dict[str, Any]:
    value = one.value or {}
    line = {"url": one.answer.url, "status": one.answer.status, "title": value.get("title")}
    return line | ({"unchanged": True} if value.get("unchanged") else {})


def _of_answer(answer: Answer) -> dict[str, Any]:
    length = answer.headers.get("content-length", "")
    facts: dict[str, Any] = {
        "url": answer.url,
        "status": answer.status,
        "redirects": [{"url": hop.url, "status": hop.status} for hop in answer.hops],
        "content_type": answer.content_type[:100],
        # Of what is no page, nothing was read: the server's word must do.
        "bytes": len(answer.body) or (int(length) if length[:15].isdecimal() else None),
        "wire_bytes": answer.transferred,
        "milliseconds": answer.milliseconds,
        "timing": asdict(answer.timing) if answer.timing else {},
    }
    if answer.certificate:
        ends = answer.certificate.not_after.isoformat()
        facts["certificate"] = {"issuer": answer.certificate.issuer, "not_after": ends}
    if answer.insecure:
        facts["https_problem"] = answer.insecure
    return facts | found.pauses(answer)


def _rows(
    target: str, context: Context, seen: Crawl[dict[str, Any]], facts: dict[str, Any]
) -> list[Row]:
    cms = (facts.get("cms") or {}).get("name")
    domain = found.domain_row(
        target,
        context,
        url=facts["url"],
        status=facts["status"],
        cms=cms,
        technologies=[one["name"] for one in facts.get("technologies", ()) if "name" in one],
        pages=len(seen.pages),
        certificate_expires_at=_expiry(seen.pages[0].answer),
        **{name: facts.get(name) for name in _SITE},
    )
    pages = [found.page_row(target, context, one) for one in seen.pages if one.value is not None]
    return [domain, *pages, found.scan_row(target, context, PageScan.slug)]


def _expiry(answer: Answer) -> datetime | None:
    return answer.certificate.not_after if answer.certificate else None


_SITE = ("title", "description", "language", "favicon", "logo", "emails", "phones", "social")
