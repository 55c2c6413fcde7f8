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
    page.get_by_role("link", name="No, go back").click()
    expect(page.locator(".verdict.maybe")).to_have_count(0)
    page.get_by_role("group", name="Decide").get_by_label("Verdict").select_option(label="maybe")
    page.get_by_role("button", name="Apply to all that match").click()
    page.get_by_role("button", name="Yes, apply").click()
    # A site that is tried again may have come meanwhile.
    expect(page.get_by_text(re.compile(r"\d+ domains changed to “maybe”\."))).to_be_visible()


def test_without_javascript(domains: Page, open_page: Open) -> None:
    page = open_page("/domains/?q=bakery", java_script_enabled=False)
    box = page.locator("table.found tbody tr").first.get_by_role("checkbox")
    box.check()
    page.get_by_role("button", name="Apply to the chosen").click()
    expect(page.get_by_text("Choose a verdict")).to_be_visible()
    expect(box).to_be_checked()
    expect(page.locator("[name=keys]:checked")).to_have_count(1)
    decide(page, "archived")
    expect(page.get_by_text("1 domain changed to “archived”.")).to_be_visible()
    assert page.url.endswith("/domains/?q=bakery")
    expect(page.get_by_text("Choose all on this page")).to_be_hidden()


def chosen(page: Page, words: str) -> None:
    expect(page.locator("[data-chosen-count] [role=status]")).to_have_text(words)


def test_what_is_chosen_stays_so_until_it_is_decided_about(domains: Page) -> None:
    page = domains
    boxes = page.locator("[name=keys]")
    for row in (0, 3):
        boxes.nth(row).check()
    page.get_by_role("link", name="Next page").click()
    chosen(page, "2 chosen, 2 on other pages")
    boxes.nth(1).check()
    place = page.url.partition("?")[2]
    page.get_by_role("button", name="Apply to the chosen").click()
    expect(page.get_by_text("Choose a verdict")).to_be_visible()
    chosen(page, "3 chosen, 2 on other pages")
    # Another list has choices of its own.
    page.goto("/domains/?q=shop")
    chosen(page, "None chosen")
    page.goto(f"/domains/?{place}")
    decide(page, "maybe")
    expect(page.get_by_text("3 domains changed to “maybe”.")).to_be_visible()
    assert page.url.partition("?")[2] == place
    chosen(page, "None chosen")
    page.goto("/domains/")
    expect(page.locator("[name=keys]:checked")).to_have_count(0)


def test_a_page_is_chosen_at_once_and_all_is_let_go_at_once(domains: Page) -> None:
    page, everything = domains, domains.get_by_label("Choose all on this page")
    page.locator("[name=keys]").first.check()
    assert everything.evaluate("box => box.indeterminate")
    everything.check()
    chosen(page, "50 chosen")
    page.get_by_role("link", name="Next page").click()
    expect(everything).not_to_be_checked()
    chosen(page, "50 chosen, 50 on other pages")
    page.get_by_role("button", name="Choose none").click()
    chosen(page, "None chosen")
    expect(page.get_by_role("button", name="Choose none")).to_be_hidden()
    page.goto("/domains/")
    chosen(page, "None chosen")


def test_the_end_of_a_session_costs_no_choice(domains: Page) -> None:
    page = domains
    search(page, "pottery")
    page.locator("[name=keys]").nth(1).check()
    page.context.clear_cookies(name="sessionid")
    decide(page, "archived")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill("correct-horse-battery")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Nothing was changed: the session had ended.")).to_be_visible()
    assert page.url.endswith("/domains/?q=pottery")
    chosen(page, "1 chosen")
    decide(page, "archived")
    expect(page.get_by_text("1 domain changed to “archived”.")).to_be_visible()


def test_by_keyboard(domains: Page) -> None:
    page = domains
    search(page, "books")
    box = page.locator("table.found tbody tr").first.get_by_role("checkbox")
    box.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Filter").focus()
    for _ in range(5):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.skip')"):
            break
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")  # To the button that lets go of all.
    page.keyboard.press("Tab")
    page.keyboard.type("not")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 domain changed to “not a fit”.")).to_be_visible()


UNDER = """() => {
  const bar = document.querySelector(".decision").getBoundingClientRect();
  const focused = document.activeElement;
  const place = focused.getBoundingClientRect();
  return !focused.closest(".decision") && place.bottom > bar.top + 1 && place.top < bar.bottom;
}"""


@pytest.mark.parametrize("width", [1200, 400])
def test_what_has_the_focus_is_never_under_the_decision(
    domains: Page, open_page: Open, width: int
) -> None:
    page = open_page("/domains/", viewport={"width": width, "height": 700})
    page.locator("[name=keys]").first.check()
    for _ in range(60):
        page.keyboard.press("Tab")
        assert not page.evaluate(UNDER)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_telephone_nothing_sticks_out(domains: Page, open_page: Open, scheme: str) -> None:
    page = open_page("/domains/", viewport={"width": 400, "height": 800}, color_scheme=scheme)
    for path in [*LISTS, "/domains/of/" + domains.locator("tbody th").first.inner_text() + "/"]:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, path
