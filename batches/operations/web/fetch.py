"""One page from the web, politely and within limits, or a failure that says in plain words what happened."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from http import HTTPStatus
from time import monotonic

import ada_url
from aiohttp.abc import AbstractResolver

from batches.operation import Failure, InvalidTarget, Permanent, Transient
from batches.operations.html.clean import fit
from batches.operations.html.urls import registrable
from batches.operations.web import failures
from batches.operations.web.client import Answer, Client, Hop, Reading
from batches.operations.web.cookies import Cookies
from batches.operations.web.gate import COURTESY, Courtesy, Gate
from batches.operations.web.guard import Reach, SocketFactory, plain_socket
from batches.operations.web.redirects import REDIRECTS, location
from batches.operations.web.robots import PRODUCT, Robots
from batches.operations.web.targets import is_address, is_url, parse, ways_to

MAX_BODY = 5 * 1024 * 1024
# Bytes and tags that are read in some milliseconds: to hand so little to a thread takes as long (docs/architecture.md).
# Of more tags, each inside of the one before, a tenth of a second.
SMALL, FEW_TAGS = 64 * 1024, 2_000
# Told to come back later: another attempt is what the site itself asks for.
_LATER = frozenset({408, 425, 429})
# Not implemented, wrong version, not extended: the same request will get the same answer.
_NEVER = frozenset({501, 505, 510})
_HTML = frozenset({"text/html", "application/xhtml+xml", ""})


@dataclass(frozen=True, slots=True)
class Limits:
    """`seconds` for the whole of one request, redirects apart.

    Without `pauses`, only those that a site itself asks for: of files that are there for robots to read.
    """

    seconds: float = 30.0
    redirects: int = 5
    robots: bool = True
    pauses: bool = True


@dataclass(frozen=True, slots=True)
class Known:
    """What an earlier answer said of its own age."""

    etag: str = ""
    last_modified: str = ""


NOTHING = Known()


def agent(contact: str) -> str:
    """What we call ourselves, and where to read more."""
    about = f"; +{contact}" if contact else ""
    return f"Mozilla/5.0 (compatible; {PRODUCT}/1.0{about})"


def host_of(url: ada_url.URL) -> str:
    """Whose patience is tried: the registered domain, or the address with its port."""
    return url.host if is_address(url.hostname) else registrable(url.hostname)


def is_page(status: int, content_type: str) -> bool:
    """Whether there is something to read: of errors and redirects nobody reads the text."""
    return status < 300 and content_type in _HTML


def is_small(body: bytes) -> bool:
    """Whether a page is soon read, whatever it consists of."""
    return len(body) <= SMALL and body.count(b"<") <= FEW_TAGS


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


class Fetcher:
    """One client for all fetches of a loop. Made, used and closed on that loop.

    `reach` is asked for at each connection.
    `make` and `resolver` replace what dials and what looks names up. Of a page, `most` bytes are read unless
    a reading says otherwise. `threads` are for reading what was
    fetched, beside the loop.
    """

    def __init__(
        self,
        reach: Callable[[], Reach],
        make: SocketFactory = plain_socket,
        resolver: AbstractResolver | None = None,
        *,
        courtesy: Courtesy = COURTESY,
        most: int = MAX_BODY,
    ) -> None:
        self._page = Reading(most, is_page)
        # One: a second reads hardly more in a second, for most of reading is Python, and the loop would have
        # to wait for both each time it lets go of the interpreter (docs/architecture.md has the numbers).
        self.threads = ThreadPoolExecutor(1, thread_name_prefix="page-reader")
        # libxml2 keeps names by thread: a document that is begun in one and ended in another takes the
        # process down when it is freed ("free(): invalid pointer").
        self.xml_thread = ThreadPoolExecutor(1, thread_name_prefix="sitemap-reader")
        self._client = Client(reach, agent(courtesy.contact), make, resolver)
        self._turn = asyncio.Lock()
        self._robots = Robots(self._client, self.threads)
        self._gate = Gate(courtesy)

    async def close(self) -> None:
        await self._client.close()
        self.threads.shutdown(wait=False, cancel_futures=True)
        self.xml_thread.shutdown(wait=False, cancel_futures=True)

    async def read[*A, T](self, soon_done: bool, work: Callable[[*A], T], *given: *A) -> T:
        """What `work` makes of what was fetched: in a thread, unless it is soon done."""
        if not soon_done:
            return await asyncio.get_running_loop().run_in_executor(self.threads, work, *given)
        async with self._turn:
            # One in each round of the loop: of many that arrive together, others wait for one at most.
            await asyncio.sleep(0)
            return work(*given)

    async def site(
        self, target: str, limits: Limits, reading: Reading | None = None, known: Known = NOTHING
    ) -> Answer:
        """A target as `targets.site` made it: a URL as it is, a bare host wherever it answers.

        By https, with and without www, and then by http: many a certificate is good for one name only.
        """
        if is_url(target):
            return await self.get(target, limits, reading, known)
        problems, nameless = list[Failure](), set[str]()
        for scheme, place in ways_to(target):
            if place in nameless:
                continue
            try:
                answer = await self.get(f"{scheme}://{place}", limits, reading, known)
            except failures.NameNotFound as error:
                nameless.add(place)
                problems.append(error)
            except failures.NoSecureConnection as error:
                problems.append(error)
            except (Transient, failures.BadAnswer) as error:
                problems.append(error)
                break
            else:
                return answer if scheme == "https" else replace(answer, insecure=str(problems[0]))
        raise _telling(problems)

    async def sitemaps(self, address: str, limits: Limits) -> list[str]:
        """The addresses that the robots.txt of a site names as its sitemaps, as they stand there."""
        return await self._robots.sitemaps(parse(address), limits.seconds)

    async def get(
        self, address: str, limits: Limits, reading: Reading | None = None, known: Known = NOTHING
    ) -> Answer:
        """Raises Transient, Permanent, Postpone or Skip, each in words for the operator.

        Of an earlier answer that is `known`, one that has not changed since comes as `unchanged`, empty.
        """
        asking = _asking(known)
        try:
            url = parse(address)
        except InvalidTarget as error:
            raise Permanent(f"That can't be fetched: {error}.") from error
        hops, cookies, seen = list[Hop](), Cookies(), set[tuple[str, str]]()
        while True:
            if limits.robots:
                await self._robots.ask(url, limits.seconds)
            asked = {**asking, **cookies.header(url)}
            seen.add((url.href, asked.get("Cookie", "")))
            answer = await self._asked(url, limits, reading or self._page, asked, hops)
            if answer.status not in REDIRECTS or not answer.headers.get("location"):
                return replace(answer, hops=hops, crawl_delay=self._robots.delay(url))
            cookies.keep(url, answer.headers.get("set-cookie", ""))
            hops.append(Hop(answer.url, answer.status))
            url = _next(url, answer.headers["location"], hops, limits)
            if (url.href, cookies.header(url).get("Cookie", "")) in seen:
                words = "The site redirects in a circle."
                chain = _chain([*hops, Hop(url.href, 0)])
                raise failures.BadRedirect(f"{words[:-1]}: {chain}.", cause=words)

    async def _asked(
        self,
        url: ada_url.URL,
        limits: Limits,
        reading: Reading,
        asking: dict[str, str],
        hops: list[Hop],
    ) -> Answer:
        name = host_of(url)
        sent_here = bool(hops) and host_of(ada_url.URL(hops[-1].url)) == name
        delay = self._robots.delay(url)
        at_once = sent_here or not (limits.pauses or delay)
        async with self._gate.turn(name, delay, at_once=at_once, ours=limits.pauses):
            began = monotonic()
            answer = await self._client.request(url.href, limits.seconds, reading, asking)
        self._gate.heard(name, began, answer.status, answer.retry_after)
        return answer


def _telling(problems: list[Failure]) -> Failure:
    """Of several ways to a site that all failed: what is there and not to be trusted, else what is there at all."""
    distrusted = [one for one in problems if isinstance(one, failures.BadCertificate)]
    # The last way was by http, and says what it would have been like without a certificate.
    present = [one for one in reversed(problems) if not isinstance(one, failures.NameNotFound)]
    return [*distrusted, *present, *problems][0]


def _asking(known: Known) -> dict[str, str]:
    """RFC 9110, 13.1: as the server wrote them, for it compares them as text."""
    asking = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in asking.items() if value and value.isprintable()}


def _next(url: ada_url.URL, header: str, hops: list[Hop], limits: Limits) -> ada_url.URL:
    if len(hops) > limits.redirects:
        words = f"More than {limits.redirects} redirects, one after the other"
        raise failures.BadRedirect(f"{words}: {_chain(hops)}.", cause=words)
    try:
        target = location(url, header)
    except InvalidTarget as error:
        words = "Redirected to an address that can't be followed"
        raise failures.BadRedirect(f"{words}: {fit(header[:200])}", cause=words) from error
    return target


def _chain(hops: list[Hop]) -> str:
    return " → ".join(hop.url[:200] for hop in hops)
