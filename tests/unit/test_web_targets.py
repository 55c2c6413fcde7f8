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
    ],
)
def test_what_is_accepted(line: str, value: str, key: str) -> None:
    target = site(line)
    assert (target.value, target.key) == (value, key)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ftp://example.com", "not the web"),
        ("mailto:me@example.com", "not the web"),
        ("javascript:alert(1)", "not the web"),
        ("not a domain", "not a domain"),
        ("word", "not a full domain name"),
        ("https://user:secret@example.com/", "user name or password"),
        ("example.com:99999", "not a domain"),
        ("http://", "not a domain"),
        ("a" * 64 + ".example.com", "overlong part"),
        ("example..com", "empty"),
        ("https://example.com/" + "x" * 2_048, "longer than"),
    ],
)
def test_what_is_refused_and_why(line: str, words: str) -> None:
    with pytest.raises(InvalidTarget, match=words):
        site(line)
