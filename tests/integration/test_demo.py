"""The sample sites behave as they say they do."""

import asyncio
import json
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import AsyncIterator

import aiohttp
import pytest
from selectolax.lexbor import LexborHTMLParser
from yarl import URL

from adminapp.demo import Behaviour, DemoWeb, start_demo
from adminapp.demo.server import HUGE_BYTES
from batches.operations.emails.find import find
from batches.operations.html.document import Document


@pytest.fixture
async def web() -> AsyncIterator[DemoWeb]:
    demo = await start_demo()
    yield demo
    await demo.close()


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    # Not the resolver of the system: glibc asks a name server for names under .localhost.
    connector = aiohttp.TCPConnector(resolver=aiohttp.AsyncResolver(), limit=50)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


def behaving(web: DemoWeb, behaviour: Behaviour) -> list[str]:
    found = [target for target, its in web.expected.items() if its is behaviour]
    assert found
    return found


async def assert_is_the_page(web: DemoWeb, target: str, response: aiohttp.ClientResponse) -> None:
    assert response.status == 200
    assert web.sites[target].name in " ".join(
        text_of(await response.text(errors="replace")).split()
    )


def text_of(page: str) -> str:
    return " ".join(LexborHTMLParser(page).text().split())


async def test_two_hundred_sites_most_of_them_good(web: DemoWeb) -> None:
    assert len(web.targets) == len(set(web.targets)) == 200
    assert list(web.expected) == web.targets
    counts = Counter(web.expected.values())
    assert set(counts) == set(Behaviour)
    assert sum(count for behaviour, count in counts.items() if behaviour.succeeds) == 170


async def test_every_site_does_what_is_expected_of_it(
    web: DemoWeb, client: aiohttp.ClientSession
) -> None:
    good = [target for target, its in web.expected.items() if its.succeeds]
    async with asyncio.TaskGroup() as group:
        for target in good:
            group.create_task(assert_good(web, client, target))


async def assert_good(web: DemoWeb, client: aiohttp.ClientSession, target: str) -> None:
    for _ in range(web.expected[target].attempts - 1):
        async with client.get(target) as response:
            assert response.status >= 500
    async with client.get(target) as response:
        if web.expected[target] is Behaviour.MISLABELLED:
            assert response.status == 200
        else:
            await assert_is_the_page(web, target, response)


async def test_slow_sites_take_their_time(web: DemoWeb, client: aiohttp.ClientSession) -> None:
    async def seconds(target: str) -> float:
        started = time.monotonic()
        async with client.get(target) as response:
            assert response.status == 200
        return time.monotonic() - started

    taken = await asyncio.gather(*map(seconds, behaving(web, Behaviour.SLOW)))
    assert min(taken) > 0.45
    assert 2.9 < max(taken) < 8


async def test_faltering_sites_answer_every_other_time(
    web: DemoWeb, client: aiohttp.ClientSession
) -> None:
    for behaviour, status in ((Behaviour.FALTERING, 500), (Behaviour.BUSY, 503)):
        for target in behaving(web, behaviour)[:2]:
            # A scan asks for robots.txt first: that must not count.
            async with client.get(f"{target}robots.txt") as response:
                assert response.status in (200, 404)
            for expected in (status, 200, status, 200):
                async with client.get(target) as response:
                    assert response.status == expected
                    wait = response.headers.get("Retry-After")
                    assert wait == ("1" if expected == 503 else None)


async def test_moved_sites_are_found_after_four_redirects(
    web: DemoWeb, client: aiohttp.ClientSession
) -> None:
    for target in behaving(web, Behaviour.MOVED):
        async with client.get(target) as response:
            assert len(response.history) == 4
            await assert_is_the_page(web, target, response)


async def test_mislabelled_sites_are_not_what_they_say(
    web: DemoWeb, client: aiohttp.ClientSession
) -> None:
    for target in behaving(web, Behaviour.MISLABELLED):
        async with client.get(target) as response:
            body = await response.read()
            assert response.charset == "utf-8"
        with pytest.raises(UnicodeDecodeError):
            body.decode()
        assert web.sites[target].name in text_of(body.decode("latin-1"))


async def test_missing_sites_say_so(web: DemoWeb, client: aiohttp.ClientSession) -> None:
    for target in behaving(web, Behaviour.MISSING):
        async with client.get(target) as response:
            assert (response.status, response.content_type) == (404, "text/html")


async def test_looping_sites_never_end(web: DemoWeb, client: aiohttp.ClientSession) -> None:
    for target in behaving(web, Behaviour.LOOPING):
        with pytest.raises(aiohttp.TooManyRedirects):
            await client.get(target)


async def test_aborting_sites_cut_the_page_short(
    web: DemoWeb, client: aiohttp.ClientSession
) -> None:
    for target in behaving(web, Behaviour.ABORTING):
        with pytest.raises((aiohttp.ClientPayloadError, aiohttp.ClientOSError)):
            async with client.get(target) as response:
                await response.read()


async def test_refusing_sites_keep_robots_out(web: DemoWeb, client: aiohttp.ClientSession) -> None:
    for target in behaving(web, Behaviour.REFUSING):
        async with client.get(f"{target}robots.txt") as response:
            assert "Disallow: /\n" in await response.text()


async def test_huge_pages_are_huge_and_can_be_left(
    web: DemoWeb, client: aiohttp.ClientSession
) -> None:
    first, second, *_ = behaving(web, Behaviour.HUGE)
    async with client.get(first) as response:
        size = sum([len(block) async for block in response.content.iter_any()])
    assert HUGE_BYTES < size < HUGE_BYTES * 1.1
    async with client.get(second) as response:
        assert web.sites[second].name in text_of((await response.content.read(10_000)).decode())


async def test_nobody_listens_at_a_silent_site(web: DemoWeb, client: aiohttp.ClientSession) -> None:
    for target in behaving(web, Behaviour.SILENT):
        with pytest.raises(aiohttp.ClientConnectorError):
            await client.get(target)


async def test_pages_are_varied_and_complete(web: DemoWeb, client: aiohttp.ClientSession) -> None:
    titles, generators, languages = set(), Counter[str](), Counter[str]()
    for target in behaving(web, Behaviour.FINE):
        async with client.get(target) as response:
            page = LexborHTMLParser(await response.text())
        titles.add(page.css("title")[0].text())
        languages[attributes(page, "html", "lang")[0]] += 1
        generators.update(attributes(page, "meta[name=generator]", "content"))
        for data in page.css('script[type="application/ld+json"]'):
            assert json.loads(data.text())["email"] == web.sites[target].email
    assert len(titles) > 100
    assert len(languages) == 4
    assert min(languages.values()) > 20
    assert {name.split()[0] for name in generators} >= {"WordPress", "WooCommerce", "Elementor"}


def attributes(page: LexborHTMLParser, selector: str, name: str) -> list[str]:
    return [node.attributes[name] or "" for node in page.css(selector)]


async def test_every_link_and_every_page_of_the_sitemap_leads_somewhere(
    web: DemoWeb, client: aiohttp.ClientSession
) -> None:
    for target in behaving(web, Behaviour.FINE)[:8]:
        async with client.get(f"{target}sitemap.xml") as response:
            urls = [
                loc.text or "" for loc in ET.fromstring(await response.read()).iter() if loc.text
            ]
        assert len(urls) == 3
        for url in urls:
            async with client.get(url) as response:
                page = LexborHTMLParser(await response.text())
                assert response.status == 200
            links = attributes(page, "nav a", "href")
            assert {str(response.url.join(URL(link))) for link in links} == set(urls)


async def test_contact_details_are_on_the_contact_page(
    web: DemoWeb, client: aiohttp.ClientSession
) -> None:
    for target in behaving(web, Behaviour.FINE):
        site = web.sites[target]
        async with client.get(f"{target}{site.language.contact_path[1:]}") as response:
            text = await response.text()
        assert attributes(LexborHTMLParser(text), 'a[href^="tel:+"]', "href")
        assert site.email in text_of(text).replace(" [at] ", "@").replace(" [dot] ", ".")
        assert site.email in [one.address for one in find(Document(text, f"http://{site.host}/"))]


async def test_a_stranger_is_told_so(web: DemoWeb, client: aiohttp.ClientSession) -> None:
    port = web.targets[0].rpartition(":")[2]
    async with client.get(f"http://127.0.0.1:{port}") as response:
        assert response.status == 421


async def test_closing_breaks_off_and_leaves_nothing_behind() -> None:
    web = await start_demo()
    slow, asked = behaving(web, Behaviour.SLOW)[-1], asyncio.Event()

    async def sent(*_: object) -> None:
        asked.set()

    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(sent)
    connector = aiohttp.TCPConnector(resolver=aiohttp.AsyncResolver())
    async with aiohttp.ClientSession(connector=connector, trace_configs=[trace]) as client:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails(client, slow))
            await asked.wait()
            await web.close()
        await fails(client, web.targets[0])
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert not [timer for timer in timers() if not timer.cancelled()]


async def fails(client: aiohttp.ClientSession, target: str) -> None:
    with pytest.raises(aiohttp.ClientError):
        await client.get(target)


def timers() -> list[asyncio.TimerHandle]:
    return list(asyncio.get_running_loop()._scheduled)  # type: ignore[attr-defined]
