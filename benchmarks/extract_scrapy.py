"""Scrapy reading the fields of pages, in a process of its own: it brings its own loop."""

import json
import re
import sys
import time
from collections.abc import Iterator
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response, TextResponse

ADDRESS = re.compile(r"[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}")


def fields(response: TextResponse) -> dict[str, Any]:
    """What its manual would have one write."""
    canonical = response.css('link[rel="canonical"]::attr(href)').get()
    found: dict[str, Any] = {
        "title": response.css("title::text").get(),
        "description": response.css('meta[name="description"]::attr(content)').get(),
        "canonical": response.urljoin(canonical) if canonical else None,
        "opengraph": {
            meta.attrib["property"]: meta.attrib.get("content")
            for meta in response.css('meta[property^="og:"]')
        },
        "links": [response.urljoin(href) for href in response.css("a::attr(href)").getall()],
        "structured": [
            json.loads(text)
            for text in response.css('script[type="application/ld+json"]::text').getall()
        ],
    }
    # In what people read: in the source, an @ is often an entity.
    text = " ".join(response.xpath("//body//text()[not(parent::script)]").getall())
    mailto = " ".join(response.css('a[href^="mailto:"]::attr(href)').getall())
    found["emails"] = sorted(set(ADDRESS.findall(f"{text} {mailto}")))
    return found


class Pages(scrapy.Spider):
    name = "pages"

    async def start(self) -> Any:
        self.read, self.began = 0, time.process_time()
        for number in range(int(sys.argv[2])):
            yield scrapy.Request(f"{sys.argv[1]}/page/{number}", dont_filter=True)

    def parse(self, response: Response, **_: Any) -> Iterator[None]:
        assert isinstance(response, TextResponse)
        found = fields(response)
        assert found["title"]
        assert len(found["links"]) > 100
        assert len(found["emails"]) == 2
        self.read += 1
        yield from ()

    def closed(self, reason: str) -> None:
        print(json.dumps({"pages": self.read, "seconds": time.process_time() - self.began}))


if __name__ == "__main__":
    process = CrawlerProcess(
        {
            "LOG_ENABLED": False,
            "ROBOTSTXT_OBEY": False,
            "CONCURRENT_REQUESTS": 32,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 32,
            "TELNETCONSOLE_ENABLED": False,
            "COOKIES_ENABLED": False,
            "DOWNLOAD_DELAY": 0,
            "RETRY_ENABLED": False,
        }
    )
    _ = process.crawl(Pages)
    process.start()
