import json

import pytest

from batches.operations.html.charset import decode
from batches.operations.html.clean import clean
from batches.operations.html.page import parse

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
    assert found["favicon_source"] == "icon"
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
    # "Welcome in", "Three plain words.", "mail", two addresses, "call", "f", "share", "tweet", "in".
    assert found["word_count"] == 13


def test_an_empty_page() -> None:
    found = parse("", URL)
    assert found["title"] is None
    assert found["favicon"] == "https://shop.example/favicon.ico"
    assert found["favicon_source"] == "default"
    assert found["word_count"] == 0


def test_addresses_are_relative_to_the_base_of_the_page() -> None:
    found = parse('<base href="/shop/"><link rel=icon href=i.png><link rel=canonical href=c>', URL)
    assert found["favicon"] == "https://shop.example/shop/i.png"
    assert found["canonical"] == "https://shop.example/shop/c"


@pytest.mark.parametrize(
    ("links", "favicon", "source"),
    [
        ("<link rel='SHORTCUT ICON' href=a.ico>", "a.ico", "icon"),
        ("<link rel=icon href='data:,'><link rel=icon href=b.png>", "b.png", "icon"),
        ("<link rel=apple-touch-icon href=t.png><link rel=icon href=i.png>", "i.png", "icon"),
        ("<link rel=apple-touch-icon href=t.png>", "t.png", "apple-touch-icon"),
        ("<link rel=apple-touch-icon-precomposed href=p.png>", "p.png", "apple-touch-icon"),
        ("<link rel=mask-icon href=m.svg><link rel=icon href=''>", "../favicon.ico", "default"),
    ],
)
def test_favicons(links: str, favicon: str, source: str) -> None:
    found = parse(links, URL)
    assert (
        found["favicon"] == URL.replace("en/", "") + favicon[3:]
        if ".." in favicon
        else URL + favicon
    )
    assert found["favicon_source"] == source


@pytest.mark.parametrize(
    "html",
    [
        "<img class='site-logo' src=brand.png>",
        "<img src=other.png><img id=Logo src=brand.png>",
        "<div class='header-logo'><a href=/><img src=brand.png></a></div>",
        "<img alt='Our logo' src='data:image/gif;base64,R0' data-src=brand.png>",
        "<img src=x.png alt=''><img src=brand.png alt='Logo of us'>",
        """<script type="application/ld+json">{"publisher":{"logo":{"url":"brand.png"}}}</script>""",
    ],
)
def test_logos(html: str) -> None:
    assert parse(html, URL)["logo"] == f"{URL}brand.png"


def test_strings_are_safe_to_store() -> None:
    hostile = r"a\u0000b\ud800c"
    found = parse(
        f"<html lang='a\0\ud800'><title>a\0b\ud800c</title><meta property='og:a\0\ud800' content='\ud800'>"
        f"<script type='application/ld+json'>{{'telephone':'12345{hostile}','logo':'/{hostile}',"
        f"'email':'x{hostile}@y.example','sameAs':'https://www.xing.com/pages/{hostile}'}}</script>"
        f"<a href='tel:12345\0\ud800'></a>".replace("'", '"'),
        URL,
    )
    assert found["title"] == "abc"
    assert found["phones"]
    assert found["social"] == {"xing": "https://www.xing.com/pages/ab\ufffdc"}
    stored = json.dumps(found, allow_nan=False)
    assert "\\u0000" not in stored
    assert "\\ud" not in stored


def test_strings_are_bounded() -> None:
    long = "x" * 100_000
    metas = "".join(f"<meta property='og:{n}{long[:200]}' content='{long}'>" for n in range(300))
    found = parse(
        f"<html lang={long}><title>{long}</title><meta name=generator content='WordPress {long}'>"
        f"<h1>{long}</h1>{metas}"
        + "".join(f"<a href='tel:{n}'></a>" for n in range(10**9, 10**9 + 999)),
        URL,
    )
    assert len(found["title"]) == 1_000
    assert len(json.dumps(found)) < 100_000


def test_clean_leaves_nothing_that_json_or_postgresql_refuses() -> None:
    data = {"a\0": [float("nan"), float("inf"), 1.5, "\udcff", None, True], "b": ("x",)}
    assert clean(data) == {"a": [None, None, 1.5, "\ufffd", None, True], "b": ["x"]}


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
        ("日本".encode("iso-2022-jp"), "text/html; charset=iso-2022-jp", "日本"),
        ("<p>日本".encode("utf-16-be"), "text/html; charset=utf-16be", "<p>日本"),
        ("<p>日本".encode("utf-16-be"), "text/html; charset='utf-16be'", "<p>日本"),
        (b"plain", "text/html; charset=utf-16", "plain"),
        ("中文".encode(), "text/html; charset=gbk", "中文"),
        (
            "<meta charset=gbk>中文".encode("gbk"),
            "text/html; charset=utf-8",
            "<meta charset=gbk>中文",
        ),
        ("<meta charset=utf-16>grün".encode(), "", "<meta charset=utf-16>grün"),
        ("grün, größer".encode() + b"\xff", "text/html; charset=utf-8", "grün, größer\ufffd"),
        # To a detector it looks like Cyrillic.
        (
            "Prices of the menu: 10 € à 20 €, 30 £ – 40 ¥ «ouvert»".encode("cp1252"),
            "",
            "Prices of the menu: 10 € à 20 €, 30 £ – 40 ¥ «ouvert»",
        ),
        ("Привет".encode("koi8-r"), "text/html; charset=koi8-r", "Привет"),
    ],
)
def test_charsets(body: bytes, content_type: str, text: str) -> None:
    assert decode(body, content_type)[0] == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("gb18030", "北京旅游网 - 首页。欢迎来到我们的网站，我们提供最好的服务。"),
        ("big5", "台北旅遊網站 - 首頁。歡迎光臨我們的網站，我們提供最好的服務。"),
        ("shift_jis", "東京の小さな店のホームページ。いらっしゃいませ。お問い合わせはこちら。"),
        ("euc-jp", "東京の小さな店のホームページ。いらっしゃいませ。お問い合わせはこちら。"),
        ("euc-kr", "서울의 작은 가게 홈페이지. 어서 오세요. 문의는 이쪽으로 해주세요."),
        ("windows-1251", "Маленький магазин в Москве. Добро пожаловать на наш сайт."),
        ("koi8-r", "Маленький магазин в Москве. Добро пожаловать на наш сайт."),
        ("windows-1253", "Το μικρό μαγαζί στην Αθήνα. Καλώς ήρθατε στην ιστοσελίδα μας."),
        ("windows-1252", "Bäckerei Müller in Köln. Schöne Grüße aus der Straße, für alle Gäste."),
        ("windows-1252", "Le café à la crème – “très” bien préparé, c’est ça."),
    ],
)
def test_a_page_that_names_no_encoding_is_read_by_its_looks(encoding: str, text: str) -> None:
    html = f"<html><head><title>{text}</title><script>var a = 1;</script></head><body><p>{text}</p>"
    assert decode(html.encode(encoding)) == (html, encoding)
