"""The Connections page: who may see it, what it says, and what it says when something is wrong."""

import time

import pytest
from django.test import Client

from dbcompat import loop
from tests.integration.running import until
from tests.people import signed_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("loop_thread")]

PAGE = "/connections/"


def test_staff_sees_it_and_others_are_told_why_not() -> None:
    assert signed_in("staff").get(PAGE).status_code == 200
    for role in ("viewer", "operator"):
        for response in (signed_in(role).get(PAGE), signed_in(role).post(PAGE)):
            assert response.status_code == 403
            assert (
                "Your role may not see how this console is connected" in response.content.decode()
            )
    assert Client().get(PAGE).headers["Location"].startswith("/sign-in/")


def test_only_those_who_may_see_it_are_shown_the_way() -> None:
    assert PAGE in signed_in("admin").get("/batches/").content.decode()
    assert PAGE not in signed_in("operator").get("/batches/").content.decode()


def test_checking_shows_what_was_proved() -> None:
    html = signed_in("staff").post(PAGE).content.decode()
    for words in ("Everything is in order.", "PostgreSQL itself", "All are applied.", "no error"):
        assert words in html
    # What was just read should not be swapped for something else.
    assert "hx-trigger" not in html


def test_what_blocked_the_loop_is_shown_with_its_place() -> None:
    async def block_for_a_while() -> None:
        time.sleep(0.8)  # noqa: ASYNC251 -- the very mistake that is to be shown

    loop.run(block_for_a_while, timeout=10)
    until(lambda: loop.health().blocked, "the watchdog to notice")
    client = signed_in("staff")
    html = client.get(PAGE).content.decode()
    assert "test_connections.py" in html
    assert "block_for_a_while" in html
    assert "What to do:" in client.post(PAGE).content.decode()


def test_it_stays_up_to_date() -> None:
    client = signed_in("staff")
    page = client.get(PAGE, headers={"HX-Request": "true"})
    assert page.headers["HX-PTag"]
    assert page.content.decode().strip().startswith('<div id="live"')
