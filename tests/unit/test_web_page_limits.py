"""What the readers of a page's fields are given to choke on: all of it takes time in proportion, and little."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.operations.html import page
from batches.operations.html.document import Document
from batches.operations.html.page import parse

pytestmark = pytest.mark.slow

M = 1_000_000
URL = "https://shop.example/a/"


def stated(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


PAGES = {
    "quotes": stated('"' * M),
    "escaped quotes": stated('{"a":"' + '\\"' * (M // 2)),
    "escaped quotes in a string without end": stated('{"a":"' + '\\"' * 140_000),
    "escaped quotes that mend": stated("{'" + '\\"' * 100_000),
    "comments that never end": stated("{/*" * 90_000),
    "lists in lists": stated("[" * 250_000),
    "objects in objects": stated('{"a":' * 50_000),
    "quotes and gaps": stated('{"a":"' + '"   ' * 60_000),
    "bare words": stated("{" + "a " * 140_000),
    "many values": stated('{"@type":"Person","name":"x"}' * 30_000),
    "people without end": stated(json.dumps([{"@type": "Person", "name": f"n{n}"} for n in range(30_000)])),
    "one author, referred to": stated(json.dumps([{"@type": "Article", "author": {"@id": "#a"}}] * 20_000)),
    "an author of its own": stated('[{"@id":"#a","author":{"@id":"#a"}},{"@type":"Article","author":{"@id":"#a"}}]'),
    "a crowd of authors": stated(json.dumps({"@type": "Article", "author": ["By " + "x " * 100] * 4_000})),
    "broken blocks": stated("{x") * 5_000,
    "long broken blocks": stated('{"a":"b",}' * 100_000) * 5,
    "items in items": "<div itemscope itemprop=a>" * 2_500 + "<p itemprop=b>" + "x" * M,
    "texts in texts": "<div itemscope>" + "<div itemprop=a>" * 2_500 + "word " * 100_000,
    "metas": "<meta name=author content=x>" * 150_000,
    "names of a meta": f'<meta property="{"a " * M}" content=x>',
    "links": "".join(f"<a href=/p/{n}>link {n}</a>" for n in range(100_000)),
    "odd links": "".join(f"<a href='http://h{n}.test/%2e./é{n}'>kontakt é</a>" for n in range(50_000)),
    "long links": f"<a href='/{'%41' * 600}'>é</a>" * 2_500,
    "headings": "<h1>" * 2_500 + "x y " * M,
    "a wide heading": "<h1>" + "<b>x</b>" * 200_000,
    "separators": f"<title>{'a | ' * M}</title>",
    "forms": "<form><input type=email><textarea>x</textarea></form>" * 40_000,
    "fields": "<form>" + "<input type=email>" * 150_000,
    "logos": "<div class=logo><a href=/><img src=/l.png class='logo partner'></a></div>" * 30_000,
    "candidates": f"<img class=logo srcset='{'/a 1x, ' * 600_000}'>",
    "sizes": f"<link rel=icon href=/x.png sizes='{'16x16 ' * M}'>",
    "relations": "<link rel='icon alternate canonical' hreflang=de href=/x>" * 60_000,
    "dates": "<p class=date>1 2 3 may </p>" * 50_000,
    "a long date": f"<p class=date>{'1/' * M}</p>",
    "bylines": "<p class=author>x</p>" * 100_000,
    "a long byline": f"<p class=byline>{'by and ' * M}</p>",
    "a long language": f"<html lang='{'de-' * M}'>",
    "ideographs": "語" * M,
}  # fmt: skip
HEADERS = {
    "brackets": {"link": "<" * M},
    "addresses": {"link": "<a>;rel=x;" * 100_000},
    "open quotes": {"link": "<a>" + '; a="' * 200_000},
    "one after the other": {"x-robots-tag": "a: " * M},
    "no date": {"last-modified": "Tue, " * M},
    "no label": {"content-type": "charset=" * M},
}


@pytest.mark.parametrize("html", PAGES.values(), ids=PAGES)
def test_a_page_takes_time_in_proportion_and_its_fields_are_bounded(html: str) -> None:
    began = time.process_time()
    found = parse(f"<title>still read</title>{html}", URL)
    assert time.process_time() - began < 3
    assert found["title"].startswith(("still read", "a"))
    # Where all takes longer, some of these are not got to.
    links = found.pop("links_in_urls", []) + found.pop("links_out_urls", [])
    assert len(links) <= 4_000
    assert len(json.dumps(found, allow_nan=False)) < 150_000


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_so_do_headers(headers: dict[str, str]) -> None:
    began = time.process_time()
    found = parse("<title>t</title>", URL, headers)
    assert time.process_time() - began < 3
    assert len(json.dumps(found)) < 20_000


def test_of_many_links_two_thousand_are_listed_and_ten_thousand_counted() -> None:
    found = parse("".join(f"<a href=/{n}>x</a>" for n in range(12_000)), URL)
    assert found["links_in"] == 10_000
    assert len(found["links_in_urls"]) == 2_000
    assert found["counts"]["links"] == 12_000


def test_when_time_is_up_what_was_read_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    html = "<title>t</title><p>a@b.example"
    assert "partly_read" not in parse(html, URL)
    monkeypatch.setattr(page, "MAX_SECONDS", 0)
    found = parse(html, URL)
    assert found["title"] == "t"
    assert not {"emails", "h1", "technologies"} & found.keys()
    assert "not all of what they say within 2 seconds" in found["partly_read"]


def test_words_are_counted_once_wherever_the_text_is_cut() -> None:
    assert parse("word " * 50_000, URL)["word_count"] == 50_000
    assert parse("語" * 50_000, URL)["word_count"] == 50_000


def test_whoever_reads_a_document_finds_it_as_it_was() -> None:
    """Text without scripts is read from a copy: the tree stays whole for the next reader."""
    html = "<p>one</p><script>var mail = 'a@b.example'</script><style>p{}</style><noscript>off</noscript>"
    document = Document(html, URL, {"X-Robots-Tag": "none"})
    assert document.text.split() == ["one"]
    assert document.words == 1
    assert document.scripts == ["var mail = 'a@b.example'", "p{}"]
    assert document.headers == {"x-robots-tag": "none"}
    assert document.html == html
    assert document.read == len(html)
    assert document.tree.css_first("noscript") is not None


TAGS = [
    "html",
    "head",
    "body",
    "title",
    "base",
    "meta",
    "link",
    "script",
    "style",
    "a",
    "area",
    "svg",
    "img",
    "h1",
    "h2",
    "form",
    "input",
    "textarea",
    "time",
    "abbr",
    "div",
    "span",
    "article",
    "header",
    "p",
    "template",
    "noscript",
    "frameset",
    "select",
    "table",
    "math",
    "iframe",
]
NAMES = [
    "href",
    "src",
    "content",
    "property",
    "name",
    "itemprop",
    "itemscope",
    "itemtype",
    "itemid",
    "rel",
    "hreflang",
    "type",
    "sizes",
    "media",
    "class",
    "id",
    "datetime",
    "alt",
    "srcset",
    "lang",
    "xml:lang",
    "xlink:href",
    "charset",
    "http-equiv",
    "title",
    "action",
    "data-src",
]
VALUES = [
    "", " ", "#", "/", "//", "http://", "https://x.test/é?#", "mailto:", "tel:", "data:,", "javascript:", "icon", "canonical alternate", "stylesheet",
    "og:title", "og:image", "article:published_time", "author", "robots", "description", "generator", "application/ld+json", "email", "password",
    "2024-05-01", "0000-00-00", "by A B", "logo", "16x16 any", "/a 1x,", ",", "1x", "x-default", "de_AT", "Person", "https://schema.org/Article", "name",
    "author headline", "\ud800", "\x0b", "&#0;", "٣", "text/html; charset=", "date", "byline", "none, noindex", "feed:", "feed://", "@", "é" * 300, "50%",
]  # fmt: skip
TEXTS = [
    "",
    "x",
    "{",
    '{"@type":"Article","author":[null,{"name":[{}]}],"datePublished":[1,{}],"@id":{}}',
    "<!--",
    "—",
    "1. Mai 2024",
    "| a |",
    "[[1,null,true]]",
]
tags = st.builds(
    lambda tag, attributes, text, end: (
        f"<{tag} {' '.join(f'{name}="{value}"' for name, value in attributes)}>{text}"
        + f"</{tag}>" * end
    ),
    st.sampled_from(TAGS),
    st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=4),
    st.sampled_from(TEXTS),
    st.booleans(),
)


@given(
    st.lists(tags, max_size=12).map("".join),
    st.sampled_from([URL, "https://shop.example", "not an address", ""]),
)
def test_no_page_is_too_odd_to_be_read(html: str, url: str) -> None:
    json.dumps(
        parse(html, url, {"Link": html[:50], "X-Robots-Tag": html[:50]}), allow_nan=False
    ).encode()
