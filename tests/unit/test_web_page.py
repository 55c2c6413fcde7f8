import time

import pytest

from batches.operations.web import contacts, technology
from batches.operations.web.charset import decode
from batches.operations.web.page import parse

URL = "https://shop.example/en/"
PAGE = """<!doctype html><html lang="en-GB"><head>
<title>  Corner
 Shop </title>
<meta content="Fine things &amp; more" name="Description">
<meta property="og:title" content="The Corner Shop"><meta property="og:image" content="/og.png">
<meta name="generator" content="WordPress 6.8.1">
<meta name="generator" content="Elementor 3.25.4; features: additional">
<link rel="Canonical" href="/"><link rel="shortcut icon" href="icon.png">
<link rel="stylesheet" href="/wp-content/themes/corner/style.css?ver=2">
<script src="/wp-content/plugins/woocommerce/assets/x.js?ver=9.4.2"></script>
<!-- This site is optimized with the Yoast SEO plugin v23.9 - https://yoast.com/ -->
<script type="application/ld+json">{"@graph":[{"@type":"Organization","logo":{"url":"/brand.svg"},
"telephone":"+49 30 901820","sameAs":["https://x.com/cornershop"]}]}</script>
<script type="application/ld+json">{broken</script>
</head><body>
<svg><title>Menu</title></svg>
<h1>Welcome <em>in</em></h1>
<p>Three plain words.</p>
<div class="wpforms-container"></div><div class="et_pb_section"></div>
<a href="mailto:Info%40Shop.example?subject=Hi">mail</a> sales@shop.example logo@2x.png
<a href="tel:+44-20-7946-0018">call</a>
<a href="https://www.facebook.com/cornershop?ref=x">f</a>
<a href="https://www.facebook.com/sharer/sharer.php?u=x">share</a>
<a href="https://twitter.com/intent/tweet">tweet</a>
<a href="https://www.linkedin.com/company/corner-shop/">in</a>
</body></html>"""


def test_every_field_of_a_page() -> None:
    found = parse(PAGE, URL)
    assert found["title"] == "Corner Shop"
    assert found["description"] == "Fine things & more"
    assert found["language"] == "en-GB"
    assert found["canonical"] == "https://shop.example/"
    assert found["favicon"] == "https://shop.example/en/icon.png"
    assert found["logo"] == "https://shop.example/brand.svg"
    assert found["opengraph"] == {"title": "The Corner Shop", "image": "/og.png"}
    assert found["h1"] == "Welcome in"
    assert found["cms"] == {"name": "WordPress", "version": "6.8.1"}
    assert found["wordpress"] == {
        "theme": "corner",
        "elementor": "3.25.4",
        "woocommerce": "9.4.2",
        "yoast_seo": "23.9",
        "wpforms": True,
        "divi": True,
    }
    assert found["emails"] == ["info@shop.example", "sales@shop.example"]
    assert found["phones"] == ["+442079460018", "+4930901820"]
    assert found["social"] == {
        "facebook": "https://www.facebook.com/cornershop",
        "linkedin": "https://www.linkedin.com/company/corner-shop",
        "x": "https://x.com/cornershop",
    }
    assert 8 <= found["word_count"] <= 14


def test_a_page_that_only_talks_of_wordpress_is_not_made_with_it() -> None:
    html = "<p>We compare WordPress, wp-content folders and Elementor.</p>"
    assert parse(html, URL)["cms"] == {}


def test_an_empty_page() -> None:
    found = parse("", URL)
    assert found["title"] is None
    assert found["favicon"] == "https://shop.example/favicon.ico"
    assert found["word_count"] == 0


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 100_000,
        "<ul><li>" * 50_000,
        "<a><b>" * 50_000,
        "<p " + "a=1 " * 100_000 + ">",
        "<b>" * 100_000,
        "<" * 1_000_000,
        "&amp" * 200_000,
        "<svg>" * 50_000,
        "<!--" * 100_000,
        "a@" * 200_000,
        "a" * 1_000_000,
        "@" * 1_000_000,
    ],
    ids=lambda html: html[:8],
)
def test_pages_made_to_take_for_ever_do_not(html: str) -> None:
    started = time.process_time()
    parse(f"<title>still read</title>{html}", URL)
    assert time.process_time() - started < 5  # Unguarded, some of these take longer than a minute.


def test_strings_are_safe_to_store() -> None:
    found = parse("<title>a\0b\ud800c</title>", URL)
    assert found["title"].encode()
    assert "\0" not in found["title"]
    assert len(parse(f"<title>{'x' * 100_000}</title>", URL)["title"]) == 1_000


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("grün".encode(), "text/html", "grün"),
        ("grün".encode("latin-1"), "text/html; charset=utf-8", "grün"),
        ("grün".encode("latin-1"), "text/html; charset=iso-8859-1", "grün"),
        ("grün".encode("utf-16"), "text/html", "grün"),
        ("\ufeffgrün".encode(), "", "grün"),
        ("<meta charset=shift_jis>日本".encode("shift_jis"), "", "<meta charset=shift_jis>日本"),
        ("<meta charset=gbk>中文".encode("gbk"), "text/html", "<meta charset=gbk>中文"),
        (b"plain", "text/html; charset=zlib", "plain"),
        (b"plain", "text/html; charset=punycode", "plain"),
        (b"gr\xfcn", "text/html; charset=idna", "grün"),
    ],
)
def test_charsets(body: bytes, content_type: str, text: str) -> None:
    assert decode(body, content_type)[0] == text


@pytest.mark.parametrize(
    ("generator", "cms"),
    [
        ("WordPress 6.5", ("WordPress", "6.5")),
        ("Joomla! - Open Source Content Management", ("Joomla", None)),
        ("TYPO3 CMS", ("TYPO3", None)),
        ("Hugo 0.140.0", ("Hugo", "0.140.0")),
        ("Drupal 10 (https://www.drupal.org)", ("Drupal", "10")),
        ("My own thing", None),
    ],
)
def test_generators(generator: str, cms: tuple[str, str | None] | None) -> None:
    found = technology.cms([generator], "")
    assert found == ({} if cms is None else {"name": cms[0], "version": cms[1]})


@pytest.mark.parametrize("trap", ["logo@2x.png", "@handle", "a@b", "x@y.js", "user@localhost"])
def test_what_is_no_address(trap: str) -> None:
    assert contacts.emails(f"before {trap} after") == []
