"""Deleting a batch as a person does it: on a telephone, without JavaScript, and by keyboard."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Open
from tests.e2e.test_main_path import create


@pytest.mark.parametrize("javascript", [True, False])
def test_a_draft_is_deleted_by_keyboard_on_a_telephone(open_page: Open, javascript: bool) -> None:
    narrow = {"width": 400, "height": 800}
    page = open_page("/batches/new/", viewport=narrow, java_script_enabled=javascript)
    create(page, "a\nb")
    address = page.url
    expect(page.get_by_role("button", name="Yes, delete it")).to_be_hidden()
    page.get_by_text("Delete this batch").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("What it found stays")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Yes, delete it")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("is deleted. What it found stays.")).to_be_visible()
    number = re.findall(r"\d+", address)[-1]
    expect(page.locator(f"#batch-{number}")).to_have_count(0)
