"""How long a host is left alone: the numbers of the gate, by themselves."""

from time import monotonic

import pytest

from batches.operation import Postpone
from batches.operations.page_scan import PageScanParams
from batches.operations.web import gate
from batches.operations.web.cookies import Cookies
from batches.operations.web.fetch import Limits
from batches.operations.web.gate import Courtesy, Gate
from batches.operations.web.targets import parse


def pause(made: Gate, name: str = "shop.example") -> float:
    host = made._host(name)
    return round(host.paused_until - host.struck_at, 3)


def test_unless_told_otherwise_two_at_once_and_half_a_second_between_and_five_redirects() -> None:
    assert Courtesy() == Courtesy(places=2, delay=0.5)
    assert (Limits().redirects, PageScanParams().max_redirects) == (5, 5)


def test_a_pause_is_half_more_or_less() -> None:
    made = Gate(Courtesy(delay=2))
    drawn = [made._delay(None, ours=True) for _ in range(1_000)]
    assert 1 <= min(drawn) < 1.2
    assert 2.8 < max(drawn) <= 3
    assert made._delay(None, ours=False) == 0


@pytest.mark.parametrize(("asked", "kept"), [(7, 7), (30, 30), (31, 30), (400, 30)])
def test_a_crawl_delay_is_kept_up_to_half_a_minute(asked: float, kept: float) -> None:
    assert Gate(Courtesy())._delay(asked, ours=True) == kept


def test_who_says_no_without_a_time_is_left_alone_twice_as_long_each_time() -> None:
    made, pauses = Gate(Courtesy()), []
    for _ in range(10):
        made.heard("shop.example", monotonic(), 429, None)
        pauses.append(pause(made))
    assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


@pytest.mark.parametrize(("status", "after", "strikes"), [(503, None, 0), (503, 5, 1), (429, 5, 1)])
def test_trouble_is_a_no_only_where_a_time_is_named(
    status: int, after: float | None, strikes: int
) -> None:
    made = Gate(Courtesy())
    made.heard("shop.example", monotonic(), status, after)
    assert made._host("shop.example").strikes == strikes
    assert pause(made) == (after or 0)


@pytest.mark.parametrize(("wait", "sent_away"), [(19.9, False), (20.6, True)])
async def test_nobody_waits_longer_than_twenty_seconds(wait: float, sent_away: bool) -> None:
    host = Gate(Courtesy())._host("shop.example")
    if sent_away:
        with pytest.raises(Postpone):
            gate._admit(host, "shop.example", wait, 0.5)
    else:
        gate._admit(host, "shop.example", wait, 0.5)


def test_hosts_that_nobody_asked_for_lately_are_forgotten_unless_they_said_no(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gate, "_MAX_HOSTS", 3)
    made = Gate(Courtesy())
    for name in "abcde":
        made._host(name)
    assert set(made._hosts) == set("cde")
    made.heard("c", monotonic(), 429, 60)
    for name in "fgh":
        made._host(name)
    assert "c" in made._hosts


async def test_of_a_flood_of_cookies_a_few_are_kept() -> None:
    url, cookies = parse("http://shop.example/"), Cookies()
    cookies.keep(url, "\n".join(f"c{n}=1" for n in range(100)))
    assert len(cookies.header(url)["Cookie"].split("; ")) == 20
    cookies = Cookies()
    cookies.keep(url, "long=" + "x" * 100_000)
    assert len(cookies.header(url)["Cookie"]) <= 4_096
