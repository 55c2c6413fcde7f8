"""From what scans have found to what is done with it: in a browser, without JavaScript, by keyboard, on a telephone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open

LISTS = ["/domains/", "/pages/", "/sitemaps/", "/contacts/", "/contacts/not-listed/"]


@pytest.fixture(scope="module")
def scanned() -> list[str]:
    """Filled by the first test that needs it: the sample sites are scanned once."""
    return []


@pytest.fixture
def domains(open_page: Open, scanned: list[str]) -> Page:
    """The list of domains after the sample sites were scanned."""
    page = open_page("/domains/")
    if not scanned:
        page.goto("/batches/new/")
        page.get_by_role("button", name=re.compile("Try it")).click()
        # Some are slow, and nothing here is about them.
        succeeded = page.locator(".counts .succeeded dd").first
        expect(succeeded).to_have_text(re.compile("^1[5-7][0-9]$"), timeout=60_000)
        scanned.append(page.url)
        page.goto("/domains/")
    return page


def search(page: Page, text: str) -> None:
    page.get_by_label("Search").fill(text)
    page.get_by_role("button", name="Filter").click()


def decide(page: Page, verdict: str) -> None:
    page.get_by_role("group", name="Decide").get_by_label("Verdict").select_option(label=verdict)
    page.get_by_role("button", name="Apply to the chosen").click()


def test_from_a_filter_to_a_verdict_to_the_next_scan(domains: Page) -> None:
    page = domains
    search(page, "florist")
    rows = page.locator("table.found tbody tr")
    found = rows.count()
    assert found > 3
    for text in page.locator("tbody th").all_inner_texts():
        assert "florist" in text
    for row in (0, 1):
        rows.nth(row).get_by_role("checkbox").check()
    page.get_by_label("Then start").select_option(label="E-mail scan")
    decide(page, "selected")
    expect(page.get_by_text("2 domains changed to “selected”. 2 sites queued")).to_be_visible()
    expect(page.locator("h1")).to_contain_text("completed", timeout=30_000)
    page.goto("/domains/?verdict=selected")
    expect(rows).to_have_count(2)
    page.locator("tbody th a").first.click()
    for name in ("Page scan", "E-mail scan"):
        expect(page.get_by_role("link", name=name, exact=True).first).to_be_visible()
    expect(page.get_by_text("by admin").first).to_be_visible()


def test_all_that_match_are_counted_before_anything_is_changed(domains: Page) -> None:
    page = domains
    search(page, "pottery")
    page.get_by_role("group", name="Decide").get_by_label("Verdict").select_option(label="maybe")
    page.get_by_role("button", name="Apply to all that match").click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(re.compile(r"Apply to \d+ domains\?"))
    count = re.sub(r"\D", "", heading.inner_text())
    page.get_by_role("link", name="No, go back").click()
    expect(page.locator(".verdict.maybe")).to_have_count(0)
    page.get_by_role("group", name="Decide").get_by_label("Verdict").select_option(label="maybe")
    page.get_by_role("button", name="Apply to all that match").click()
    page.get_by_role("button", name="Yes, apply").click()
    expect(page.get_by_text(f"{count} domains changed to “maybe”.")).to_be_visible()


def test_without_javascript(domains: Page, open_page: Open) -> None:
    page = open_page("/domains/?q=bakery", java_script_enabled=False)
    page.locator("table.found tbody tr").first.get_by_role("checkbox").check()
    decide(page, "archived")
    expect(page.get_by_text("1 domain changed to “archived”.")).to_be_visible()


def test_by_keyboard(domains: Page) -> None:
    page = domains
    search(page, "books")
    box = page.locator("table.found tbody tr").first.get_by_role("checkbox")
    box.focus()
    page.keyboard.press("Space")
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.decision select[name=verdict]')"):
            break
    page.keyboard.type("not")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 domain changed to “not a fit”.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_telephone_nothing_sticks_out(domains: Page, open_page: Open, scheme: str) -> None:
    page = open_page("/domains/", viewport={"width": 400, "height": 800}, color_scheme=scheme)
    for path in [*LISTS, "/domains/of/" + domains.locator("tbody th").first.inner_text() + "/"]:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, path
