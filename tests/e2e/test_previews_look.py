"""Previews of results in a real browser: nothing is loaded from elsewhere, and nothing sticks out."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Open
from tests.results import RESULTS
from tests.servers import Server, manage

# Results come by a scan only, and no scan leaves this machine.
WRITE = """
import json
from batches.intake import BatchSpec, create_batch, read_text
from batches.models import Batch, Item
for name, result in json.loads({!r}).items():
    spec = BatchSpec(operation="checksum", params={{}}, name=name, user=None)
    batch, _ = create_batch(spec, read_text("a.de"))
    Batch.objects.filter(pk=batch.pk).update(operation=name.removesuffix("-long"))
    Item.objects.filter(batch=batch).update(state="succeeded", result=result)
    print(name, batch.pk)
"""


def lengthened(value: Any) -> Any:
    """The same result with texts that nothing can break."""
    if isinstance(value, dict):
        return {name: lengthened(part) for name, part in value.items()}
    if isinstance(value, list):
        return [lengthened(part) for part in value]
    return value + "x" * 300 if isinstance(value, str) else value


LONG = {f"{slug}-long": lengthened(result) for slug, result in RESULTS.items()}


@pytest.fixture(scope="module")
def data(prepare: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("previews") / "data")


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[Server]:
    running = Server(data)
    yield running
    output = running.stop()
    assert "Traceback" not in output, output


@pytest.fixture(scope="module")
def items(server: Server, data: Path) -> dict[str, str]:
    """Operation, or with "-long" behind it → path of an item with such a result."""
    done = manage(data, "shell", "-v0", "-c", WRITE.format(json.dumps(RESULTS | LONG)))
    assert done.returncode == 0, done.stderr
    made = dict(line.split() for line in done.stdout.splitlines())
    return {name: f"/batches/{made[name]}/items/0/" for name in RESULTS | LONG}


@pytest.mark.parametrize(("width", "scheme"), [(400, "dark"), (1200, "light")])
def test_previews_fit_and_load_nothing(
    open_page: Open, items: dict[str, str], server: Server, width: int, scheme: str
) -> None:
    page = open_page("/batches/", viewport={"width": width, "height": 800}, color_scheme=scheme)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for slug, path in items.items():
        page.goto(path)
        for summary in page.locator("main summary").all():
            summary.click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), slug
    assert [url for url in asked if not url.startswith(server.url)] == []


def test_a_site_shows_its_picture_and_its_profiles(open_page: Open, items: dict[str, str]) -> None:
    page = open_page(items["page_scan"], java_script_enabled=False)
    expect(page.locator("img.tile")).to_have_attribute("src", re.compile(r"/domains/of/.+/icon/$"))
    expect(page.get_by_role("heading", name="A <b>bakery</b>")).to_be_visible()
    assert page.get_by_role("link", name="X", exact=True).get_attribute("rel") == "noopener noreferrer nofollow"  # fmt: skip
    page.get_by_text("1 page read").click()
    expect(page.get_by_text("Home", exact=True)).to_be_visible()


def test_values_have_more_room_than_their_names(open_page: Open, items: dict[str, str]) -> None:
    page = open_page(items["page_scan"], viewport={"width": 400, "height": 800})
    name, value = (page.locator(f".facts {tag}").first.bounding_box() for tag in ("dt", "dd"))
    assert name
    assert value
    assert value["width"] > 1.5 * name["width"]


def test_bars_of_sitemaps_are_as_long_as_their_share(
    open_page: Open, items: dict[str, str]
) -> None:
    page = open_page(items["sitemap_scan"])
    expect(page.locator(".tree .tree, .tree ul li")).to_have_count(2)
    bars = [bar.bounding_box() for bar in page.locator(".tree ul rect.share").all()]
    widths = [bar["width"] for bar in bars if bar]
    assert widths[0] / widths[1] == pytest.approx(3, rel=0.05)
    expect(page.get_by_role("img", name=re.compile("^75 %"))).to_be_visible()


def test_the_table_of_contacts_stays_a_table_on_a_telephone(
    open_page: Open, items: dict[str, str]
) -> None:
    page = open_page(items["email_scan"], viewport={"width": 400, "height": 800})
    table = page.get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(3)
    expect(table.get_by_role("rowheader", name="eva@a.de")).to_be_visible()
    expect(table.get_by_role("columnheader", name="How written")).to_have_count(1)
