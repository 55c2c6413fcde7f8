"""The list of batches: what it says of each, what its address can hold, and when it looks again."""

import re
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from batches import lifecycle
from batches.models import Batch, Chunk
from tests.integration.running import create
from tests.people import signed_in, user

pytestmark = pytest.mark.django_db


def shown(client: Client, query: str = "") -> str:
    response = client.get(f"/batches/{query}")
    assert response.status_code == 200
    return response.content.decode()


def polled(client: Client, query: str = "") -> str:
    response = client.get(f"/batches/{query}", headers={"HX-Request": "true"})
    return response.content.decode()


def test_each_row_says_how_far_it_is() -> None:
    batch = create("checksum", 40, name="Spring list", user=user("staff"))
    Chunk.objects.filter(batch=batch, number=0).update(pending=0, succeeded=7, failed=3)
    html = shown(signed_in("viewer"))
    assert "Spring list" in html
    assert re.search(r'data-label="Done">10<span class="sub">of 40', html)
    assert f'href="/batches/{batch.pk}/failures/"' in html
    assert "7 succeeded, 3 failed, 30 pending" in html
    assert "just now" in html


def test_old_batches_show_their_date() -> None:
    batch = create("checksum", 3)
    Batch.objects.filter(pk=batch.pk).update(created_at=timezone.now() - timedelta(minutes=5))
    assert "5\xa0minutes ago" in shown(signed_in("viewer"))
    long_ago = timezone.now().replace(year=2020, month=3, day=4)
    Batch.objects.filter(pk=batch.pk).update(created_at=long_ago)
    assert ">4 Mar 2020" in shown(signed_in("viewer"))


def test_a_running_batch_says_how_fast_and_a_paused_one_why_not() -> None:
    running, paused = create("checksum", 30), create("checksum", 30)
    Batch.objects.filter(pk=running.pk).update(state="running", started_at=timezone.now())
    Batch.objects.filter(pk=paused.pk).update(
        state="paused", state_reason="Paused: 23 % of the last 500 failed."
    )
    html = shown(signed_in("viewer"))
    assert "it has just begun." in html
    assert "23 % of the last 500 failed." in html


@pytest.mark.parametrize(
    ("states", "interval"),
    [
        (["running", "completed"], "every 2s"),
        (["queued"], "every 2s"),
        (["cancelling"], "every 2s"),
        (["paused", "completed"], "every 10s"),
        (["completed", "cancelled"], None),
        (["draft"], None),
    ],
)
def test_it_looks_again_only_while_something_can_change(
    states: list[str], interval: str | None
) -> None:
    for state in states:
        batch = create("checksum", 3)
        Batch.objects.filter(pk=batch.pk).update(state=state, started_at=timezone.now())
    html = polled(signed_in("viewer"))
    assert re.findall('hx-trigger="([^"]*)"', html) == ([interval] if interval else [])
    assert "<html" not in html


def test_nothing_is_sent_while_nothing_changes() -> None:
    batch = create("checksum", 3)
    lifecycle.start(batch, None)
    client = signed_in("viewer")
    first = client.get("/batches/", headers={"HX-Request": "true"})
    asked = {"HX-Request": "true", "HX-PTag": first.headers["HX-PTag"]}
    assert client.get("/batches/", headers=asked).status_code == 304
    lifecycle.pause(batch, None)
    assert client.get("/batches/", headers=asked).status_code == 200


def test_the_address_holds_the_filters() -> None:
    create("checksum", 3, name="Alpha")
    create("flaky", 3, name="Beta")
    client = signed_in("viewer")
    for query in ("?q=alp", "?operation=checksum", "?state=draft&q=ALPHA"):
        html = shown(client, query)
        assert ">Alpha</a>" in html
        assert ">Beta</a>" not in html
        assert ">Clear</a>" in html
    assert ">Beta</a>" in shown(client, f"?q={Batch.objects.get(name='Beta').pk}")


def test_older_batches_are_a_page_away_and_keep_the_filter() -> None:
    for n in range(53):
        create("checksum", 1, name=f"Batch {n}")
    client = signed_in("viewer")
    html = shown(client, "?q=batch")
    following = re.search(r'href="(\?[^"]*cursor=\d+)"', html)
    assert following is not None
    assert "Newest" not in html
    html = shown(client, following[1].replace("&amp;", "&"))
    assert re.findall(">(Batch [0-9]+)</a>", html) == ["Batch 2", "Batch 1", "Batch 0"]
    assert 'value="batch"' in html
    assert "Newest" in html


def test_empty_lists_say_why(settings: LazySettings) -> None:
    settings.DEMO_TARGETS = ["http://127.0.0.1:1/", "http://127.0.0.1:2/"]
    operator = signed_in("operator")
    html = shown(operator)
    assert "No batches yet" in html
    assert "Try it: scan 2 sample sites" in html
    for_viewers = shown(signed_in("viewer"))
    assert "Try it" not in for_viewers
    assert "New batch" not in for_viewers
    create("checksum", 3)
    hidden = shown(operator, "?q=nothing+like+it")
    assert "No batch matches" in hidden
    assert "Clear the filters" in hidden


@pytest.mark.parametrize(
    "query",
    ["q=%00", "state=%00", "operation=%00", "state=bogus", f"cursor={'9' * 5_000}", "cursor=-1",
     f"q={'9' * 30}", "cursor=%D9%A3"],
)  # fmt: skip
def test_odd_addresses_are_answered(query: str) -> None:
    create("checksum", 3)
    assert signed_in("viewer").get(f"/batches/?{query}").status_code == 200


def test_somebody_without_a_role_is_told_so() -> None:
    nobody = user("viewer")
    nobody.groups.clear()
    client = Client()
    client.force_login(nobody)
    response = client.get("/batches/")
    assert response.status_code == 403
    assert "Your role may not see batches." in response.content.decode()
