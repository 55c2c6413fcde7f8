"""What monitors ask, and what they are answered."""

import re

import pytest
from django.db import connection
from django.test import Client

from adminapp.tokens import create_token
from batches import lifecycle
from dbcompat import loop
from tests.callers import ask, is_problem
from tests.integration.running import create
from tests.people import user
from tests.servers import ROOT

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("loop_thread")
def test_it_is_ready_while_its_loop_runs() -> None:
    response = Client().get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready", "reasons": []})


@pytest.mark.usefixtures("loop_thread")
def test_it_is_not_ready_once_it_begins_to_stop() -> None:
    loop.drain(1)
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert response.json()["reasons"] == ["This process is stopping."]


def test_it_is_not_ready_before_its_tables_are() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'batches'")
    response = Client().get("/readyz")
    assert response.status_code == 503
    assert "run manage.py migrate" in response.json()["reasons"][0]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_they_only_read(path: str) -> None:
    response = Client().post(path)
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("token", ["", "wrong"])
def test_metrics_need_a_token(token: str) -> None:
    response = ask("GET", "/metrics", token=token)
    assert is_problem(response, 401)
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_metrics_need_somebody_who_may_see_batches() -> None:
    person = user("viewer")
    person.groups.clear()
    assert is_problem(ask("GET", "/metrics", token=create_token(person)), 403)


def test_metrics_count_batches_by_state() -> None:
    create("checksum", 1)
    lifecycle.start(create("checksum", 1), None)
    text = ask("GET", "/metrics", token=create_token(user("viewer"))).text
    for line in ('{state="draft"} 1.0', '{state="queued"} 1.0', '{state="completed"} 0.0'):
        assert f"console_batches{line}\n" in text


def test_the_docs_name_the_metrics_there_are() -> None:
    documented = set(re.findall(r"console_\w+", (ROOT / "docs" / "monitoring.md").read_text()))
    text = ask("GET", "/metrics", token=create_token(user("viewer"))).text
    assert documented == set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))


def test_metrics_are_what_prometheus_reads() -> None:
    text = ask("GET", "/metrics", token=create_token(user("viewer"))).text
    described: set[str] = set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            assert line.split()[3] == "gauge"
            described.add(line.split()[2])
        elif not line.startswith("# HELP "):
            name, value = line.rsplit(" ", 1)
            assert name.partition("{")[0] in described
            float(value)
    assert {"console_loop_up", "console_loop_lag_seconds", "console_loop_tasks"} < described
