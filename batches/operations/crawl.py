"""Several pages of a site, the likeliest first; of those that have not changed, what was made of them before."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256

from batches.operation import Failure, Postpone, Skip
from batches.operations.frontier import Frontier, Lead, Waiting, leads
from batches.operations.html import urls
from batches.operations.html.charset import decode
from batches.operations.html.document import Document
from batches.operations.web.client import Answer
from batches.operations.web.fetch import (
    NOTHING,
    SMALL,
    Fetcher,
    Known,
    Limits,
    check,
    is_page,
    is_small,
)
from batches.operations.web.targets import addresses_of

MAX_DEPTH = 5
# Pages that are remembered with one question.
_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Read:
    """A page as it came, parsed; `encoding` is what its bytes were read as."""

    answer: Answer
    document: Document
    encoding: str


@dataclass(frozen=True, slots=True)
class Seen[T]:
    """One page: what came, and what `read` made of it; None if there was nothing to read.

    `leads` are None where nobody looked for them.
    """

    answer: Answer
    depth: int
    value: T | None
    leads: Sequence[Lead] | None = None


@dataclass(slots=True)
class Crawl[T]:
    """`problems` are pages that could not be had, in words; `left_out` says why pages were not asked for."""

    pages: list[Seen[T]] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    left_out: str = ""

    @property
    def is_small(self) -> bool:
        """Whether what was made of all its pages is soon looked through."""
        return sum(len(page.answer.body) for page in self.pages) <= SMALL


@dataclass(frozen=True, slots=True)
class Extent:
    """At most so many pages, none asked for after so many seconds."""

    pages: int = 1
    seconds: float = 50.0


@dataclass(frozen=True, slots=True)
class Remembered[T]:
    """What an earlier scan made of a page, good for as long as the page stays as it was."""

    url: str
    known: Known
    sha256: bytes
    value: T
    leads: Sequence[Lead] | None


# Of these addresses, those that are remembered.
type Recall[T] = Callable[[Sequence[str]], Awaitable[Mapping[str, Remembered[T]]]]


async def crawl[T](
    fetcher: Fetcher,
    target: str,
    limits: Limits,
    extent: Extent,
    read: Callable[[Read], T],
    recall: Recall[T] | None = None,
) -> Crawl[T]:
    """`read` is called as `Fetcher.read` does, with pages only. What the first page fails with is raised, the rest is noted.

    Only what belongs to the registered domain of the first answer, each page once.
    """
    ends = time.monotonic() + extent.seconds
    crawler = _Crawler(fetcher, limits, extent, read, recall)
    await crawler.begin(target)
    while len(crawler.crawl.pages) < extent.pages and (waiting := crawler.frontier.next()):
        if left_out := await crawler.go_on(waiting, ends):
            crawler.crawl.left_out = left_out
            break
    return crawler.crawl


@dataclass(slots=True)
class _Crawler[T]:
    fetcher: Fetcher
    limits: Limits
    extent: Extent
    read: Callable[[Read], T]
    recall: Recall[T] | None
    crawl: Crawl[T] = field(default_factory=Crawl)
    frontier: Frontier = field(default_factory=Frontier)
    remembered: dict[str, Remembered[T] | None] = field(default_factory=dict)
    home: str = ""

    async def begin(self, target: str) -> None:
        await self._remember(addresses_of(target))
        known = next((found for found in self.remembered.values() if found), None)
        answer = await self._asked(partial(self.fetcher.site, target, self.limits), known)
        check(answer)
        self.home = answer.url
        await self._take(answer, 0)

    async def go_on(self, waiting: Waiting, ends: float) -> str:
        """The next page; why there is no time for it or any other, if so."""
        try:
            # An attempt that runs into its own limit would lose what was found until then.
            async with asyncio.timeout(ends - time.monotonic()):
                answer = await self._next(waiting.url)
        except TimeoutError:
            return f"pages not read within {self.extent.seconds:g} seconds"
        except Postpone as error:
            return f"pages for another time: {error}"
        except (Failure, Skip) as error:
            self.crawl.problems[waiting.url] = str(error)
            # Whoever asks for a break gets one; what was found so far is kept.
            asked = getattr(error, "retry_after", None)
            return f"pages after the site asked for a break: {error}" if asked else ""
        if answer.status >= 400:
            self.crawl.problems[waiting.url] = f"answered {answer.status}"
        elif self._is_another(answer.url, waiting.url):
            await self._take(answer, waiting.depth)
        return ""

    def _is_another(self, url: str, asked: str) -> bool:
        return self.frontier.is_new(url, asked) and urls.same_site(url, self.home)

    async def _next(self, url: str) -> Answer:
        if url not in self.remembered:
            left = self.extent.pages - len(self.crawl.pages)
            await self._remember([url, *self.frontier.soon(min(_AT_ONCE, left))])
        return await self._asked(partial(self.fetcher.get, url, self.limits), self.remembered[url])

    async def _remember(self, addresses: Sequence[str]) -> None:
        found = await self.recall(addresses) if self.recall else {}
        self.remembered |= {address: found.get(address) for address in addresses}

    async def _asked(
        self, ask: Callable[..., Awaitable[Answer]], remembered: Remembered[T] | None
    ) -> Answer:
        answer = await ask(known=remembered.known if remembered else NOTHING)
        if answer.unchanged and remembered and answer.url != remembered.url:
            # It leads elsewhere now, to a page that happens to have the same tag.
            return await ask(known=NOTHING)
        return answer

    async def _take(self, answer: Answer, depth: int) -> None:
        self.frontier.first_time(answer.url)
        remembered = self.remembered.pop(answer.url, None)
        if answer.unchanged and remembered:
            seen = Seen(answer, depth, remembered.value, remembered.leads)
        elif is_page(answer.status, answer.content_type):
            small = is_small(answer.body)
            seen = await self.fetcher.read(small, self._made, answer, depth, remembered)
        else:
            # A PDF or a picture is an answer, too: there is a site, and it has no page to read.
            seen = Seen(answer, depth, None)
        self.crawl.pages.append(seen)
        if depth < MAX_DEPTH:
            self.frontier.add(seen.leads or (), depth + 1)

    def _made(self, answer: Answer, depth: int, remembered: Remembered[T] | None) -> Seen[T]:
        # The very same page again, from a server that does not say so.
        if remembered and remembered.sha256 == sha256(answer.body).digest():
            return Seen(answer, depth, remembered.value, remembered.leads)
        text, encoding = decode(answer.body, answer.headers.get("content-type", ""))
        document = Document(text, answer.url, answer.headers)
        value = self.read(Read(answer, document, encoding))
        return Seen(answer, depth, value, leads(document) if self.extent.pages > 1 else None)
