"""What a new user does first, and the same without JavaScript, by keyboard, and on a telephone."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open

LINES = "\n".join([*(f"line {n}" for n in range(400)), "line 7"])
PAGES = ["", "failures/", "items/", "items/9/"]


def create(page: Page, text: str, **options: str) -> None:
    """On the page of a new batch: check a list for the checksum operation."""
    page.get_by_role("radio", name="Checksum").check()
    page.get_by_label("Paste a list").fill(text)
    for label, value in options.items():
        page.get_by_label(label.replace("_", " ")).fill(value)
    page.get_by_role("button", name="Check the list").click()


def count(page: Page, name: str) -> str:
    return page.locator(f".counts .{name} dd").first.inner_text()


@pytest.fixture
def finished(open_page: Open) -> str:
    """The path of a batch of 400, of which 40 failed."""
    page = open_page("/batches/new/")
    page.get_by_text("Limits and name").click()
    create(page, LINES, Fail_every="10", Attempts="1")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("h1")).to_contain_text("completed", timeout=20_000)
    return re.sub(r"^https?://[^/]+", "", page.url)


def test_from_a_pasted_list_to_an_exported_result(open_page: Open, downloads: Path) -> None:
    page = open_page("/batches/new/")
    page.get_by_text("Limits and name").click()
    # Long enough for a page that looks once a second.
    create(page, LINES, Fail_every="10", Delay="300", Attempts="1")
    expect(page.get_by_role("heading", name="Preflight report")).to_be_visible()
    expect(page.get_by_text("the same as line 8")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    # Nobody reloads: the page keeps itself up to date.
    expect(page.locator("h1")).to_contain_text("running", timeout=10_000)
    expect(page.locator("h1")).to_contain_text("completed", timeout=20_000)
    expect(page.get_by_role("status")).to_have_text(
        "Completed: 360 of 400 items succeeded, 40 failed."
    )
    page.get_by_role("link", name="All failures").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Line N fails, as every N do.")
    page.get_by_text("Retry group").click()
    page.get_by_role("button", name="Yes, retry").click()
    expect(page.get_by_text("Retry of 40 items has begun.")).to_be_visible()
    expect(page.get_by_text("40 of 40 items put back.").first).to_be_visible(timeout=15_000)
    with page.expect_download() as download:
        page.get_by_role("link", name="Export all (CSV)").click()
    download.value.save_as(downloads / "export.csv")
    assert len((downloads / "export.csv").read_text().splitlines()) == 401


def test_the_sample_sites_can_be_tried_with_one_click(open_page: Open) -> None:
    page = open_page("/batches/new/")
    page.get_by_role("button", name="Try it: scan 200 sample sites").click()
    expect(page.locator("h1")).to_contain_text("completed", timeout=60_000)
    assert count(page, "succeeded") == "170"
    page.get_by_role("link", name="All failures").click()
    expect(page.get_by_role("heading", name="The site redirects in a circle.")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="Browse the items").click()
    page.locator("tbody a").first.click()
    expect(page.locator(".site .tile")).to_be_visible()


def test_without_javascript(open_page: Open) -> None:
    page = open_page("/batches/new/", java_script_enabled=False)
    create(page, "a\nb\na", Delay="300")
    expect(page.get_by_text("the same as line 1")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    expect(page.locator("h1")).to_contain_text("completed", timeout=20_000)  # It reloads itself.
    page.get_by_role("link", name="Browse the items").click()
    expect(page.locator("tbody tr")).to_have_count(2)


def test_bad_input_says_what_and_keeps_what_was_typed(open_page: Open) -> None:
    page = open_page("/batches/new/", java_script_enabled=False)
    create(page, "keep me", Delay="99999999")
    expect(page.get_by_text("Nothing was stored.")).to_be_visible()
    expect(page.get_by_label("Paste a list")).to_have_value("keep me")
    expect(page.get_by_text("less than or equal to 60000")).to_be_visible()


def test_by_keyboard_alone(open_page: Open) -> None:
    page = open_page("/batches/new/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.get_by_role("radio", name="Page scan").focus()
    # Past the sitemap scan and the e-mail scan.
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Fail every")).to_be_visible()
    for field in page.get_by_label("Respect robots.txt").all():
        expect(field).to_be_hidden()
    page.keyboard.press("Tab")
    page.keyboard.type("typed\nby hand")
    page.get_by_role("button", name="Check the list").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Preflight report")).to_be_visible()
    page.get_by_text("Discard", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Yes, discard it")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Yes, discard it")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1200])
def test_nothing_sticks_out(open_page: Open, finished: str, width: int, scheme: str) -> None:
    page = open_page("/batches/", viewport={"width": width, "height": 800}, color_scheme=scheme)
    for path in ["/batches/", "/batches/new/", *(finished + name for name in PAGES)]:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def test_dark_and_light_can_be_chosen_and_are_remembered(open_page: Open) -> None:
    page = open_page("/batches/", color_scheme="light")
    page.locator("header summary").click()
    page.get_by_role("button", name="Switch light and dark").click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_person_at_work_is_not_disturbed(open_page: Open) -> None:
    page = open_page("/batches/new/")
    create(page, LINES, Delay="500")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("h1")).to_contain_text("running", timeout=10_000)
    page.get_by_text("Cancel", exact=True).click()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(4_500)  # Twice as long as between two looks.
    assert asked == []
    page.get_by_role("button", name="Yes, cancel it").click()
    expect(page.locator("h1")).to_contain_text("cancelled", timeout=15_000)
