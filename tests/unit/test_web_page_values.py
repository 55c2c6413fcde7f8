"""The small readers that a page's fields are made of: addresses, dates, broken JSON, links to contacts."""

import json
from datetime import UTC, datetime

import ada_url
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batches.operations.html import jsonld, urls
from batches.operations.html.contact_pages import contact_like
from batches.operations.html.dates import moment

BASES = ["https://shop.example/a/b?c", "http://127.0.0.1:8000/", "https://[::1]:8443/x"]
PIECES = [
    "/", "//", "http://", "https://", "shop.example", "Shop.Example", "1.2", "xn--a.example", "%41", "%2e", "..", ".", "a", "é", " ", "?",
    "#", "&", "=", "'", "|", "^", ":", ":80", ":443", "@", "\\", "\t", "*", "-", "_", "~", "(", ")", ";", "a-b.co", "{", "data:", "/.", "0x7f",
]  # fmt: skip


@example("https://xn--a.example/", BASES[0])
@given(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), st.sampled_from(BASES))
def test_the_quick_way_to_join_is_the_right_one(address: str, base: str) -> None:
    try:
        right = ada_url.join_url(base, address.strip())
    except ValueError:
        right = ""
    expected = right if address and right.startswith(("http://", "https://")) else None
    assert urls.joined(address, base) == expected


@pytest.mark.parametrize(
    ("url", "host", "registrable"),
    [
        ("https://www.example.co.uk/x", "www.example.co.uk", "example.co.uk"),
        ("https://example.com.evil.test:8443/x", "example.com.evil.test", "evil.test"),
        ("http://127.0.0.1:8000/", "127.0.0.1", "127.0.0.1"),
        ("http://[::1]:8000/", "[::1]", "[::1]"),
        ("http://localhost/", "localhost", "localhost"),
        ("https://shop.xn--p1ai?x", "shop.xn--p1ai", "shop.xn--p1ai"),
    ],
)
def test_whose_an_address_is(url: str, host: str, registrable: str) -> None:
    assert urls.host(url) == host
    assert urls.registrable(host) == registrable


def test_a_site_is_its_registered_domain_not_a_part_of_a_name() -> None:
    assert urls.same_site("https://www.example.com/", "http://blog.example.com/x")
    for other in (
        "https://notexample.com/",
        "https://example.com.evil.test/",
        "https://evil.test/?example.com",
    ):
        assert not urls.same_site("https://example.com/", other)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2024-05-01", "2024-05-01T00:00:00+00:00"),
        ("20240501", "2024-05-01T00:00:00+00:00"),
        ("2024-5-1", "2024-05-01T00:00:00+00:00"),
        ("2024/05/01 10:20", "2024-05-01T10:20:00+00:00"),
        ("2024.05.01", "2024-05-01T00:00:00+00:00"),
        ("2024-05-01T10:20:30Z", "2024-05-01T10:20:30+00:00"),
        ("2024-05-01T10:20:30.123456789+0200", "2024-05-01T10:20:30+02:00"),
        ("2024-05-01 10:20:30 +02:00", "2024-05-01T10:20:30+02:00"),
        ("2024-05-01T10:20:30-0330", "2024-05-01T10:20:30-03:30"),
        ("20240501T102030Z", "2024-05-01T10:20:30+00:00"),
        ("Wed, 01 May 2024 10:20:30 GMT", "2024-05-01T10:20:30+00:00"),
        ("Wed May 01 2024 10:20:30 GMT+0200 (CEST)", "2024-05-01T10:20:30+02:00"),
        ("1714558830", "2024-05-01T10:20:30+00:00"),
        ("1714558830123", "2024-05-01T10:20:30+00:00"),
        ("01.05.2024", "2024-05-01T00:00:00+00:00"),
        ("1.5.2024, 09:05 Uhr", "2024-05-01T09:05:00+00:00"),
        ("31/12/2024", "2024-12-31T00:00:00+00:00"),
        ("12/31/2024", "2024-12-31T00:00:00+00:00"),
        ("05/05/2024", "2024-05-05T00:00:00+00:00"),
        ("May 1, 2024 12:05 AM", "2024-05-01T00:05:00+00:00"),
        ("May 1st, 2024 12:05 p.m. PST", "2024-05-01T12:05:00-08:00"),
        ("Posted 1 Sept 2024", "2024-09-01T00:00:00+00:00"),
        ("Mittwoch, 1. Mai 2024", "2024-05-01T00:00:00+00:00"),
        ("le 3 février 2021 à 18:30", "2021-02-03T18:30:00+00:00"),
        ("3 de agosto de 2021", "2021-08-03T00:00:00+00:00"),
        ("3 mar. 2021", "2021-03-03T00:00:00+00:00"),
        ("12 maart 2021", "2021-03-12T00:00:00+00:00"),
        ("5 września 2021", "2021-09-05T00:00:00+00:00"),
        ("5 мая 2023 г.", "2023-05-05T00:00:00+00:00"),
        ("٢٠٢٤-٠٥-٠١", "2024-05-01T00:00:00+00:00"),
        ("2020年2月14日", "2020-02-14T00:00:00+00:00"),
        ("2020년 2월 14일", "2020-02-14T00:00:00+00:00"),
    ],
)  # fmt: skip
def test_dates_that_can_be_read(text: str, iso: str) -> None:
    found = moment(text)
    assert found is not None
    assert found.isoformat() == iso


@pytest.mark.parametrize(
    "text",
    [
        "", "soon", "2024", "2024-05", "03/04/2021", "0000-00-00", "2026-13-45", "9999-12-31", "1024-01-01", "20261345", "12:30",
        "May 2024", "31 February 2024", "10 items, 2 from 1 shop", "2024-W18-1-", "99999999999999", "+25:00",
        "2024-05-01T10:00:00+99:00", "{{ date }}", "T" * 500,
    ],
)  # fmt: skip
def test_dates_that_can_not(text: str) -> None:
    assert moment(text) is None


@given(st.text(max_size=60))
def test_no_text_is_too_odd_for_a_date(text: str) -> None:
    found = moment(text)
    assert found is None or found.tzinfo is not None


@given(st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2099, 12, 30)))  # noqa: DTZ001 - Made aware below.
def test_a_date_in_its_normal_form_comes_back(when: datetime) -> None:
    when = when.replace(tzinfo=UTC, microsecond=0)
    assert moment(when.isoformat()) == when
    assert moment(when.strftime("%a, %d %b %Y %H:%M:%S GMT")) == when


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1}', [{"a": 1}]),
        ('\ufeff {"a": "x\ny"} ;', [{"a": "x\ny"}]),
        ('{"a": 1} {"b": 2}, [3]', [{"a": 1}, {"b": 2}, [3]]),
        ('{"a": [1, 2,], }', [{"a": [1, 2]}]),
        ('{"a": , "b": }', [{"a": None, "b": None}]),
        ("{'a': 'it\\'s', b: undefined, c: NaN}", [{"a": "it's", "b": "", "c": ""}]),
        ('{"a": "<!-- not a comment -->"}', [{"a": "<!-- not a comment -->"}]),
        ('/* <![CDATA[ */ {"a": 1} /* ]]> */', [{"a": 1}]),
        ('{"a": "http://x.test/", // why\n "b": 2}', [{"a": "http://x.test/", "b": 2}]),
        ('{"a": {"b": [{"c": "d', [{"a": {"b": [{"c": "d"}]}}]),
        ('{"a": "say "hi" now", "b": 1}', [{"a": 'say "hi" now', "b": 1}]),
        (r'{"a": "\d\'\u00e9\\n"}', [{"a": "d'é\\n"}]),
        ('{"a": 0301, "b": 1.5e3, "c": -0}', [{"a": "0301", "b": 1500.0, "c": 0}]),
        ("{&quot;a&quot;: &quot;b&quot;}", [{"a": "b"}]),
        ("", []),
        ("null", [None]),
    ],
)
def test_json_as_pages_have_it(text: str, found: list[object]) -> None:
    assert jsonld.values(text) == found


@given(st.text(alphabet="{}[]\",:'\\/* \nab1<!->&quot;", max_size=60))
def test_no_json_is_too_broken_to_be_passed_over(text: str) -> None:
    json.dumps(jsonld.values(text))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=5), VALUES, min_size=1, max_size=4))
def test_whole_json_survives_being_mended(data: dict[str, object]) -> None:
    # A comma too many makes it broken; mending must change nothing else.
    text = json.dumps(data)
    assert jsonld._repaired(f"{text[:-1]},}}") == [data]


@pytest.mark.parametrize(
    ("url", "text", "score"),
    [
        ("https://a.example/contact", "", 100),
        ("https://a.example/contact/", "", 100),
        ("https://a.example/de/kontakt.html?x=1#y", "", 100),
        ("https://a.example/index.php?id=3&page=kontakt", "", 100),
        ("https://a.example/p/7", "  Contact us » ", 100),
        ("https://a.example/%D0%BA%D0%BE%D0%BD%D1%82%D0%B0%D0%BA%D1%82%D1%8B", "", 100),
        ("https://a.example/x", "お問い合わせはこちら", 100),
        ("https://a.example/x", "Impressum", 90),
        ("https://a.example/mentions_legales", "", 90),
        ("https://a.example/ueber-uns", "", 60),
        ("https://a.example/about-us/team", "", 50),
        ("https://a.example/x", "Meet the team", 50),
        ("https://a.example/privacy-policy", "", 30),
        ("https://a.example/contact/berlin", "", 50),
        ("https://a.example/contact-berlin", "", 50),
        ("https://a.example/", "Home", 0),
        ("https://a.example/contact-lenses", "Contact lenses", 0),
        ("https://a.example/blog/how-we-lost-contact-with-the-moon-probe", "Read more", 0),
        ("https://a.example/a/b/c/d/e/f/contact", "", 0),
        ("https://a.example/contactless", "", 0),
        ("https://contact.example/", "", 0),
        ("https://a.example/x", "contact " * 100, 0),
    ],
)
def test_links_to_whoever_made_a_site(url: str, text: str, score: int) -> None:
    assert contact_like(url, text) == score
