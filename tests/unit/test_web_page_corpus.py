"""Pages of many kinds, each with the fields that it is known to state."""

import json
from pathlib import Path
from typing import Any

import pytest

from batches.operations.html.page import parse

CORPUS = Path(__file__).parents[1] / "corpus"
NAMES = sorted(path.stem for path in CORPUS.glob("*.html"))


def known(name: str) -> dict[str, Any]:
    """`url`, `headers` if the server says anything, and `fields`: a part of those that are read."""
    found: dict[str, Any] = json.loads((CORPUS / f"{name}.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_field_of_every_page(name: str) -> None:
    page = known(name)
    html = (CORPUS / f"{name}.html").read_text("utf-8")
    found = parse(html, page["url"], page.get("headers", {}))
    assert {field: found.get(field) for field in page["fields"]} == page["fields"]


def test_there_are_pages_enough_and_every_one_says_what_to_find() -> None:
    assert len(NAMES) >= 60
    assert sorted(path.stem for path in CORPUS.glob("*.json")) == NAMES
    assert all(known(name)["fields"] for name in NAMES)
