"""Sitemaps as people write them: every kind, every mistake, and what must not cost more than a moment."""

import gzip
import resource
from datetime import UTC, datetime

import pytest

from batches.operations.sitemaps.reader import PIECE, NotASitemap, Reader
from batches.operations.sitemaps.unpacking import TooMuch, Unpacker
from batches.operations.sitemaps.values import (
    Child,
    Entry,
    address,
    frequency,
    moment,
    priority,
)

A, B = "https://a.example/1", "https://a.example/2?x=1&y=2"
NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def urls(*parts: str, head: str = '<?xml version="1.0" encoding="UTF-8"?>', ns: str = NS) -> str:
    body = "".join(f"<url><loc>{part}</loc></url>" for part in parts)
    return f"{head}<urlset {ns}>{body}</urlset>"


def read(data: bytes, size: int = PIECE) -> tuple[list[Entry | Child], Reader]:
    reader = Reader()
    found = [one for n in range(0, len(data), size) for one in reader.feed(data[n : n + size])]
    return [*found, *reader.close()], reader


ESCAPED = B.replace("&", "&amp;")
GOOD = urls(A, ESCAPED)
MALFORMED = {
    "as it should be": GOOD.encode(),
    "no namespace": urls(A, ESCAPED, ns="").encode(),
    "another namespace": urls(A, ESCAPED, ns='xmlns="https://example.com/x"').encode(),
    "its namespace by https": urls(A, ESCAPED, ns=NS.replace("http:", "https:")).encode(),
    "prefixed": GOOD.replace("<urlset xmlns", "<sm:urlset xmlns:sm").replace("</urlset", "</sm:urlset")
    .replace("<url>", "<sm:url>").replace("</url>", "</sm:url>")
    .replace("<loc>", "<sm:loc>").replace("</loc>", "</sm:loc>").encode(),
    "byte order mark": b"\xef\xbb\xbf" + GOOD.encode(),
    "CDATA": urls(f"<![CDATA[{A}]]>", f"<![CDATA[{B}]]>").encode(),
    "white space": urls(f"\n  {A}\n", f"\t{ESCAPED} ").encode(),
    "comments and instructions": GOOD.replace("<loc>", "<!-- x --><?y z?><loc>").encode(),
    "an undeclared prefix": GOOD.replace(
        "</loc>", "</loc><image:image><image:loc>https://a.example/i.png</image:loc></image:image>"
    ).encode(),
    "blank lines in front": b"\n\n  \n" + GOOD.encode(),
    "UTF-16": urls(A, ESCAPED, head='<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16"),
    "an unknown encoding": GOOD.replace("UTF-8", "x-nonsense").encode(),
    "latin-1 bytes under UTF-8": GOOD.replace("</urlset>", "<x>caf\xe9</x></urlset>").encode("latin-1"),
    "an unescaped ampersand": urls(A, B).encode(),
    "a control character": GOOD.replace("<loc>", "\x0b<loc>").encode(),
    "NUL between elements": GOOD.replace("<loc>", "\0<loc>").encode(),
    "NUL in an address": GOOD.replace("example/1", "example/\x001").encode(),
    "&nbsp;": GOOD.replace("<loc>", "&nbsp;<loc>").encode(),
    "a plain DOCTYPE": GOOD.replace("?>", "?><!DOCTYPE urlset>").encode(),
    "a warning of PHP in front": b"<br />\n<b>Warning</b>: Undefined variable in x.php\n" + GOOD.encode(),
    "capitals": GOOD.replace("url", "URL").replace("loc>", "LOC>").encode(),
    "cp1251": (GOOD.replace("UTF-8", "windows-1251").replace("</urlset>", "<x>\u044f</x></urlset>")).encode("cp1251"),
    "two roots": (GOOD + urls("https://a.example/3", head="")).encode(),
    "halves of a character": GOOD.replace("</loc>", "</loc><x>&#55357;&#56832;&#xD83d;</x>").encode(),
    "a list": f"{A}\n{B}\n".encode(),
    "a list with a byte order mark and Windows ends": b"\xef\xbb\xbf" + f"{A}\r\n\r\n{B}".encode(),
}  # fmt: skip


@pytest.mark.parametrize("size", [PIECE, 7], ids=["whole", "in pieces"])
@pytest.mark.parametrize("name", MALFORMED)
def test_what_people_write_is_read(name: str, size: int) -> None:
    found, reader = read(MALFORMED[name], size)
    assert [one.url for one in found] == [A, B]
    assert reader.whole


@pytest.mark.parametrize("size", [PIECE, 7], ids=["whole", "in pieces"])
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (GOOD[: GOOD.index(B[:19])], [A]),
        (GOOD[: GOOD.index("?x=1") + 2], [A]),
        (GOOD.replace("</urlset>", ""), [A, B]),
    ],
    ids=["after the first", "inside an address", "before the end"],
)
def test_half_an_address_is_none(data: str, expected: list[str], size: int) -> None:
    found, reader = read(data.encode(), size)
    assert [one.url for one in found] == expected
    assert not reader.whole


ENTITY = '<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY x "{}">]>' + urls("&x;", head="")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"   \n", "is empty"),
        (b"<!doctype html><html><body>Not found</body></html>", "is a web page"),
        (b'<?xml version="1.0"?><html xmlns="x"><body/></html>', "XML of another kind: html"),
        (b"hello", "is no sitemap"),
        (b"x" * 100_000, "is no sitemap"),
        (ENTITY.format("aaaa").encode(), "declares entities"),
        (ENTITY.format("y").replace('"y"', 'SYSTEM "file:///etc/hostname"').encode(), "entities"),
    ],
)
def test_what_is_no_sitemap_is_named(data: bytes, words: str) -> None:
    with pytest.raises(NotASitemap, match=words):
        read(data)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMB = f'<!DOCTYPE urlset [<!ENTITY l0 "lol">{LAUGHS}]>' + urls("&l9;", head="")


@pytest.mark.parametrize("size", [PIECE, 7], ids=["whole", "in pieces"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_however_they_come(encoding: str, size: int) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding}"?>{BOMB}'
    with pytest.raises(NotASitemap, match="declares entities"):
        read(declared.encode(encoding), size)


SPACES = " ".join(f'xmlns:{n}="http://{n}"' for n in ("mobile", "xhtml", "image", "video", "news"))
RICH = f"""<url><loc>{A}</loc><lastmod>2026-05-04T03:02:01+02:00</lastmod><changefreq>Daily</changefreq>
  <priority>0,8</priority><mobile:mobile/>
  <xhtml:link rel="alternate" hreflang="de" href="https://a.example/de"/>
  <image:image><image:loc>https://a.example/1.png</image:loc><image:title>One &amp; only</image:title></image:image>
  <image:image><image:loc>https://a.example/2.png</image:loc><image:caption>Two</image:caption></image:image>
  <video:video><video:title>Film</video:title><video:content_loc>https://a.example/v.mp4</video:content_loc>
  <video:thumbnail_loc>https://a.example/t.png</video:thumbnail_loc><video:duration>600</video:duration>
  <video:publication_date>2026-05-04</video:publication_date></video:video>
  <video:video><video:title>Second</video:title><video:player_loc>https://a.example/p</video:player_loc></video:video>
  <news:news><news:publication><news:name>Post</news:name><news:language>en</news:language></news:publication>
  <news:publication_date>2026-05-04T03:02Z</news:publication_date><news:title>Today</news:title></news:news></url>"""
DETAILS = {
    "mobile": True,
    "images": [
        {"url": "https://a.example/1.png", "title": "One & only"},
        {"url": "https://a.example/2.png", "caption": "Two"},
    ],
    "videos": [
        {
            "title": "Film",
            "content": "https://a.example/v.mp4",
            "thumbnail": "https://a.example/t.png",
            "seconds": 600,
            "published": "2026-05-04T00:00:00+00:00",
        },
        {"title": "Second", "player": "https://a.example/p"},
    ],
    "news": [
        {
            "name": "Post",
            "language": "en",
            "published": "2026-05-04T03:02:00+00:00",
            "title": "Today",
        }
    ],
    "alternates": [{"language": "de", "url": "https://a.example/de"}],
}


@pytest.mark.parametrize("first", ["", "<!-- x -->"], ids=["plain", "by the parser"])
def test_everything_a_page_can_say(first: str) -> None:
    (found,), reader = read(f"<urlset {NS} {SPACES}>{first}{RICH}</urlset>".encode())
    assert isinstance(found, Entry)
    assert found.lastmod == datetime(2026, 5, 4, 1, 2, 1, tzinfo=UTC)
    assert (found.changefreq, found.priority) == ("daily", 0.8)
    assert (found.images, found.videos, found.news, found.alternates) == (2, 2, True, 1)
    assert found.details == DETAILS
    assert reader.kind == "urlset"


@pytest.mark.parametrize("first", ["", "<!-- x -->"], ids=["plain", "by the parser"])
def test_of_very_many_the_first_are_kept_and_all_are_counted(first: str) -> None:
    image = f"<image:image><image:loc>{A}</image:loc><image:title>{'t' * 900}</image:title></image:image>"
    video = f"<video:video><video:title>x</video:title><video:player_loc>{A}</video:player_loc></video:video>"
    link = f'<xhtml:link rel="alternate" hreflang="de" href="{A}"/>'
    page = f"<url><loc>{A}</loc>{image * 25}{video * 8}{link * 60}</url>"
    (found,), _ = read(f"<urlset {NS} {SPACES}>{first}{page}</urlset>".encode())
    assert isinstance(found, Entry)
    assert (found.images, found.videos, found.alternates) == (25, 8, 60)
    details = found.details or {}
    assert [len(details[name]) for name in ("images", "videos", "alternates")] == [20, 5, 50]
    assert details["images"][0]["title"] == "t" * 200


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_halves_of_a_character_cost_no_other_page(encoding: str) -> None:
    """libxml2 keeps them, and to read them raises."""
    titled = f"<image:image><image:loc>{A}</image:loc><image:title>a&#xD800;b&#0;&#x110000;</image:title></image:image>"
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    data = urls(A, A, A, head=head).replace("</loc>", f"</loc>{titled}", 1)
    found, reader = read(data.encode(encoding))
    assert len(found) >= 2
    assert reader.whole
    if encoding == "utf-8":
        assert isinstance(found[0], Entry)
        assert (found[0].details or {})["images"][0]["title"].startswith("a\ufffdb")


def test_what_has_nothing_to_tell_is_not_kept() -> None:
    """Addresses that lead nowhere, words for numbers, empty texts."""
    odd = f"""<image:image><image:loc>javascript:alert(1)</image:loc><image:title> </image:title></image:image>
      <video:video><video:duration>long</video:duration><video:player_loc>/x</video:player_loc></video:video>
      <xhtml:link rel="alternate" hreflang="" href="{A}"/><xhtml:link hreflang="de"/>"""
    (found,), _ = read(f"<urlset {NS} {SPACES}><url><loc>{A}</loc>{odd}</url></urlset>".encode())
    assert isinstance(found, Entry)
    assert (found.images, found.videos, found.alternates, found.details) == (1, 1, 0, None)


def test_what_one_page_lacks_is_not_taken_from_the_next() -> None:
    dated = f"<url><loc>{A}</loc><lastmod>2026-05-04</lastmod><priority>0.5</priority></url>"
    for first in ("", "<!-- x -->"):
        found, _ = read(f"<urlset>{first}<url><loc>{A}/x</loc></url>{dated}</urlset>".encode())
        assert [one.lastmod is None for one in found] == [True, False]


@pytest.mark.parametrize("root", ["rss", "feed", "sitemapindex"])
def test_no_kind_may_declare_entities(root: str) -> None:
    quadratic = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY x "{"a" * 50_000}">]><{root}>{"&x;" * 5_000}</{root}>'
    with pytest.raises(NotASitemap, match="declares entities"):
        read(quadratic.encode())


def test_an_index() -> None:
    body = f"<sitemap><loc>{A}</loc><lastmod>2026-05</lastmod></sitemap><sitemap><loc>{ESCAPED}</loc></sitemap>"
    found, reader = read(f"<sitemapindex {NS}>{body}</sitemapindex>".encode())
    assert found == [Child(A, datetime(2026, 5, 1, tzinfo=UTC)), Child(B)]
    assert reader.kind == "index"


def test_feeds() -> None:
    rss = f"""<rss version="2.0"><channel><link>https://a.example/</link><item><link>{A}</link>
      <pubDate>Tue, 10 Aug 2010 12:00:00 GMT</pubDate></item><item><link>{ESCAPED}</link></item></channel></rss>"""
    found, reader = read(rss.encode())
    assert found == [Entry(A, datetime(2010, 8, 10, 12, tzinfo=UTC)), Entry(B)]
    assert reader.kind == "rss"
    atom = f"""<feed xmlns="http://www.w3.org/2005/Atom"><link href="https://a.example/"/><entry>
      <link rel="self" href="https://a.example/x"/><link href="{A}"/><updated>2026-01-02</updated></entry></feed>"""
    found, reader = read(atom.encode())
    assert found == [Entry(A, datetime(2026, 1, 2, tzinfo=UTC))]
    assert reader.kind == "atom"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-05-04 03:02", datetime(2026, 5, 4, 3, 2, tzinfo=UTC)),
        ("2026-05-04T03:02:01.123456Z", datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)),
        ("0000-00-00", None), ("2026-13-45", None), ("10000-01-01", None),
        ("2026-01-01T00:00:00+25:00", None), ("yesterday", None), ("", None),
    ],
)  # fmt: skip
def test_dates(text: str, expected: datetime | None) -> None:
    assert moment(text) == expected


def test_what_means_nothing_is_kept_as_it_stood() -> None:
    data = urls(A).replace("</loc>", "</loc><lastmod>yesterday</lastmod>")
    (found,), _ = read(data.encode())
    assert isinstance(found, Entry)
    assert (found.lastmod, found.raw) == (None, "yesterday")


def test_numbers_words_and_addresses() -> None:
    assert [priority(text) for text in ("1,0", "0.5", "NaN", "-1", "5", "")] == [
        1.0,
        0.5,
        None,
        None,
        None,
        None,
    ]
    assert [frequency(text) for text in ("Daily ", "bogus")] == ["daily", ""]
    assert address(f"https://a.example/{'x' * 3000}") == ""
    assert address("javascript:alert(1)") == ""


PACKED = gzip.compress(GOOD.encode())


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        (GOOD.encode(), True),
        (PACKED, True),
        (gzip.compress(GOOD[:80].encode()) + gzip.compress(GOOD[80:].encode()), True),
        (PACKED + b"trailing garbage", True),
        (gzip.compress(PACKED), True),
        (PACKED[:-20], False),
    ],
    ids=["plain", "packed", "in two parts", "with garbage", "packed twice", "cut off"],
)
@pytest.mark.parametrize("size", [PIECE, 1], ids=["whole", "byte by byte"])
def test_what_is_packed_is_told_by_its_bytes(data: bytes, whole: bool, size: int) -> None:
    unpacker = Unpacker(1024 * 1024)
    pieces = [data[n : n + size] for n in range(0, len(data), size)]
    plain = b"".join(part for piece in pieces for part in unpacker.feed(piece))
    plain += b"".join(unpacker.close())
    assert (plain == GOOD.encode()) == whole
    assert GOOD.encode().startswith(plain)
    assert unpacker.whole == whole


def test_a_bomb_stops_at_its_limit() -> None:
    bomb = gzip.compress(gzip.compress(bytes(300 * 1024 * 1024)))
    unpacker = Unpacker(10 * 1024 * 1024)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(TooMuch, match="larger than 10 MB"):
        for _ in unpacker.feed(bomb):
            pass
    # Kilobytes.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000


PAGE = "<url><loc>https://a.example/{0}</loc><lastmod>2026-01-01</lastmod></url>"
IMAGES = PAGE.replace(
    "</url>", "<image:image><image:loc>https://a.example/i</image:loc></image:image></url>"
)
ITEM = "<item><link>https://a.example/{0}</link><pubDate>Tue, 10 Aug 2010 12:00:00 GMT</pubDate></item>"
ENTRY = '<entry><link href="https://a.example/{0}"/><updated>2026-01-02</updated></entry>'


@pytest.mark.slow
@pytest.mark.parametrize(
    ("root", "first", "one", "count"),
    [
        ("urlset", "", PAGE, 1_000_000),
        ("urlset", "", IMAGES, 200_000),
        ("urlset", "<!-- x -->", PAGE, 200_000),
        ("rss", "<channel>", ITEM, 200_000),
        ("feed", "", ENTRY, 200_000),
    ],
    ids=["a million plain", "images", "by the parser", "rss", "atom"],
)
def test_memory_does_not_grow_with_the_file(root: str, first: str, one: str, count: int) -> None:
    reader, seen, before = Reader(), 0, 0
    list(reader.feed(f"<{root}>{first}".encode()))
    for start in range(0, count, 1_000):
        piece = "".join(one.format(n) for n in range(start, start + 1_000)).encode()
        seen += sum(1 for _ in reader.feed(piece))
        if start == 50_000:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seen += sum(1 for _ in reader.feed(f"</{root}>".encode())) + sum(1 for _ in reader.close())
    assert seen == count
    # Kilobytes.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10_000


@pytest.mark.parametrize(
    "data",
    [
        f"<urlset {NS}>" + "<url>" * 200_000,
        f"<urlset {NS}><url "
        + " ".join(f'a{n}="1"' for n in range(200_000))
        + f"><loc>{A}</loc></url></urlset>",
        f"<urlset {NS}><url><loc>https://a.example/{'x' * 20_000_000}</loc></url></urlset>",
    ],
    ids=["depth", "attributes", "length"],
)
def test_hostile_files_cost_a_moment(data: str) -> None:
    try:
        found, _ = read(data.encode())
    except TooMuch:
        return
    assert [one.url for one in found] in ([], [A])


@pytest.mark.parametrize(
    "declared", ["", '<?xml version="1.0"?>', '<?xml version="1.0"?>\n<!-- x -->']
)
@pytest.mark.parametrize(
    "body",
    [
        f"<urlset {NS}><url><loc>{A}</loc></url></urlset>",
        f"<sitemapindex {NS}><sitemap><loc>{A}</loc></sitemap></sitemapindex>",
        f'<rss version="2.0"><channel><item><link>{A}</link></item></channel></rss>',
        f'<sm:urlset xmlns:sm="x"><sm:url><sm:loc>{A}</sm:loc></sm:url></sm:urlset>',
    ],
)
def test_wherever_the_first_piece_ends(declared: str, body: str) -> None:
    data = (declared + body).encode()
    for end in range(1, len(data)):
        reader = Reader()
        found = [*reader.feed(data[:end]), *reader.feed(data[end:]), *reader.close()]
        assert [one.url for one in found] == [A], data[:end]
