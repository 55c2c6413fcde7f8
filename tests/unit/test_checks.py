"""Settings that fail behind a pooler, or hide who we are, are named before anything connects."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.core.checks import run_checks

from dbcompat.address import database_at
from dbcompat.checks import check_database
from dbcompat.url import parse

REMOTE = "postgresql://u:pw@db.example.com:6432/app"


def ids(url: str = "postgresql://u:pw@db:6432/app", *, entry: dict[str, Any] | None = None,
        options: dict[str, Any] | None = None, **ours: object) -> set[str | None]:  # fmt: skip
    settings: dict[str, Any] = {
        "POOLER": "pgbouncer",
        "APPLICATION_NAME": "x",
        "URL": url,
        "DIRECT_URL": "other",
    }
    settings |= ours
    database = database_at(parse(url), settings) | (entry or {})
    database["OPTIONS"] |= options or {}
    return {message.id for message in check_database(database, settings)}


@pytest.mark.parametrize("pooler", ["auto", "direct", "session", "pgbouncer", "supavisor"])
def test_what_the_profile_sets_is_right(pooler: str) -> None:
    assert ids(POOLER=pooler) == set()
    assert ids(REMOTE, POOLER=pooler, DJANGO_POOL=5) == set()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"entry": {"DISABLE_SERVER_SIDE_CURSORS": False}}, "dbcompat.E003"),
        ({"options": {"prepare_threshold": 5}}, "dbcompat.E004"),
        ({"options": {"assume_role": "app"}}, "dbcompat.E005"),
        ({"url": "postgresql://u:pw@db/app?options=-c%20jit%3Doff"}, "dbcompat.E006"),
        ({"entry": {"CONN_MAX_AGE": 60}}, "dbcompat.W003"),
        ({"entry": {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": False}}, "dbcompat.W001"),
        ({"entry": {"CONN_MAX_AGE": 60}, "DJANGO_POOL": 5}, "dbcompat.E002"),
        ({"url": f"{REMOTE}?sslmode=require"}, "dbcompat.W002"),
        ({"STATEMENT_NAMES": "unique"}, "dbcompat.W004"),
        ({"DIRECT_URL": "postgresql://u:pw@db:6432/app"}, "dbcompat.W005"),
    ],
)
def test_each_mistake_has_a_name(given: dict[str, Any], expected: str) -> None:
    assert expected in ids(**given)


def test_without_a_pooler_they_are_none() -> None:
    direct: dict[str, Any] = {"POOLER": "direct", "DIRECT_URL": None}
    assert ids(entry={"DISABLE_SERVER_SIDE_CURSORS": False, "CONN_MAX_AGE": 60}, **direct) == set()
    assert ids(options={"assume_role": "app"}, **direct) == set()


def test_options_that_name_the_database_to_its_provider_pass() -> None:
    assert ids("postgresql://u:pw@db/app?options=endpoint%3Dep-cool-1") == set()


def test_these_settings_pass() -> None:
    assert [m for m in run_checks() if str(m.id).startswith("dbcompat.")] == []


def test_that_sites_are_told_nobody_to_write_to_is_named_before_it_is_in_use(
    settings: LazySettings,
) -> None:
    def named(*, deploying: bool) -> bool:
        found = run_checks(include_deployment_checks=deploying)
        return "adminapp.W001" in {message.id for message in found}

    assert named(deploying=True)
    assert not named(deploying=False)
    settings.CONSOLE_CONTACT_URL = "https://example.com/who"
    assert not named(deploying=True)
