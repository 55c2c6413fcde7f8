"""What people read about two results that differ."""

from typing import Any

import pytest

from batches.changes import MOST, Change, changes


def lines(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one.field, one.before, one.after) for one in changes(before, after)[0]]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"title": "One"}, {"title": "Two"}, [("Title", "One", "Two")]),
        ({"title": "One"}, {}, [("Title", "One", "")]),
        ({"contact_form": False}, {"contact_form": True}, [("Contact form", "no", "yes")]),
        ({"emails": ["a@x.de", "b@x.de"]}, {"emails": ["b@x.de", "c@x.de"]}, [("E-mail addresses", "a@x.de", "c@x.de")]),
        ({"contacts": [{"address": "a@x.de", "kind": "role"}]}, {"contacts": []}, [("Contacts", "a@x.de", "")]),
        (
            {"technologies": [{"name": "WordPress", "version": "6.4"}, {"name": "PHP"}]},
            {"technologies": [{"name": "PHP"}, {"name": "WordPress", "version": "6.5"}, {"name": "nginx"}]},
            [("Technologies", "", "nginx"), ("Technologies › WordPress › version", "6.4", "6.5")],
        ),
        (
            {"schema": {"LocalBusiness": [{"name": "Vogt", "telephone": "1", "same_as": ["a"]}]}},
            {"schema": {"LocalBusiness": [{"name": "Vogt", "telephone": "2", "same_as": ["a"]}]}},
            [("Structured data › LocalBusiness › Vogt › telephone", "1", "2")],
        ),
        ({"social": {"x": "https://x.com/a"}}, {"social": {"x": "https://x.com/b"}}, [("Social › x", "https://x.com/a", "https://x.com/b")]),
        ({"security": {"hsts": {"max_age": 1}}}, {"security": {"hsts": None}}, [("Security › hsts", "max_age: 1", "")]),
        ({"timing": {"dns": 1}, "bytes": 3}, {"timing": {"dns": 2}, "bytes": 4}, []),
        ({"a": None, "b": [], "c": ""}, {"a": {}, "c": None}, []),
        ({"emails": ["a", "b"]}, {"emails": ["b", "a"]}, []),
        ({"robots": {"index": True}}, {"robots": {"index": False}}, [("Robots › index", "yes", "no")]),
    ],
)  # fmt: skip
def test_each_difference_is_a_line(
    before: dict[str, Any], after: dict[str, Any], said: list[tuple[str, str, str]]
) -> None:
    assert lines(before, after) == said


def test_of_long_texts_the_place_is_shown_where_they_differ() -> None:
    alike = "the same words again and again " * 20
    ((_, before, after),) = lines(
        {"description": alike + "and old"}, {"description": alike + "new"}
    )
    assert before.startswith("…")
    assert before.endswith("and old")
    assert after.endswith("again new")
    assert max(len(before), len(after)) <= 200


def test_so_many_and_how_many_more() -> None:
    found, more = changes({}, {f"field_{n}": n for n in range(100)})
    assert (len(found), more) == (MOST, 100 - MOST)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a": {"b": 1}}, {"a": [1]}),
        ({"a": [{"name": {"x": 1}}]}, {"a": [{"name": None}]}),
        ({"a": "x"}, {"a": {"b": [1, {"c": None}]}}),
        ({"a": [[1, 2], None]}, {"a": [[1], True]}),
    ],
)
def test_results_of_any_shape_have_their_lines(before: Any, after: Any) -> None:
    assert all(isinstance(one, Change) for one in changes(before, after)[0])
    assert changes(before, after)[0]
