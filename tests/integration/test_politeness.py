"""What a site notices of us: how often it is asked, and that it is listened to."""

import asyncio
import time

import pytest
from aiohttp import web

from batches.operation import Postpone, Transient
from batches.operations.web.client import Answer
from batches.operations.web.fetch import Limits, check
from batches.operations.web.gate import Courtesy
from tests.loopback import QUICK, fetching, page


class Site:
    """Notes when each request came, and how many are being answered at once."""

    def __init__(self, *answers: web.Response, seconds: float = 0.0) -> None:
        self.answers, self.seconds = list(answers), seconds
        self.came: list[float] = []
        self.busy = self.most = 0

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/robots.txt":
            return web.Response(text="User-agent: *\nCrawl-delay: 0.3\n")
        self.came.append(time.monotonic())
        self.busy += 1
        self.most = max(self.most, self.busy)
        await asyncio.sleep(self.seconds)
        self.busy -= 1
        return self.answers.pop(0) if self.answers else page()

    @property
    def pauses(self) -> list[float]:
        return [after - before for before, after in zip(self.came, self.came[1:], strict=False)]


def too_often(**headers: str) -> web.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return web.Response(status=429, headers=named)


async def test_no_more_than_two_at_once_by_whatever_name() -> None:
    site = Site(seconds=0.1)
    async with fetching(site, Courtesy(places=2, delay=0)) as get:
        await asyncio.gather(*(get("/", name) for name in ["shop.example", "b.shop.example"] * 3))
    assert (site.most, len(site.came)) == (2, 6)


async def test_hosts_do_not_wait_for_each_other() -> None:
    site = Site(seconds=0.1)
    async with fetching(site, Courtesy(places=1, delay=30)) as get:
        async with asyncio.timeout(5):
            await asyncio.gather(get("/"), get("/", "other.example"))
    assert site.most == 2


async def test_a_pause_between_two() -> None:
    site = Site()
    async with fetching(site, Courtesy(delay=0.4)) as get:
        await asyncio.gather(*(get(f"/{n}") for n in range(4)))
    assert min(site.pauses) >= 0.19


async def test_who_asks_for_a_crawl_delay_is_visited_by_one_after_the_other() -> None:
    # Longer than the delay: nobody is to be asked again before the answer.
    site = Site(seconds=0.4)
    polite = Limits(seconds=10)
    async with fetching(site, QUICK) as get:
        answers = await asyncio.gather(*(get(f"/{n}", limits=polite) for n in range(3)))
    assert site.most == 1
    assert min(site.pauses) >= 0.29
    assert {answer.crawl_delay for answer in answers} == {0.3}


async def test_what_a_host_redirects_to_on_itself_is_part_of_one_visit() -> None:
    site = Site(web.Response(status=302, headers={"Location": "/there"}))
    async with fetching(site, Courtesy(delay=30)) as get:
        async with asyncio.timeout(5):
            assert (await get("/")).url.endswith("/there")


async def test_files_for_robots_need_no_pause_but_one_that_is_asked_for() -> None:
    site = Site()
    async with fetching(site, Courtesy(delay=30)) as get:
        async with asyncio.timeout(5):
            for number in range(4):
                await get(f"/{number}", limits=Limits(robots=False, pauses=False))
        for number in range(2):
            await get(f"/{number}", limits=Limits(pauses=False))
    assert site.pauses[-1] >= 0.29


async def test_retry_after_holds_for_the_whole_host() -> None:
    site = Site(too_often(Retry_After="1"))
    async with fetching(site, QUICK) as get:
        with pytest.raises(Transient) as told:
            check(await get("/one"))
        assert told.value.retry_after == 1
        await get("/two")
    assert site.pauses[0] >= 0.99


async def test_a_long_break_sends_the_item_away_without_an_attempt() -> None:
    site = Site(web.Response(status=503, headers={"Retry-After": "3600"}))
    async with fetching(site, QUICK) as get:
        await get("/one")
        with pytest.raises(Postpone) as sent_away:
            await get("/two")
        assert 295 < sent_away.value.seconds <= 300
        assert (await get("/", "other.example")).status == 200
    assert len(site.came) == 2


async def test_who_waits_hears_of_a_break_that_those_before_were_told_of() -> None:
    site = Site(web.Response(status=503, headers={"Retry-After": "300"}), seconds=0.2)
    async with fetching(site, Courtesy(places=1, delay=0)) as get, asyncio.timeout(5):
        first, second = await asyncio.gather(get("/one"), get("/two"), return_exceptions=True)
    assert isinstance(first, Answer)
    assert first.status == 503
    assert isinstance(second, Postpone)
    assert len(site.came) == 1


async def test_of_a_burst_that_is_refused_one_counts() -> None:
    site = Site(*(too_often(Retry_After="1") for _ in range(6)), seconds=0.1)
    async with fetching(site, Courtesy(places=6, delay=0)) as get:
        await asyncio.gather(*(get(f"/{n}") for n in range(6)))
        assert (await get("/")).status == 200


async def test_after_three_times_in_a_row_items_fail_with_a_reason() -> None:
    site = Site(*(too_often(Retry_After=wait) for wait in ("0", "0", "60")))
    async with fetching(site, QUICK) as get:
        for _ in range(3):
            assert (await get("/")).status == 429
        with pytest.raises(Transient, match="again and again") as told:
            await get("/")
    assert told.value.cause == "The site says that it is asked too often"
    assert told.value.retry_after is not None
    assert len(site.came) == 3


async def test_a_success_in_between_ends_the_count() -> None:
    fine, no = page(), [too_often(Retry_After=wait) for wait in ("0", "0", "0", "1")]
    site = Site(no[0], no[1], fine, no[2], no[3])
    async with fetching(site, QUICK) as get:
        statuses = [(await get("/")).status for _ in range(6)]
    assert statuses == [429, 429, 200, 429, 429, 200]


async def test_who_would_wait_too_long_comes_back_when_there_is_room() -> None:
    site = Site(web.Response(status=503, headers={"Retry-After": "200"}))
    async with fetching(site, Courtesy(delay=10)) as get:
        await get("/first")
        away = []
        for _ in range(3):
            with pytest.raises(Postpone) as sent_away:
                await get("/x")
            away.append(sent_away.value.seconds)
    assert len(site.came) == 1
    assert away[0] < away[1] < away[2]
