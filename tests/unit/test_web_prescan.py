"""Pages that are made to keep a parser busy, and the rule that keeps them from it."""

import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser, LexborNode

from batches.operations.html import page, prescan, titles
from batches.operations.html.document import Document
from batches.operations.html.page import parse
from batches.operations.html.prescan import fitting
from batches.operations.html.tags import TOKEN

pytestmark = pytest.mark.slow

N = 100_000
FORMATTING = "".join(f"<b id={n}>" for n in range(3_000))
PLAIN = "".join(f"<{name}>" * 3 for name in sorted(prescan._FORMATTING))
ATTRIBUTES = " ".join(f"a{n}" for n in range(N))

HOSTILE = {
    "div": "<div>" * N,
    "lists": "<ul><li>" * N,
    "two sorts of lists": "<li><dd>" * N,
    "forms": "<form><div>" * N,
    "links and bold": "<a><b>" * N,
    "wrong end tags": "<div></x>" * N,
    "slashes that close nothing": "<div/>" * N,
    "end tags in comments": "<div><!--</div>-->" * N,
    "comments that are none": "<div><!x </div>" * N,
    "end tags in attributes": "<div x='</div>'>" * N,
    "end tags in scripts": ("<div>" * 400 + "<script>" + "</div>" * 400 + "</script>") * 300,
    "end tags in tables": ("<div>" * 400 + "<table><td>" + "</div>" * 400) * 300,
    "end tags in a drawing": "<svg>" + "<div><![CDATA[></div>]]>" * N,
    "behind CDATA": "<![CDATA[>" + "<div>" * N,
    "void tags in a drawing": "<svg>" + "<link>" * N,
    "script in a comment in a script": "<script><!--<script></script>" + "<div>" * N,
    "a quote that is a name": '<p ">' + "<div>" * N + '">',
    "paragraphs to end": "<div>" * 10_000 + "</p>" * 500_000,
    "attributes": f"<p {ATTRIBUTES}>",
    "attributes behind a quoted bracket": f"<p x='>' {ATTRIBUTES}>",
    "attributes with brackets": f"<p {ATTRIBUTES.replace(' ', '=">" ')}>",
    "attributes, tag by tag": ("<p " + ATTRIBUTES[:10_000] + ">") * 400,
    "formatting": f"<p>{FORMATTING}</p>" + "<p>x</p>" * 3_000,
    "formatting behind CDATA": f"<p><![CDATA[>{FORMATTING}</p>" + "<p>x</p>" * 3_000,
    "plain formatting": f"<p>{PLAIN}</p>" + "<p>x</p>" * 100_000,
    "plain formatting in upper case": f"<P>{PLAIN.upper()}</P>" + "<P>x</P>" * 100_000,
    "attributes behind a quote in a script": f"<script><x y='</script><p {ATTRIBUTES}>",
    "tags in tags in a script": "<script><x y='" + "<a" * 2_000_000 + f"'</script><p {ATTRIBUTES}>",
    "names of attributes": "".join(f"<p a{n} b{n}>" for n in range(N)),
    "names of attributes behind a quote in a script": "<script><x y='</script>"
    + "".join(f"<p a{n} b{n}>" for n in range(N)),
    "names of tags": "".join(f"<x{n}></x{n}>" for n in range(N)),
    "paragraphs": "<p>" * 1_600_000,
    "paragraphs that are ended": "x</p>" * 900_000,
    "breaks that are ended": "</br>" * 1_000_000,
    "pictures": "<img src=/x>" * 400_000,
    "attributes, a few for each tag": "<p a b c d e f g>" * 280_000,
    "attributes, a few for each tag, behind a quote": "<script><x y='</script>"
    + "<p a b c d e f g>" * 280_000,
    "formatting in upper case": f"<P>{FORMATTING.upper()}</P>" + "<P>x</P>" * 3_000,
}
FLAT = {
    "bold": "<b>" * N,
    "brackets": "<" * 5_000_000,
    "ampersands": "&amp" * N,
    "drawings": "<svg></svg>" * N,
    "comments": "<!--" * N,
    "tables": "<table>" * N,
    "letters": "a" * 5_000_000,
    "ats": "@" * 5_000_000,
    "letters and ats": "a@" * 2_500_000,
    "open brackets": "(" * 5_000_000,
    "quotes": '"' * 5_000_000,
    "titles": "<title" * 800_000,
    "plug-ins": "/wp-content/plugins/elementor/" * 160_000,
    "logos": '<div class="logo">' * 2_900 + "<img alt=y>" * 50_000,
    "one long value": f"<img src='data:{'A' * 4_000_000}'>",
}


def read(html: str) -> Document:
    started = time.process_time()
    document = Document(f"<title>still read</title>{html}", "https://shop.example/")
    found = page.fields(document)
    # Unguarded, most of these take from ten seconds to hours.
    assert time.process_time() - started < 6
    assert found["title"] == "still read"
    return document


@pytest.mark.parametrize("html", FLAT.values(), ids=FLAT)
def test_pages_made_to_take_for_ever_do_not(html: str) -> None:
    read(html)


@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE)
def test_nor_do_those_of_which_a_part_is_read(html: str) -> None:
    document = read(f"<h1>Here</h1>{html}")
    assert 33 <= document.read < len(document.html)
    assert titles.heading(document) == "Here"


def test_what_is_read_in_part_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    # However slow the machine.
    monkeypatch.setattr(page, "MAX_SECONDS", 60)
    html = HOSTILE["div"]
    assert Document(html, "https://shop.example/").read == fitting(html) < len(html)
    assert f"of {len(html):,} characters" in parse(html, "https://shop.example/")["partly_read"]


HONEST = {
    "a long list": "<ul>" + "<li>one<li>two</li>" * 20_000 + "</ul>",
    "a large table": "<table>" + "<tr><td class=a>1</td><td>2</td></tr>" * 10_000 + "</table>",
    "definitions": "<dl>" + "<dt>a<dd>b</dd>" * 20_000 + "</dl>",
    "icons": '<li><a href="/x"><i class="icon"></i> <b class="n">x</b></a></li>' * 5_000,
    "drawings": '<a><svg viewBox="0"><title>t</title><path d="M0 0"/><use href="#a"/></svg></a>'
    * 2_000,
    "a picture inside": f'<img class="logo" src="data:image/png;base64,{"A" * 200_000}">',
    "sections": "<section><div><p>text<br><img src=a></div></section>" * 10_000,
    "old formatting": '<p><font color="red">a <a href="/b"><b>c</b></a></font></p>' * 5_000,
    "a program": "<script>for (var i = 0; i<n; i++) { x = a<b ? '<div>' : c }</script>" * 300,
    "a hundred thousand elements": '<p class="a">one<br>two</p>\n' * 50_000,
    "a commented half": "<!-- " + "<div><p>old</p></div>" * 3_000 + " -->" + "<p>new</p>" * 3_000,
}


@pytest.mark.parametrize("html", HONEST.values(), ids=HONEST)
def test_honest_pages_are_read_to_the_end(html: str) -> None:
    html = f"<!doctype html><html><head><title>t</title></head><body>{html}</body></html>"
    assert fitting(html) == len(html)


NAMES = (
    "div span p li ul dd dt b i a font table tr td th caption svg math title desc foreignObject mtext mi"
    " style script textarea template select option optgroup button form object marquee h1 link input br"
    " img noscript iframe ruby rt colgroup col tbody x-y section nobr head body html dialog search"
)
ODD = [
    "<!--", "-->", "--!>", "<!-->", "<![CDATA[", "]]>", "<!x ", "<?y ", ">", "</1 ", "</>", "'", '"', '="',
    '<p x="', "<p x='", "<div x=", "text", '<b a=">">', "<script><!--<script>", "<div\u212a>",
]  # fmt: skip
names = st.sampled_from(NAMES.split())
tokens = st.one_of(
    st.builds("<{}>".format, names),
    st.builds("<{}/>".format, names),
    st.builds("<{} id=$>".format, names),
    st.builds("</{}>".format, names),
    st.sampled_from(ODD),
)


def depths(node: LexborNode, depth: int = 1) -> Iterator[int]:
    waiting = [(node, depth)]
    while waiting:
        node, depth = waiting.pop()
        yield depth
        child = node.first_child
        while child is not None:
            if child.is_element_node:
                waiting.append((child, depth + 1))
            child = child.next


@given(st.lists(tokens, max_size=4), st.lists(tokens, min_size=1, max_size=8))
def test_never_less_is_counted_than_the_parser_finds(before: list[str], again: list[str]) -> None:
    """Any soup of tags, sixty times over: what grows in the parser's tree must grow in the count."""
    html = "".join(before) + "".join("".join(again).replace("$", str(n)) for n in range(60))
    root = LexborHTMLParser(html).root
    assert root is not None
    found = list(depths(root))
    walk = prescan._Walk(html)
    deepest = tags = 0
    for token in TOKEN.finditer(html):
        walk.count(token)
        deepest = max(deepest, walk.depth)
        tags += token[0].count("<")
    # A table brings up to three elements that nobody wrote.
    assert max(found) <= 5 * (deepest + 10)
    assert len(found) <= 5 * tags + 3 * walk.reopened + 200


@settings(deadline=None)
@given(
    st.lists(tokens, max_size=4), st.lists(tokens, min_size=1, max_size=8), st.integers(1, 2_000)
)
def test_what_passes_for_usual_would_pass_step_by_step(
    before: list[str], again: list[str], times: int
) -> None:
    html = "".join(before) + "".join(again) * times
    if prescan._is_usual(html):
        assert prescan._Walk(html).until(len(html)) == len(html)


def test_formatting_that_is_reopened_is_not_usual() -> None:
    marks = "".join(f"<{name} id={n}>" for name in ("B", "code", "s") for n in range(100))
    assert not prescan._is_usual(f"<p>{marks}</p>" + "<p>x</p>" * 1_000)
    assert prescan._is_usual(f"<p>{marks}</p>" + "<p>x</p>" * 100)
