"""A value that one side writes is read by the other as if it were its own: equal, and of the same type."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.mirror.agreement import agree
from tests.mirror.schema import standing
from tests.mirror.values import FIELDS, MODELS, NEVER_NONE

# Of none of those are the tables emptied after a test, which would take longer than the test.
pytestmark = pytest.mark.django_db(transaction=True, available_apps=["dbcompat"])

PER_FIELD = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)


@pytest.fixture(scope="module", autouse=True)
def tables(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with standing(django_db_blocker, list(MODELS.values())):
        yield


@pytest.mark.parametrize("name", FIELDS)
def test_both_sides_see_the_same_value(name: str) -> None:
    drawn = FIELDS[name][1] if name in NEVER_NONE else FIELDS[name][1] | st.none()

    @PER_FIELD
    @given(st.lists(drawn, min_size=1, max_size=6))
    def every(values: list[Any]) -> None:
        agree(MODELS[name], values, copied=name != "SearchVector")

    every()
