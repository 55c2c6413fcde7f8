"""What belongs to one page of a sitemap stays with it, and what names one file is one name."""

from datetime import UTC, datetime

import pytest

from batches.operations.sitemaps.addresses import one_spelling
from batches.operations.sitemaps.reader import Reader
from batches.operations.sitemaps.values import Entry

DATED = "<lastmod>2026-05-04</lastmod><changefreq>daily</changefreq><priority>0.8</priority>"
FIRST, SECOND = "https://a.example/1", "https://a.example/2"


@pytest.mark.parametrize("comment", ["", "<!-- Read by the parser from here on. -->"])
@pytest.mark.parametrize("between", ["", "\n  "])
def test_a_page_without_a_date_does_not_get_that_of_the_next(comment: str, between: str) -> None:
    reader = Reader()
    pages = [f"<url><loc>{FIRST}</loc></url>", f"<url><loc>{SECOND}</loc>{DATED}</url>"]
    text = between.join(["<urlset>", comment, *pages, "</urlset>"])
    found = [*reader.feed(text.encode()), *reader.close()]
    dated = Entry(SECOND, datetime(2026, 5, 4, tzinfo=UTC), changefreq="daily", priority=0.8)
    assert found == [Entry(FIRST), dated]


@pytest.mark.parametrize(
    "address",
    [
        "http://shop.example/s.xml?a=1",
        "https://shop.example/s.xml?a=1",
        "https://www.shop.example/s.xml?a=1",
        "HTTP://WWW.Shop.Example:80/s.xml?a=1#x",
        "https://www.shop.example:443/b/../s.xml?a=1",
    ],
)
def test_apex_and_www_http_and_https_are_one(address: str) -> None:
    assert one_spelling(address) == "shop.example/s.xml?a=1"


@pytest.mark.parametrize(
    "other",
    [
        "https://shop.example/S.xml?a=1",
        "https://shop.example/s.xml?a=2",
        "https://shop.example/s.xml",
        "https://blog.shop.example/s.xml?a=1",
        "https://shop.example:8443/s.xml?a=1",
        "https://www2.shop.example/s.xml?a=1",
    ],
)
def test_what_may_be_another_file_is_another(other: str) -> None:
    assert one_spelling(other) != one_spelling("https://shop.example/s.xml?a=1")
