"""Reading without a tree finds what the parser finds, and leaves to it what it can't be sure of."""

import pytest

from batches.operations.sitemaps.generator import generator
from batches.operations.sitemaps.reader import PIECE, NotASitemap, Reader
from batches.operations.sitemaps.values import Child, Entry

HEAD = '<?xml version="1.0" encoding="{}"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
END = "</urlset>"
FULL = (
    "<url> <loc> https://a.example/{}?x=1&amp;y=2 </loc><lastmod>2026-05-04T03:02:01+02:00</lastmod>"
    "<changefreq>Daily</changefreq><priority>0,8</priority></url>\n"
)
PLAIN = "".join(FULL.format(number) for number in range(40))
LINK = '<xhtml:link rel="alternate" {}/>'
IMAGE = "<image:image><image:loc>https://a.example/i.png</image:loc>{}</image:image>"
VIDEO = (
    "<video:video> <video:title>Film &amp; &lt;more&gt;</video:title><video:duration> 600 </video:duration>"
    "<video:thumbnail_loc>https://a.example/t</video:thumbnail_loc><video:tag>a</video:tag></video:video>"
)
NEWS = (
    "<news:news>\n<news:publication><news:name>Post</news:name>\n<news:language>en</news:language>"
    "</news:publication><news:publication_date>2026-01-02T03:04+02:00</news:publication_date>"
    "<news:title>Today</news:title></news:news>"
)


def page(*parts: str) -> str:
    return f"<url><loc>https://a.example/o</loc>{''.join(parts)}</url>"


# In the place of one page among others.
ODD = {
    "nothing": "",
    "as usual": FULL,
    "a wrong date": "<url><loc>https://a.example/o</loc><lastmod>yesterday</lastmod></url>",
    "empty elements": "<url><loc>https://a.example/o</loc><lastmod></lastmod><priority></priority></url>",
    "no number": "<url><loc>https://a.example/o</loc><priority>..</priority></url>",
    "no address": "<url><loc>javascript:alert(1)</loc></url>",
    "capitals in the scheme": "<url><loc>HTTPS://a.example/o</loc></url>",
    "twice escaped": "<url><loc>https://a.example/?a=&amp;amp;b</loc></url>",
    "another entity": "<url><loc>https://a.example/?a=&#38;b&quot;</loc></url>",
    "a bare &": "<url><loc>https://a.example/?a=1&b=2</loc></url>",
    "a comment": "<!-- <url><loc>https://a.example/no</loc></url> -->",
    "CDATA": "<url><loc><![CDATA[https://a.example/?a&b]]></loc></url>",
    "an image": "<url><loc>https://a.example/o</loc><image:image><image:loc>https://a.example/i"
    "</image:loc></image:image></url>",
    "images": page(IMAGE.format("<image:title> a\n b &amp; c</image:title>"), IMAGE.format("")),
    "images of all kinds": page(
        IMAGE.format("<image:caption>one</image:caption><image:caption>two</image:caption>"),
        "<image:image></image:image>",
        "<image:image> </image:image>",
        "<image:image><image:loc>/relative</image:loc></image:image>",
        IMAGE.format("<image:title>caf\u00e9 \U0001f600</image:title>"),
    ),
    "many images": page(*[IMAGE.format("")] * 30),
    "a date behind an image": page(IMAGE.format(""), "<lastmod>2026-01-01</lastmod><lastmod>2025</lastmod>"),
    "an image in another": page(IMAGE.format(IMAGE.format(""))),
    "a title of another kind": page(IMAGE.format("<video:title>x</video:title>")),
    "a number in a title": page(IMAGE.format("<image:title>&#8217;</image:title>")),
    "no character in a title": page(IMAGE.format("<image:title>\uffff</image:title>")),
    "mark-up in a title": page(IMAGE.format("<image:title><![CDATA[a <b>b</b>]]></image:title>")),
    "videos": page(VIDEO, VIDEO),
    "news": page(NEWS),
    "news and more": page(NEWS, NEWS, "<news:news><news:publication></news:publication></news:news>", VIDEO),
    "news that is broken": page(NEWS.replace("</news:publication>", "")),
    "languages": page(
        LINK.format('hreflang="de" href="https://a.example/de?a=1&amp;b"'),
        LINK.format('href="https://a.example/fr"\nhreflang="x-default"'),
        LINK.format('hreflang="it" href="/it"'),
        LINK.format('hreflang="en" href="HTTPS://a.example/en" '),
    ),
    "languages of another form": page(
        LINK.format("hreflang='de' href='https://a.example/de'"),
        LINK.format('hreflang="de" href="https://a.example/de" title="x"'),
        LINK.format('href="https://a.example/de" media="x"'),
    ),
    "a language twice in one": page(LINK.format('hreflang="de" hreflang="fr" href="https://a.example/"')),
    "many languages": page(*[LINK.format('hreflang="de" href="https://a.example/de"')] * 70),
    "a mark for telephones": page("<mobile:mobile/>"),
    "everything": page(LINK.format('hreflang="de" href="https://a.example/de"'), NEWS, "<priority>1</priority>",
                       IMAGE.format(""), VIDEO, "<mobile:mobile />", "<changefreq> Daily </changefreq>"),
    "another order": "<url><lastmod>2026-01-01</lastmod><loc>https://a.example/o</loc></url>",
    "twice the same": "<url><loc>https://a.example/o</loc><lastmod>2026</lastmod><lastmod>2025</lastmod></url>",
    "no ASCII": "<url><loc>https://a.example/é</loc></url>",
    "an attribute": '<url a="b"><loc>https://a.example/o</loc></url>',
    "too long": f"<url><loc>https://a.example/{'x' * 3_000}</loc></url>",
    "long blanks": f"<url>{' ' * 20_000}<loc>https://a.example/o</loc></url>",
    "another root": END + HEAD.format("utf-8").partition("?>")[2],
    "cut off": "<url><loc>https://a.example/half",
}  # fmt: skip


def read(text: str, size: int, encoding: str = "utf-8") -> tuple[list[Entry | Child], bool]:
    data, reader = text.encode(encoding), Reader()
    found = [one for n in range(0, len(data), size) for one in reader.feed(data[n : n + size])]
    return [*found, *reader.close()], reader.whole


@pytest.mark.parametrize("size", [PIECE, 1_000])
@pytest.mark.parametrize("name", ODD)
def test_both_ways_find_the_same(name: str, size: int) -> None:
    head = HEAD.format("utf-8")
    # Behind a comment, all is read by the parser.
    fast = read(head + PLAIN + ODD[name] + PLAIN + END, size)
    slow = read(f"{head}<!-- x -->{PLAIN}{ODD[name]}{PLAIN}{END}", size)
    assert fast == slow
    assert len(fast[0]) >= 40


# As systems write them: nothing of it needs the parser.
USUAL = [
    "nothing",
    "as usual",
    "images",
    "images of all kinds",
    "videos",
    "news",
    "languages",
    "everything",
]


@pytest.mark.parametrize("name", USUAL)
def test_the_usual_needs_no_parser(name: str) -> None:
    reader = Reader()
    list(reader.feed((HEAD.format("utf-8") + PLAIN + ODD[name]).encode()))
    assert reader._plain is not None


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-8"])
def test_letters_mean_what_the_encoding_says(encoding: str) -> None:
    titled = page(IMAGE.format("<image:title>caf\u00e9</image:title>"))
    found, _ = read(HEAD.format(encoding) + titled + END, PIECE, encoding)
    assert isinstance(found[0], Entry)
    assert found[0].details == {
        "images": [{"url": "https://a.example/i.png", "title": "caf\u00e9"}]
    }


@pytest.mark.parametrize("encoding", ["utf-16", "utf-7", "hz", "iso-2022-jp"])
def test_where_ascii_may_mean_something_else_the_parser_reads(encoding: str) -> None:
    """In "hz", for one, two letters of ASCII may be a Chinese character."""
    reader = Reader()
    with_root = HEAD.format(encoding).encode(encoding if encoding == "utf-16" else "ascii")
    try:
        list(reader.feed(with_root))
    except NotASitemap:
        return
    assert reader._plain is None


def test_a_root_in_a_comment_is_none() -> None:
    hidden = f'<?xml version="1.0"?><!-- <urlset>{PLAIN}</urlset> -->'
    found, _ = read(f"{hidden}<urlset>{FULL.format('real')}{END}", PIECE)
    assert [one.url for one in found] == ["https://a.example/real?x=1&y=2"]


@pytest.mark.parametrize(
    ("url", "text", "name"),
    [
        ("https://a.example/s.xml", "<!-- XML Sitemap generated by Yoast SEO -->", "Yoast SEO"),
        ("https://a.example/s.xml", '<?xml-stylesheet href="/wp-content/x.xsl"?>', "WordPress"),
        ("https://a.example/wp-sitemap-posts-1.xml", "", "WordPress"),
        ("https://a.example/sitemap_products_1.xml", "", "Shopify"),
        ("https://a.example/s.xml", '<?xml-stylesheet href="/typo3conf/x.xsl"?>', "TYPO3"),
        ("https://a.example/s.xml", "<url><loc>https://a.example/wordpress</loc></url>", ""),
        ("https://wordpress.example/s.xml", "", ""),
    ],
)
def test_who_wrote_it(url: str, text: str, name: str) -> None:
    assert generator(url, text.encode(), b"") == name
    assert generator(url, b"", text.encode()) == name
