"""A real browser against a real server. A message on the browser's console fails the test that caused it."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.servers import Server

CHROMIUM = shutil.which("chromium")
# It must not call home: nothing here may leave loopback.
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip


@pytest.fixture(scope="module")
def server(
    prepare: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    running = Server(prepare(tmp_path_factory.mktemp("console") / "data"), "--demo")
    yield running
    output = running.stop()
    assert "Traceback" not in output, output
    assert "Warning" not in output, output


# For a module and no longer: while it is open, Playwright runs a loop on this thread, where others would
# refuse to wait for theirs.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        assert not os.environ.get("CI"), "Chromium is not installed."
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def cookies(server: Server, browser: Browser) -> Any:
    """Of somebody who signed in with the printed link, as everybody begins."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(server.link)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("New password", exact=True).fill("correct-horse-battery")
    page.get_by_label("New password confirmation").fill("correct-horse-battery")
    page.get_by_role("button", name="Set password").click()
    page.get_by_text("Your password is set.").wait_for()
    state = context.storage_state()
    context.close()
    return state


type Open = Callable[..., Page]


@pytest.fixture
def open_page(server: Server, browser: Browser, cookies: Any) -> Iterator[Open]:
    """A page of a signed-in person; keyword arguments are those of a browser context."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # Chromium reports each page with such a status; that of a refused form is meant.
        refused = "status of 422" in message.text
        if message.type in ("error", "warning") and not refused:
            complaints.append(message.text)

    def open_(path: str, **options: Any) -> Page:
        context = browser.new_context(storage_state=cookies, base_url=server.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    return tmp_path
