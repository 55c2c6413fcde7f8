"""What a robots.txt says besides which pages may be fetched, in whatever bytes it comes."""

import codecs
import re
import time

import ada_url
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batches.operations.web.robots import RobotsCache
from batches.operations.web.rules import decode, is_html, read

US = "BatchConsole"

DELAYS = [
    ("", None),
    ("User-agent: *\nCrawl-delay: 10", 10),
    ("User-agent: *\ncrawl-delay:0.5", 0.5),
    ("User-agent: *\nCrawl-delay: .5", 0.5),
    ("User-agent: *\nCrawl-delay: 10 # seconds", 10),
    ("User-agent: *\nCrawl-delay: 10s", 10),
    ("User-agent: *\nCrawl-delay: 100000", 100_000),
    ("User-agent: *\nCrawl-delay: 0", 0),
    ("User-agent: *\nCrawl-delay:", None),
    ("User-agent: *\nCrawl-delay: -1", None),
    ("User-agent: *\nCrawl-delay: nan", None),
    ("User-agent: *\nCrawl-delay: inf", None),
    ("User-agent: *\nCrawl-delay: soon", None),
    ("Crawl-delay: 10", None),
    ("User-agent: Other\nCrawl-delay: 10", None),
    ("User-agent: BatchConsole\nCrawl-delay: 2\nUser-agent: *\nCrawl-delay: 10", 2),
    ("User-agent: *\nCrawl-delay: 10\nUser-agent: BatchConsole\nCrawl-delay: 2", 2),
    ("User-agent: BatchConsole\nDisallow:\nUser-agent: *\nCrawl-delay: 10", None),
    # For those named so far, though no rule has ended the list of agents yet.
    ("User-agent: *\nCrawl-delay: 10\n\nUser-agent: Other\nDisallow: /", 10),
    ("User-agent: Other\nCrawl-delay: 10\n\nUser-agent: *\nDisallow: /", None),
    ("User-agent: Other\nUser-agent: *\nDisallow: /a\nCrawl-delay: 3", 3),
    # The slowest of several.
    ("User-agent: *\nCrawl-delay: 10\nUser-agent: *\nCrawl-delay: 3", 10),
    ("User-agent: *\nRequest-rate: 1/5", 5),
    ("User-agent: *\nRequest-rate: 30/1m", 2),
    ("User-agent: *\nRequest-rate: 1/10s", 10),
    ("User-agent: *\nRequest-rate: 100/24h", 864),
    ("User-agent: *\nRequest-rate: 1 / 5 0600-0845", 5),
    ("User-agent: *\nRequest-rate: 0/5", None),
    ("User-agent: *\nRequest-rate: often", None),
    ("User-agent: *\nRequest-rate: 1/5\nCrawl-delay: 2", 5),
]


@pytest.mark.parametrize(("text", "seconds"), DELAYS)
def test_how_long_to_wait(text: str, seconds: float | None) -> None:
    assert read(text, US).delay == seconds


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Sitemap: https://a.example/1.xml", ["https://a.example/1.xml"]),
        ("SITEMAP:https://a.example/1.xml\r\rsite-map: /2.xml", ["https://a.example/1.xml", "/2.xml"]),
        ("Sitemap https://a.example/1.xml", ["https://a.example/1.xml"]),
        ("User-agent: Other\nDisallow: /\nSitemap: https://b.example/?a=1&b=2 # all",
         ["https://b.example/?a=1&b=2"]),
        ("User-agent: *\nSitemap: /1\nDisallow: /\nSitemap: /1", ["/1", "/1"]),
        ("Sitemap:\nSitemap : \n# Sitemap: /1", []),
        ("\ufeffSitemap: /1", ["/1"]),
    ],
)  # fmt: skip
def test_sitemaps_are_named_anywhere(text: str, found: list[str]) -> None:
    assert list(read(text, US).sitemaps) == found


TEXT = "User-agent: *\nDisallow: /ü"


@pytest.mark.parametrize(
    "body",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF8 * 2 + TEXT.encode(),
        TEXT.encode("utf-16"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16be"),
    ],
)
def test_text_is_read_whatever_its_encoding(body: bytes) -> None:
    rules = read(decode(body), US)
    assert not rules.allow(ada_url.URL("https://a.example/ü"))
    assert rules.allow(ada_url.URL("https://a.example/u"))


def test_bytes_in_no_encoding_are_compared_as_bytes() -> None:
    rules = read(decode(TEXT.encode("latin-1")), US)
    assert not rules.allow(ada_url.URL("https://a.example/%FC"))
    assert rules.allow(ada_url.URL("https://a.example/u"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("<!doctype html>", True), (" \r\n\ufeff<html>", True), ("User-agent: *", False), ("", False)],
)
def test_a_page_is_told_from_rules(text: str, expected: bool) -> None:
    assert is_html(text) is expected


MEGABYTE = 1_000_000
HOSTILE = [
    ":", " ", "#", "\n", "\r", "\0", "disallow ", "User-agent: x\n", "Disallow: /*a*a\n", "*", "$", "%", "ü",
    "Disallow: /%C3%A4$$$$\n", "Disallow: /x\n", "Disallow: *a*b\n", "User-agent: *\nAllow: /a\n", "Crawl-delay: 1" + "1" * 1_000 + "\n", "Request-rate: 1" + " " * 1_000 + "\n",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize(
    "start", ["", "User-agent: *\n", "User-agent: *\nDisallow: /", "User-agent: *\n" * 10_000]
)
def test_a_hostile_file_costs_time_in_proportion(start: str, piece: str) -> None:
    """Seconds, where anything quadratic takes minutes; how fast it is otherwise is not the point here."""
    started = time.process_time()
    rules = read(start + piece * (MEGABYTE // 2 // len(piece)), US)
    rules.allow(ada_url.URL("https://a.example/" + "a" * 2_000))
    assert time.process_time() - started < 3


_words = st.sampled_from(
    [
        "user-agent", "disallow", "allow", "sitemap", "crawl-delay", ":", " ", "*", "/", "$", "%", "%2f",
        "BatchConsole", "\n", "\r", "#", "?", "ü", "\udcfc", "\0", "index.html", "1", "request-rate",
    ]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(_words, max_size=60).map("".join) | st.text(), st.text())
def test_no_text_is_too_strange(text: str, path: str) -> None:
    try:
        url = ada_url.URL("https://a.example/" + path)
    except ValueError:
        url = ada_url.URL("https://a.example/")
    assert read(text, US).allow(url) in (True, False)


_patterns = st.text("ab/*$", max_size=6).map(lambda rest: f"/{rest}")


def matches(pattern: str, path: str) -> bool:
    """As slow and plain as the RFC says it."""
    end = "" if pattern.endswith("$") else ".*"
    parts = pattern.removesuffix("$").split("*")
    return bool(re.fullmatch(".*".join(map(re.escape, parts)) + end, path, re.DOTALL))


@settings(deadline=None, max_examples=500)
@given(
    st.lists(st.tuples(st.sampled_from(["Allow", "Disallow"]), _patterns), max_size=4),
    st.text("ab/$", max_size=6),
)
def test_rules_match_as_the_rfc_says(lines: list[tuple[str, str]], rest: str) -> None:
    path = f"/{rest}"
    hits = [(len(pattern), verb == "Allow") for verb, pattern in lines if matches(pattern, path)]
    text = "".join(f"{verb}: {pattern}\n" for verb, pattern in lines)
    rules = read(f"User-agent: *\n{text}", US)
    assert rules.allow(ada_url.URL(f"https://a.example{path}")) is max(hits, default=(0, True))[1]


@settings(deadline=None)
@given(st.binary())
def test_no_bytes_are_too_strange(body: bytes) -> None:
    read(decode(body), US)


def test_what_is_known_is_bounded_and_outdated() -> None:
    some = read(TEXT, US)
    cache = RobotsCache(most=3 * some.size)
    for number in range(5):
        cache.put(str(number), some)
    assert [cache.get(str(number)) is some for number in range(5)] == [
        False,
        False,
        True,
        True,
        True,
    ]
    cache.put("2", some, seconds=-1)
    assert cache.get("2") is None
    cache.put("5", some)
    assert cache.get("3") is some
