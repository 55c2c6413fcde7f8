"""What a result looks like: of the shipped operations, of older versions, and with anything in its fields."""

import re
from typing import Any

import pytest
from django.template.loader import render_to_string

from adminapp.console.previews import preview
from adminapp.console.sitemap_tree import DEEPEST, Node
from batches.models import Batch, Item
from tests.integration.running import create
from tests.people import signed_in
from tests.results import MAIL, MAPS, RESULTS, SITE

pytestmark = pytest.mark.django_db

ANYTHING: list[Any] = [
    None, True, False, 0, -1, 1.5, 10**400, 1e308, "", "words", "https://[::1", "javascript:alert(1)", [], {}, [None], [[]], [{}], [1, "a"],
    {"a": None}, {"a": {"b": []}}, {"name": {"x": 1}, "url": 5}, [{"url": None, "name": 7, "address": [], "parent": {}}], "9" * 5000,
    {"not_after": "9999-12-31T23:59:59-23:00"}, {"days_left": 10**300, "total": -5, "dns": "x"},
]  # fmt: skip


def page_of(slug: str, result: Any) -> str:
    """The item page of a batch whose only item has this result."""
    batch = create("checksum", 1)
    Batch.objects.filter(pk=batch.pk).update(operation=slug)
    Item.objects.filter(batch=batch).update(state="succeeded", result=result)
    response = signed_in("viewer").get(f"/batches/{batch.pk}/items/0/")
    assert response.status_code == 200
    return str(response.content.decode())


def result_of(html: str) -> str:
    """The words of the preview, without those of the JSON below it."""
    section = html.split('<h2 id="result">')[1].split("<summary>All of it, as JSON")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", section).split())


def roots(**result: Any) -> list[Node]:
    found = preview("sitemap_scan", result)
    assert found is not None
    return list(found.shown.roots)


def test_a_site_is_a_card() -> None:
    html = page_of("page_scan", SITE)
    words = result_of(html)
    for said in (
        "A &lt;b&gt;bakery&lt;/b&gt;", "Bread since 1901", "HTTP 200", "WordPress 6.5 cms", "nginx", "info@a.de", "+49301234567",
        "Contact form yes", "12 days left", "R3", "HSTS max age: 31536000", "Content security policy no", "first byte 30 ms", "100 ms",
        "http://a.de/ 301", "3 pages, after 50", "1 page read", "It answered 404.",
    ):  # fmt: skip
        assert said in words, said
    assert 'href="https://x.com/bakery" rel="noopener noreferrer nofollow"' in html
    assert "Drupal" not in words


def test_what_has_not_changed_is_said() -> None:
    again = SITE | {
        "unchanged": True,
        "pages": [{"url": "https://a.de/", "unchanged": True}, {"url": "https://a.de/x"}],
    }
    words = result_of(page_of("page_scan", again))
    assert "not changed since the last scan" in words
    assert "1 page had not changed since the last scan." in words
    assert "3 pages had not changed" in result_of(page_of("email_scan", MAIL | {"unchanged": 3}))
    for slug, result in RESULTS.items():
        assert "not changed" not in result_of(page_of(slug, result))


def test_a_language_that_is_a_guess_is_told_as_one() -> None:
    stated = SITE | {"language": "cs", "language_guessed": False}
    assert "by its words" not in result_of(page_of("page_scan", stated))
    guessed = result_of(page_of("page_scan", stated | {"language_guessed": True}))
    assert "cs, by its words" in guessed
    nothing = SITE | {"language": None, "language_guessed": True}
    assert "by its words" not in result_of(page_of("page_scan", nothing))


def test_a_theme_stands_with_what_a_site_is_built_with() -> None:
    words = result_of(page_of("page_scan", SITE | {"wordpress": {"theme": "astra", "divi": True}}))
    assert "nginx astra WordPress theme" in words


def test_nothing_is_loaded_from_the_site() -> None:
    html = page_of("page_scan", SITE)
    assert "https://www.a.de/icon.png" in result_of(html)
    assert not re.search(r"<(?:img|iframe|image|use|object)\b[^>]*a\.de", html)
    assert ">A</text>" in html


def test_the_card_of_a_site_has_its_picture() -> None:
    batch = create("page_scan", ["https://www.a.de/start"])
    Item.objects.filter(batch=batch).update(state="succeeded", result=SITE)
    html = signed_in("viewer").get(f"/batches/{batch.pk}/items/0/").content.decode()
    assert '<img class="tile" src="/domains/of/a.de/icon/"' in html


def test_the_phases_of_an_answer_fill_the_bar() -> None:
    found = preview("page_scan", SITE)
    assert found is not None
    phases = found.shown.phases
    assert [phase.name for phase in phases] == ["DNS", "connect", "TLS", "first byte", "download"]
    assert [phase.x for phase in phases] == [0, 10, 30, 60, 90]
    assert sum(phase.width for phase in phases) == 100


def test_what_is_wrong_with_https_is_said_once() -> None:
    wrong = "No secure connection: nobody speaks TLS."
    html = page_of("page_scan", {"https_problem": wrong, "security": {"https": False}})
    assert html.count("<dt>HTTPS</dt>") == 1
    assert wrong in html
    html = page_of("page_scan", {"security": {"https": False}})
    assert "<dt>HTTPS</dt><dd>no</dd>" in html


@pytest.mark.parametrize(("days", "state", "words"), [(-1, "failed", "expired"), (1, "skipped", "1 day left"), (90, "succeeded", "90 days left")])  # fmt: skip
def test_a_certificate_says_how_long_it_lasts(days: int, state: str, words: str) -> None:
    html = page_of("page_scan", {"certificate": {"days_left": days}})
    assert f'<b class="{state}">{words}</b>' in html


@pytest.mark.parametrize(
    ("kept", "words"),
    [(30, "asks for 400 s between visits, waited 30 s"), (None, "asks for 400 s between visits<")],
)
def test_what_a_site_asks_for_is_said_with_what_it_got(kept: float | None, words: str) -> None:
    result = {"title": "t", "crawl_delay": 400, "crawl_delay_kept": kept}
    assert words in page_of("page_scan", result)


def test_sitemaps_are_a_tree_with_shares() -> None:
    html = page_of("sitemap_scan", MAPS)
    words = result_of(html)
    for said in ("40 pages in 2", "30 pages", "cut off", "It ends in the middle.", "1,234", "1 May 2026", "https://a.de/1"):  # fmt: skip
        assert said in words, said
    (index,) = roots(**MAPS)
    assert [(node.url, node.share) for node in index.below] == [
        ("https://a.de/1.xml", 75.0),
        ("https://a.de/2.xml", 25.0),
    ]
    assert 'width="75.00%"' in html


def test_a_named_parent_goes_before_a_guess() -> None:
    files = [{"url": "a", "kind": "index", "parent": ""}, {"url": "b", "parent": "a"}, {"url": "c", "parent": ""}]  # fmt: skip
    found = roots(files=files, in_robots=1)
    assert [node.url for node in found] == ["a", "c"]
    assert [node.url for node in found[0].below] == ["b"]


@pytest.mark.parametrize("in_robots", [2, 3])
def test_where_robots_names_several_nobody_guesses(in_robots: int) -> None:
    assert len(roots(**{**MAPS, "in_robots": in_robots})) == 3


def test_an_index_gets_no_more_children_than_it_names() -> None:
    files: list[dict[str, Any]] = RESULTS["sitemap_scan"]["files"]
    index, others = files[0], files[1:]
    assert len(roots(files=[{**index, "children": 1}, *others], in_robots=0)) == 3
    assert len(roots(files=[index, *others], in_robots=0)) == 1


def test_a_circle_of_sitemaps_shows_each_once() -> None:
    files = [{"url": "a", "parent": "b"}, {"url": "b", "parent": "a"}, {"url": "c", "parent": "c"}]
    found = roots(files=files)
    assert [node.url for node in found] == ["a", "c"]
    assert [node.url for node in found[0].below] == ["b"]


def test_an_endless_chain_of_sitemaps_stays_shallow() -> None:
    files = [{"url": f"{n}", "parent": f"{n - 1}", "urls": 1} for n in range(200)]
    assert max(len(re.findall("<ul", part)) for part in page_of("sitemap_scan", {"files": files}).split("</ul>")) <= DEEPEST + 3  # fmt: skip
    assert sum(root.pages for root in roots(files=files)) == 200


def test_contacts_are_a_table() -> None:
    html = page_of("email_scan", MAIL)
    words = result_of(html)
    for said in ("Role 1", "Corporate 1", "info@a.de role – mailto", "https://a.de/contact", "eva@a.de corporate Eva &lt;i&gt;Ohm&lt;/i&gt; written out", "7 pages read.", "2 pages, after 7", "It answered 500."):  # fmt: skip
        assert said in words, said
    assert 'href="https://a.de/contact" rel="noopener noreferrer nofollow"' in html
    assert "javascript:" not in words
    assert 'href="javascript:' not in html


def test_addresses_alone_are_enough_for_the_table() -> None:
    words = result_of(page_of("email_scan", {"addresses": ["old@a.de", 5, None], "pages": ["https://a.de/"]}))  # fmt: skip
    assert "old@a.de – – –" in words
    assert "1 page read" in words


def test_no_contact_is_said_in_words() -> None:
    assert "No address was found." in result_of(page_of("email_scan", {"addresses": 0, "pages": 3}))


def test_an_unknown_operation_keeps_its_list() -> None:
    assert "title Its own" in result_of(page_of("their_own", {"title": "Its own"}))


@pytest.mark.parametrize("slug", RESULTS)
@pytest.mark.parametrize("result", [[], "words", 5, True, ["a"]])
def test_a_result_that_is_no_object_has_no_preview(slug: str, result: Any) -> None:
    assert preview(slug, result) is None
    page_of(slug, result)


@pytest.mark.parametrize("slug", RESULTS)
def test_every_field_may_be_missing(slug: str) -> None:
    page_of(slug, {"somebody": "else's"})
    for name in RESULTS[slug]:
        assert preview(slug, {key: value for key, value in RESULTS[slug].items() if key != name})


@pytest.mark.parametrize("slug", RESULTS)
def test_every_field_may_hold_anything(slug: str) -> None:
    for name in sorted({*RESULTS[slug], "parent", "h1", "generator", "partly_read", "oldest", "unchanged"}):  # fmt: skip
        for value in ANYTHING:
            found = preview(slug, {**RESULTS[slug], name: value})
            assert found is not None
            html = render_to_string(found.template, {"shown": found.shown})
            assert 'href="javascript' not in html, (name, value)
            assert "style=" not in html


@pytest.mark.parametrize(("slug", "outer"), [("sitemap_scan", "files"), ("email_scan", "contacts"), ("page_scan", "technologies"), ("page_scan", "pages"), ("page_scan", "redirects")])  # fmt: skip
def test_every_field_of_a_row_may_hold_anything(slug: str, outer: str) -> None:
    for name in {key for row in RESULTS[slug][outer] for key in row} | {
        "parent",
        "status",
        "found_in",
    }:
        for value in ANYTHING:
            rows = [{**row, name: value} for row in RESULTS[slug][outer]]
            found = preview(slug, {**RESULTS[slug], outer: rows})
            assert found is not None
            assert found.shown


@pytest.mark.parametrize("slug", RESULTS)
def test_a_huge_result_makes_a_page_of_bounded_size(slug: str) -> None:
    row = {"url": "https://a.de/" + "x" * 3_000, "address": "a@b.de", "name": "n" * 3_000, "source": "https://a.de/", "urls": 1, "parent": ""}  # fmt: skip
    many = [row] * 20_000
    named = {f"{n}": "p" * 3_000 for n in range(20_000)}
    fields = dict.fromkeys(
        ("files", "contacts", "technologies", "pages", "redirects", "phones"), many
    )
    found = preview(slug, {**fields, "page_problems": named, "social": named, "security": named, "kinds": named})  # fmt: skip
    assert found is not None
    assert len(render_to_string(found.template, {"shown": found.shown})) < 1_000_000
