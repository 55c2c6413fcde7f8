"""Somebody's address goes out of any text, however it is written there, and nobody else's does."""

from urllib.parse import quote

import pytest

from batches.operation import Result, Row, key_of
from batches.operations.suppression import GONE, addresses_in, less, named_by, nameless, without

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


def test_a_text_made_of_addresses_is_left_out_and_not_read() -> None:
    crowd = "https://a.de/?" + "&".join(f"a{n}@b{n}.de" for n in range(300))
    assert len(addresses_in(Result({"links": [crowd]}))) == 1
    assert without({"links": [crowd, "https://a.de/"]}, JO) == {"links": ["https://a.de/"]}


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
