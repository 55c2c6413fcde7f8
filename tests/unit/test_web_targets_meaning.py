"""What targets are shown as and belong to, and that no line is too strange to be one or to be refused."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from batches.operation import InvalidTarget
from batches.operations.web.targets import domain_of, shown, site


@pytest.mark.parametrize(
    "text",
    [
        "bücher.example", "münchen.de", "ñandú.es", "łódź.pl", "việt-nam.vn", "ısparta.com.tr", "straße.de",
        "пример.рф", "москва-1.com", "ελλάδα.gr", "مثال.com", "سال-۱۴۰۵.com", "مثال.إختبار", "דוגמה.com", "उदाहरण.com", "ไทย.com", "հայ.com",
        "例え.jp", "日本語ドメイン.jp", "ソニーstyle.jp", "中文.com", "中文abc.cn", "한국어.kr", "lg전자.kr", "々木.jp",
        "💩.la", "i❤.ws", "shop💩.la", "аррӏе.рф", "www.bücher.example",
    ],
)  # fmt: skip
def test_names_are_shown_as_they_are_meant(text: str) -> None:
    stored = site(text).value
    assert "xn--" in stored
    assert shown(stored) == text
    assert shown(f"https://{stored}:8443/xn--a?b=xn--c") == f"https://{text}:8443/xn--a?b=xn--c"


@pytest.mark.parametrize(
    "text",
    [
        "аpple.com",  # One letter is Cyrillic.
        "аррӏе.com",  # All of them are.
        "раураӏ.com", "со.com", "ανιν.com", "օո.com", "gооgle.com", "gοοgle.com", "exampłе.com",
        "example.com∕path.evil.example", "example.com⁄path.evil.example", "example.comノpath.evil.example",
        "example.com丶path.evil.example", "a╱b.example", "exɑmple.com", "goǀd.com", "lıdl.com",
        "a\u0337b.com", "a\u200d\u0915.com", "ʻokina.com", "aम.com", "пример漢.com",
    ],
)  # fmt: skip
def test_names_that_deceive_stay_as_they_are_stored(text: str) -> None:
    try:
        stored = site(text).value
    except InvalidTarget:
        return
    assert shown(stored) == stored


def test_only_the_part_that_deceives_stays_encoded() -> None:
    stored = site("bücher.gооgle.com/ä").value
    assert shown(stored) == "bücher.xn--ggle-55da.com/%C3%A4"
    assert shown(site("aб.рф").value) == "xn--a-btb.рф"


@pytest.mark.parametrize(
    "text",
    ["example.com", "xn--a.example", "xn--.example", "xn--zzzzzzz99.com", "", "xn--", "[::1]:80", "xn--\ud800.x",
     "https://xn--a.example/", "ftp://xn--bcher-kva.example", "example.com/xn--bcher-kva"],
)  # fmt: skip
def test_what_cannot_be_shown_otherwise_stays(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("example.com", "example.com"),
        ("www.example.com", "example.com"),
        ("WWW.Example.COM.", "example.com"),
        ("https://www.example.com/a?b#c", "example.com"),
        ("http://example.com:80/", "example.com"),
        ("https://example.com:443", "example.com"),
        ("example.com:443", "example.com"),
        ("www.example.com:8080/x", "example.com:8080"),
        ("http://example.com:443/", "example.com"),
        ("shop.example.com", "shop.example.com"),
        ("www2.example.com", "www2.example.com"),
        ("www.com", "www.com"),
        ("www.www.com", "www.com"),
        ("www.www.example.com", "example.com"),
        ("www.localhost:8000", "www.localhost:8000"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("https://www.bücher.example/", "xn--bcher-kva.example"),
        ("127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://[2001:DB8::1]:8000/", "[2001:db8::1]:8000"),
    ],
)
def test_the_domain_that_a_target_belongs_to(text: str, domain: str) -> None:
    assert domain_of(text) == domain
    assert domain_of(domain) == domain
    assert domain_of(site(text).value) == domain


def test_addresses_of_one_page_are_one_target() -> None:
    for same in (
        ["example.com", "EXAMPLE.com.", "http://example.com", "https://example.com:443/#x", "<example.com>,"],
        ["bücher.example/ä", "https://XN--BCHER-KVA.example/%C3%A4", "bu\u0308cher.example/ä"],
        ["www.example.com:80", "http://www.example.com"],
    ):  # fmt: skip
        assert len({site(line).key for line in same}) == 1


def test_addresses_of_different_pages_are_different_targets() -> None:
    different = ["example.com", "www.example.com", "example.com:8080", "example.com/a", "example.com/A",
                 "example.com/?a", "notexample.com", "example.com.evil.example"]  # fmt: skip
    assert len({site(line).key for line in different}) == len(different)


_pieces = st.sampled_from(
    [
        "example", "com", ".", "..", "www.", ":", "80", "443", "99999", "/", "//", "http:", "https://", "HTTP://",
        "ftp://", "mailto:", "@", "?", "#", "%", "%2e", "xn--", "bcher-kva", "ü", "💩", "۱", "\u200d", "\u00ad",
        "[", "]", "::1", "127.1", "0x7f", "\\", "\"", "'", "<", ">", "(", ")", ",", ";", " ", "\t", "\ufeff", "_",
        "-", "\ud800", "\0", "a" * 64, "。", "／", "：", "＠", "localhost",
    ]
)  # fmt: skip
_lines = st.lists(_pieces, max_size=12).map("".join) | st.text(max_size=60)


@settings(deadline=None)
@given(_lines)
@example("http://%2e/")
@example("((((((((((a.b))))))))))")
def test_every_line_is_a_target_or_refused(line: str) -> None:
    try:
        target = site(line)
    except InvalidTarget:
        return
    assert site(target.value) == target
    assert target.value.isascii()
    assert len(target.value) <= 2_048
    domain = domain_of(line)
    assert domain == domain_of(target.value) == domain_of(domain)
    assert site(shown(target.value)) == target
    assert shown(shown(target.value)) == shown(target.value)


@settings(deadline=None)
@given(_lines)
def test_anything_can_be_shown(text: str) -> None:
    shown(text)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "<",
        "(",
        '"',
        "@",
        ".",
        "xn--",
        "a.",
        "a:",
        "a@",
        "<a@",
        "%",
        "ü",
        "-",
        "\ufeff.",
        "a ,",
    ],
)
@pytest.mark.parametrize("start", ["", "https://", "a.example/"])
def test_a_hostile_line_costs_time_in_proportion(start: str, piece: str) -> None:
    with pytest.raises(InvalidTarget):
        site(start + piece * (1_000_000 // len(piece)))
