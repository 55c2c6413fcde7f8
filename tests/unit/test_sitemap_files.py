"""When a sitemap need not be asked for again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from batches.operations.sitemaps.files import Place, can_be_asked, is_as_it_was

DAY = datetime(2026, 5, 4, tzinfo=UTC)
NOON = DAY + timedelta(hours=12)


def stored(**changes: Any) -> dict[str, Any]:
    good = {"kind": "urlset", "whole": True, "lastmod": DAY, "read_at": DAY + timedelta(days=2)}
    return {**good, "dated": 0, **changes}


@pytest.mark.parametrize(
    ("lastmod", "row", "expected"),
    [
        (DAY, stored(), True),
        (NOON, stored(lastmod=NOON, read_at=NOON), True),
        (NOON, stored(), False),
        (None, stored(lastmod=None), False),
        (DAY, {}, False),
        (DAY, stored(whole=False), False),
        # Of before dates were kept.
        (DAY, stored(dated=None), False),
        (DAY, stored(read_at=None), False),
        # It may have changed once more that evening.
        (DAY, stored(read_at=NOON), False),
        # Dated in the future.
        (NOON, stored(lastmod=NOON, read_at=DAY), False),
        # Which files it names is stored nowhere.
        (DAY, stored(kind="index"), False),
    ],
)
def test_only_what_surely_has_not_changed_is_left_out(
    lastmod: datetime | None, row: dict[str, Any], expected: bool
) -> None:
    place = Place("https://a.example/s.xml", "index", lastmod=lastmod)
    assert is_as_it_was(place, row) is expected


def test_an_index_is_always_read() -> None:
    assert can_be_asked(stored())
    assert not can_be_asked(stored(kind="index"))
