"""Somebody's address goes out of any text, however it is written there, and nobody else's does."""

import time
from urllib.parse import quote

import pytest

from batches.operation import Result, Row, key_of
from batches.operations.suppression import (
    GONE,
    addresses_in,
    less,
    nameable,
    named_by,
    nameless,
    without,
)

JO = named_by("jo@vogt.de")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Write to jo@vogt.de or call", "Write to or call"),
        ("Write to JO@Vogt.DE.", "Write to ."),
        ("jo@vogt.de. More", ". More"),
        ("a <jo@vogt.de>, 'jo@vogt.de'; b", "a <>, '; b"),
        ("to jo@vogt.de.Then more", "to .Then more"),
        ("to jo [at] vogt (dot) de, or call", "to , or call"),
        ("Mail: jo at vogt [dot] de", "Mail:"),
        ("to jo\uff20vogt.de or jo&#64;vogt.de", "to or"),
        ("jo@\u00advogt.de, bo@vogt.de", ", bo@vogt.de"),
        ("to jo@NOSPAM.vogt.de, please", "to , please"),
        ("contact?mail=jo%40vogt.de&x=1", "contact?mail=&x=1"),
        ("x=jo@vogt.de&jo@vogt.de", "x=&"),
    ],
)
def test_it_goes_from_the_middle_of_a_text(text: str, left: str) -> None:
    assert without(text, JO) == left


@pytest.mark.parametrize(
    "text",
    [
        "jo@vogt.de", "Jo@VOGT.de", " jo@vogt.de, ", "jo%40vogt.de", "mailto:jo@vogt.de?subject=Hi%20Jo", "MAILTO:jo%40vogt.de",
        "https://a.de/?m=jo@vogt.de", "https://a.de/?m=jo%40vogt.de&x=y", "http://a.de/jo%2540vogt.de/x", "jo (at) vogt.de",
    ],
)  # fmt: skip
def test_nothing_is_left_of_the_address_itself_and_of_links_with_it(text: str) -> None:
    assert without(text, JO) is GONE


@pytest.mark.parametrize(
    "text",
    [
        "ajo@vogt.de", "a.jo@vogt.de", "jo@vogt.de.evil.test", "jo@vogt.dev", "jo@my-vogt.de", "o'jo@vogt.de", "Jo at the Vogt", "",
        "jo@mail.vogt.de", "@vogt.de", "  two  spaces  (and a bracket)  ", "https://vogt.de/?a=%20jo", "100% jo & more",
        "https://social.example/@jo/vogt.de",
    ],
)  # fmt: skip
def test_what_is_none_of_it_stays_as_it_is(text: str) -> None:
    assert without(text, JO) == text


@pytest.mark.parametrize("host", ["büro-vogt.de", "xn--bro-vogt-65a.de", "BÜRO-Vogt.de"])
def test_a_whole_domain_in_either_form(host: str) -> None:
    for entry in ("@büro-vogt.de", "jo@büro-vogt.de"):
        assert without(f"to jo@{host} and more", named_by(entry)) == "to and more"
        assert without(f"https://a.de/?m={quote(f'jo@{host}')}", named_by(entry)) is GONE
    other = f"jo@mail.{host}"
    assert without(other, named_by("@büro-vogt.de")) == other


def test_what_is_said_of_one_goes_with_it() -> None:
    found = {
        "contacts": [{"address": "Jo@vogt.de", "name": "Jo"}, {"address": "bo@vogt.de"}],
        "schema": {"Person": [{"name": "V", "email": "mailto:jo@vogt.de?subject=x"}]},
        "problems": {"https://a.de/?jo@vogt.de": "answered 404", "https://a.de/": "answered 404"},
        "leads": [("https://a.de/jo@vogt.de", 3), ("https://a.de/", 1)],
        "feeds": [{"url": "https://a.de/jo@vogt.de", "title": "Jo"}, {"url": "https://a.de/"}],
        "context": "bo@vogt.de, Jo van Vogt: jo@vogt.de",
        "count": 3,
    }
    assert without(found, JO) == {
        "contacts": [{"address": "bo@vogt.de"}],
        "schema": {"Person": [{"name": "V"}]},
        "problems": {"https://a.de/": "answered 404"},
        "leads": [("https://a.de/", 1)],
        "feeds": [{"url": "https://a.de/"}],
        "count": 3,
    }


def test_of_a_page_at_its_address_nothing_is_left_but_of_a_site_all_else() -> None:
    url = "https://a.de/by/jo@vogt.de"
    page = {"id": key_of("a.de", url), "url": url, "title": "Jo"}
    rows = [Row("batches.Domain", {"name": "a.de", "url": url}), Row("batches.Page", page)]
    kept = less(Result({"url": url, "title": "A"}, rows), JO)
    assert kept == Result({"title": "A"}, [Row("batches.Domain", {"name": "a.de"})])


def test_who_could_be_meant_is_asked_about() -> None:
    data = {"a": ["x=jo@vogt.de", "https://a.de/?m=bo%40vogt.de"], "to ada@b.de": "info [at] b.de"}
    rows = [Row("batches.Contact", {"context": "eve@XN--bro-vogt-65a.de", "address": "i@b.de"})]
    assert addresses_in(Result(data, rows)) >= {
        "jo@vogt.de", "bo@vogt.de", "ada@b.de", "info@b.de", "eve@büro-vogt.de", "i@b.de",
    }  # fmt: skip


def test_a_link_made_of_addresses_is_left_out_and_not_read() -> None:
    crowd = "https://a.de/?" + "&".join(f"a{n}@b{n}.de" for n in range(300))
    assert len(addresses_in(Result({"links": [crowd]}))) == 1
    assert without({"links": [crowd, "https://a.de/"]}, JO) == {"links": ["https://a.de/"]}
    assert nameable([Row("batches.SitemapUrl", {"url": crowd})]).rows == []


@pytest.mark.parametrize("others", [1, 24, 150])
def test_from_a_text_of_many_only_the_unwanted_goes(others: int) -> None:
    many = [f"{n} Ann{n}: ann{n}@vogt.de," for n in range(others)]
    text = " ".join([*many[:12], "Jo: jo@vogt.de,", *many[12:], "and no more"])
    assert without(text, JO) == text.replace("jo@vogt.de", "")
    assert len(addresses_in(Result({"text": text}))) == others + 1


@pytest.mark.parametrize("jo", ["jo@vogt.de", "jo [at] vogt (dot) de", "jo@xn--x.de/jo@vogt.de"])
def test_from_a_text_of_too_many_all_of_them_go_and_the_words_stay(jo: str) -> None:
    text = f"Members: {jo} and {' or '.join(f'a{n}@b.de' for n in range(300))} on the board"
    left = without(text, JO)
    assert left.startswith("Members: and or")
    assert left.endswith("or on the board")
    assert not any(part in left for part in ("@", "vogt", "jo"))


HOSTILE = [
    "@" * 1_000_000, "a@" * 500_000, "a@b.de" * 170_000, "a@b.de " * 140_000, "a " * 500_000 + "@" * 201, "a@b." * 250_000,
    "https://a.de/?" + "a@b.de&" * 140_000, "%40" * 300_000, "a%40b.de " * 110_000, "@\u00e4.\u00e4" * 250_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: f"{text[:8]}...")
def test_no_text_keeps_us_busy(text: str) -> None:
    begun = time.perf_counter()
    without({"text": text}, JO)
    assert time.perf_counter() - begun < 5


def test_nor_do_many_texts() -> None:
    # As many as come from a page that is made of them: a megabyte of the longest that are read.
    one = " ".join(f"a{n}@b{n}.de" for n in range(200))
    texts = {str(n): one for n in range(1_000_000 // len(one))}
    begun = time.perf_counter()
    assert len(addresses_in(Result(texts))) == 200
    assert time.perf_counter() - begun < 5


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("https://a.de/?m=jo%40vogt.de answered 404:\n  jo@vogt.de", "https://a.de/?m=… answered 404:\n  …"),
        ("Redirected to mailto:jo@vogt.de, Bo@x.de", "Redirected to mailto:…, …"),
        ("100%40 of a\n  @wraps\n  @property", "100%40 of a\n  @wraps\n  @property"),
    ],
)  # fmt: skip
def test_of_an_error_all_else_is_told(text: str, left: str) -> None:
    assert nameless(text) == left
