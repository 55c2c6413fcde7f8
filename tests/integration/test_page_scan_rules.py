"""What a robots.txt makes of a fetch."""

from collections import Counter
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from batches.operation import Skip, Transient
from batches.operations.web.fetch import Fetcher, Limits
from batches.operations.web.guard import Reach
from tests.loopback import LOOPBACK, OPEN, QUICK, Recorder, answering, serving


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    made = Fetcher(lambda: Reach(LOOPBACK), Recorder(), courtesy=QUICK)
    yield made
    await made.close()


class Rules:
    """A site with a robots.txt that answers as told, and a count of what was asked."""

    def __init__(self, robots: web.Response | str, status: int = 200) -> None:
        self.robots, self.status = robots, status
        self.asked: Counter[str] = Counter()

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        self.asked[request.path] += 1
        if request.path == "/robots.txt" and isinstance(self.robots, str):
            return answering(self.status, self.robots, Content_Type="text/plain")
        if request.path == "/robots.txt":
            raise web.HTTPFound("/rules")
        if request.path == "/rules":
            return answering(200, "User-agent: *\nDisallow: /", Content_Type="text/plain")
        return answering()


OBEYING = Limits(seconds=5)


@pytest.mark.parametrize(
    "robots",
    [
        "User-agent: *\nDisallow: /",
        "User-agent: BatchConsole\nDisallow: /\n\nUser-agent: *\nAllow: /",
        "\ufeffUser-agent: *\nDisallow: /*?q=",
        "User-agent: *\nDisallow: /\n" + "# long\n" * 20_000,
    ],
)
async def test_a_site_that_asks_robots_to_stay_away_is_skipped(
    fetcher: Fetcher, robots: str
) -> None:
    rules = Rules(robots)
    async with serving(rules) as address:
        for _ in range(2):
            with pytest.raises(Skip, match=r"The robots.txt of 127\.0\.0\.1:\d+ does not allow"):
                await fetcher.get(f"{address}/?q=1", OBEYING)
        assert rules.asked == {"/robots.txt": 1}
        await fetcher.get(f"{address}/?q=1", OPEN)
        assert rules.asked == {"/robots.txt": 1, "/": 1}


@pytest.mark.parametrize(
    ("robots", "status"),
    [
        ("User-agent: *\nDisallow: /private", 200),
        ("User-agent: Other\nDisallow: /", 200),
        ("User-agent: *\nDisallow: /", 404),
        ("User-agent: *\nDisallow: /", 403),
        ("\x00\x01\x02", 200),
        ("", 200),
    ],
)
async def test_sites_that_do_not_mind(fetcher: Fetcher, robots: str, status: int) -> None:
    async with serving(Rules(robots, status)) as address:
        assert (await fetcher.get(address, OBEYING)).status == 200


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_site_whose_rules_cannot_be_read_now_is_left_alone(
    fetcher: Fetcher, status: int
) -> None:
    rules = Rules("", status)
    async with serving(rules) as address:
        with pytest.raises(Transient, match=r"robots\.txt"):
            await fetcher.get(address, OBEYING)
        assert set(rules.asked) == {"/robots.txt"}


async def test_rules_are_followed_to_where_they_have_moved(fetcher: Fetcher) -> None:
    async with serving(Rules(web.Response())) as address:
        with pytest.raises(Skip):
            await fetcher.get(address, OBEYING)


async def test_each_hop_of_a_redirect_asks_the_rules_of_its_own_site(fetcher: Fetcher) -> None:
    refusing = Rules("User-agent: *\nDisallow: /")
    async with serving(refusing) as elsewhere:

        async def answer(request: web.Request) -> web.Response:
            if request.path == "/robots.txt":
                return answering(404)
            return answering(302, Location=f"{elsewhere}/")

        async with serving(answer) as address:
            with pytest.raises(Skip):
                await fetcher.get(address, OBEYING)
    assert refusing.asked == {"/robots.txt": 1}
