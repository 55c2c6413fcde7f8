import time

import pytest

from batches.operation import InvalidTarget
from batches.operations.web.targets import site


@pytest.mark.parametrize(
    ("line", "value", "key"),
    [
        ("example.com", "example.com", "example.com"),
        ("EXAMPLE.com.", "example.com", "example.com"),
        ("http://example.com", "http://example.com/", "example.com"),
        ("https://example.com/", "https://example.com/", "example.com"),
        ("https://example.com:443/", "https://example.com/", "example.com"),
        ("example.com:8080", "example.com:8080", "example.com:8080"),
        ("example.com/about", "example.com/about", "example.com/about"),
        ("https://example.com/a b", "https://example.com/a%20b", "example.com/a%20b"),
        ("https://example.com/x#part", "https://example.com/x", "example.com/x"),
        ("bücher.example", "xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("a--b.example.com", "a--b.example.com", "a--b.example.com"),
        ("under_score.example.com", "under_score.example.com", "under_score.example.com"),
        ("127.0.0.1:8000", "127.0.0.1:8000", "127.0.0.1:8000"),
        ("bakery-001.localhost:8000", "bakery-001.localhost:8000", "bakery-001.localhost:8000"),
        ("http://[2001:db8::1]/", "http://[2001:db8::1]/", "[2001:db8::1]"),
        (" \ufeffexample.com\u200b\u00a0", "example.com", "example.com"),
        ("HTTP:example.com", "http://example.com/", "example.com"),
        ("//example.com/x", "example.com/x", "example.com/x"),
        ("example.com?x=1", "example.com/?x=1", "example.com/?x=1"),
        (
            "example.com/?u=http://x.example",
            "example.com/?u=http://x.example",
            "example.com/?u=http://x.example",
        ),
        ("example.com:80", "example.com", "example.com"),
        ("example.com:443", "https://example.com/", "example.com"),
        ("example.com:443/a", "https://example.com/a", "example.com/a"),
        ("example.com.:8080", "example.com:8080", "example.com:8080"),
        ("https://Example.com./A", "https://example.com/A", "example.com/A"),
        (
            "https://bücher.example/ü",
            "https://xn--bcher-kva.example/%C3%BC",
            "xn--bcher-kva.example/%C3%BC",
        ),
        ("2130706433", "127.0.0.1", "127.0.0.1"),
        # Out of lists, tables and documents.
        ("example.com,", "example.com", "example.com"),
        ("example.com;", "example.com", "example.com"),
        ("example.com ,; ", "example.com", "example.com"),
        ('"example.com"', "example.com", "example.com"),
        ('"https://example.com/a",', "https://example.com/a", "example.com/a"),
        ("'example.com'", "example.com", "example.com"),
        ("“example.com”", "example.com", "example.com"),
        ("„example.com“", "example.com", "example.com"),
        ("«example.com»", "example.com", "example.com"),
        ("<https://example.com>", "https://example.com/", "example.com"),
        ("(example.com)", "example.com", "example.com"),
        ('\ufeff"<example.com/a>";', "example.com/a", "example.com/a"),
        ("https://example.com/a_(b)", "https://example.com/a_(b)", "example.com/a_(b)"),
        ("[::1]:8000", "[::1]:8000", "[::1]:8000"),
        # What others refused.
        ("https://WWW.Example.com/a?b", "https://www.example.com/a?b", "www.example.com/a?b"),
        ("www.example.com", "www.example.com", "www.example.com"),
        (
            "example.com/a?q=me@example.com",
            "example.com/a?q=me@example.com",
            "example.com/a?q=me@example.com",
        ),
        (
            "example.com?q=me@example.com",
            "example.com/?q=me@example.com",
            "example.com/?q=me@example.com",
        ),
        ("münchen.de.", "xn--mnchen-3ya.de", "xn--mnchen-3ya.de"),
        ("MÜNCHEN.DE", "xn--mnchen-3ya.de", "xn--mnchen-3ya.de"),
        ("XN--MNCHEN-3YA.de", "xn--mnchen-3ya.de", "xn--mnchen-3ya.de"),
        ("mu\u0308nchen.de", "xn--mnchen-3ya.de", "xn--mnchen-3ya.de"),
        ("münchen.de:8443/ä", "xn--mnchen-3ya.de:8443/%C3%A4", "xn--mnchen-3ya.de:8443/%C3%A4"),
        ("пример.рф", "xn--e1afmkfd.xn--p1ai", "xn--e1afmkfd.xn--p1ai"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah", "xn--r8jz45g.xn--zckzah"),
        ("💩.la", "xn--ls8h.la", "xn--ls8h.la"),
        ("xn--ls8h.la", "xn--ls8h.la", "xn--ls8h.la"),
        ("_dmarc.example.com", "_dmarc.example.com", "_dmarc.example.com"),
        ("ab--cd.example.com", "ab--cd.example.com", "ab--cd.example.com"),
        ("example.com#top", "example.com", "example.com"),
        ("https://example.com/a#top", "https://example.com/a", "example.com/a"),
        ("https://example.com/./b/../a", "https://example.com/a", "example.com/a"),
        ("https://example.com", "https://example.com/", "example.com"),
        (f"{'a' * 63}.example", f"{'a' * 63}.example", f"{'a' * 63}.example"),
    ],
)
def test_what_is_accepted(line: str, value: str, key: str) -> None:
    target = site(line)
    assert (target.value, target.key) == (value, key)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ftp://example.com", "not the web"),
        ("mailto:me@example.com", "an e-mail address, not a site"),
        ("MAILTO:me@example.com?subject=x", "an e-mail address, not a site"),
        ("Me <me@example.com>", "an e-mail address, not a site"),
        ("<me@example.com>,", "an e-mail address, not a site"),
        ("me:secret@example.com", "user name or password"),
        ("me:secret@example.com:80/x", "user name or password"),
        ("https://me@example.com", "user name or password"),
        ("//me@example.com/x", "user name or password"),
        ("ftp.example.com:21@x.example", "user name or password"),
        ("javascript:alert(1)", "not the web"),
        ("not a domain", "not a domain"),
        ("word", "not a full domain name"),
        ("https://user:secret@example.com/", "user name or password"),
        ("example.com:99999", "not a domain"),
        ("http://", "not a domain"),
        ("a" * 64 + ".example.com", "overlong part"),
        ("example..com", "empty"),
        ("https://example.com/" + "x" * 2_048, "longer than"),
        ("https://example.com/" + "ü" * 1_000, "longer than 2,048 characters once it is encoded"),
        ("example.com,example.org", "character that no host name has"),
        ("example.com;example.org", "character that no host name has"),
        ("xn--a.example", "“xn--a” is not a valid international name"),
        ("xn--zzzzzzz99.example", "not a valid international name"),
        ("www.XN--a.example/x", "not a valid international name"),
        ("https://xn--.example/", "not a valid international name"),
        ("xn--example-.example", "not a valid international name"),
        ("ü" * 64 + ".example", "not a domain|overlong part"),
        ("a" * 250 + ".example", "no valid host|overlong part"),
        (".example.com", "empty"),
        ("example.com..", "empty"),
        ("<>", "not a domain"),
        ("<", "not a domain"),
        ('"', "character that no host name has"),
        (",", "not a domain"),
        ("", "not a domain"),
        ("1.2.3.4.5", "not a domain"),
        ("256.1.1.1", "not a domain"),
        ("http://[::1", "not a domain"),
        ("example.com:-1", "not a domain"),
        ("exa mple.com", "not a domain"),
        ("exam\u00adple.com:x", "not a domain"),
        ("*.example.com", "character that no host name has"),
        ("exam\tple.com", "tab or a line break"),
        ("me@example.com", "an e-mail address, not a site"),
        ("example.com:abc", "not a domain"),
        ("C:\\sites.txt", "c: is not the web"),
        ("https//example.com", "not a full domain name"),
        ("::1", "not a domain"),
        ("http://example.com/\ud800", "not a domain"),
    ],
)
def test_what_is_refused_and_why(line: str, words: str) -> None:
    with pytest.raises(InvalidTarget, match=words):
        site(line)


@pytest.mark.parametrize(
    "line",
    [
        "site{}.example.com",
        "https://site{}.example.com/path?q=1",
        "bücher{}.example",
        "a{}.example:80",
    ],
)
def test_a_million_lines_are_a_matter_of_seconds(line: str) -> None:
    lines = [line.format(n) for n in range(20_000)]
    started = time.process_time()
    assert len({site(one).key for one in lines}) == 20_000
    assert time.process_time() - started < 4  # 0.2 s when the machine is idle.
