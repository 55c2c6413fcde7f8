"""What was fetched is read in a thread, unless that takes longer than to read it."""

import asyncio
import threading
from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest

from batches.operations.web.fetch import SMALL, Fetcher, is_small
from batches.operations.web.guard import Reach
from tests.loopback import QUICK


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    made = Fetcher(lambda: Reach([ip_network("127.0.0.1")]), courtesy=QUICK)
    yield made
    await made.close()


async def test_a_large_page_is_read_beside_the_loop(fetcher: Fetcher) -> None:
    own = threading.get_ident()
    for body, where in ((b"x" * SMALL, True), (b"x" * (SMALL + 1), False), (b"<b>" * 3_000, False)):
        small = is_small(body)
        assert (await fetcher.read(small, threading.get_ident) == own) is where


async def test_what_goes_wrong_with_one_is_told_and_the_next_is_read(fetcher: Fetcher) -> None:
    for soon_done in (True, False):
        with pytest.raises(ValueError, match="invalid literal"):
            await fetcher.read(soon_done, int, "x")
        assert await fetcher.read(soon_done, int, "7") == 7


async def test_between_two_small_pages_everybody_else_has_a_turn(fetcher: Fetcher) -> None:
    said = list[str]()

    async def other() -> None:
        while said.count("page") < 20:
            said.append("other")
            await asyncio.sleep(0)

    reads = (fetcher.read(True, said.append, "page") for _ in range(20))
    await asyncio.gather(*reads, other())
    assert "page page" not in " ".join(said)
