"""Every profile against every target, small: `manage.py bench matrix` does the same with as many as one likes."""

from collections.abc import Iterator

import pytest

from benchmarks import matrix
from benchmarks.matrix_usages import SCHEDULE

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("loop_thread"),
    pytest.mark.slow,
]

# Each usage at least ten times, and a shared server connection for most of them.
TRANSACTIONS = 10 * len(SCHEDULE)
POOLERS = [
    "PgBouncer 1.18, 1 server",
    "PgBouncer 1.18, 2 servers",
    "PgBouncer 1.24, tracking, 2 servers",
]


@pytest.fixture
def found(loop_thread: None) -> Iterator[dict[str, dict[str, object]]]:
    with matrix.targets() as targets:
        yield dict(targets)


@pytest.mark.parametrize(
    ("target", "profile"),
    [
        ("PostgreSQL", "direct"),
        ("PostgreSQL", "session"),
        ("PostgreSQL", "pgbouncer"),
        *[(pooler, "pgbouncer") for pooler in POOLERS],
        (POOLERS[2], "pgbouncer-prepared"),
        ("Supavisor (stand-in)", "supavisor"),
    ],
)
def test_a_right_profile_has_no_error_and_leaves_nothing(
    found: dict[str, dict[str, object]], target: str, profile: str
) -> None:
    assert matrix.is_right(profile, target)
    outcome = matrix.measure(found[target], profile, TRANSACTIONS)
    assert outcome.transactions // 100 == TRANSACTIONS // 100
    assert outcome.errors == {}
    assert outcome.left == (None if target == "PostgreSQL" else 0)


@pytest.mark.parametrize(
    ("target", "profile", "words"),
    [
        ("PostgreSQL", "supavisor", "unrecognized configuration parameter"),
        (POOLERS[0], "supavisor", "statement_cache_size"),
        (POOLERS[1], "direct", "does not exist"),
        ("Supavisor (stand-in)", "direct", "does not exist"),
    ],
)
def test_a_wrong_profile_fails(
    found: dict[str, dict[str, object]], target: str, profile: str, words: str
) -> None:
    assert not matrix.is_right(profile, target)
    errors = matrix.measure(found[target], profile, TRANSACTIONS // 2).errors
    assert errors.total() > 10
    assert any(words in error for error in errors)
