"""What an HTML page says of itself and of whoever made it."""

from collections.abc import Iterator
from typing import Any

import ada_url
from selectolax.lexbor import LexborHTMLParser, LexborNode

from batches.operations.html import contacts, social, technology
from batches.operations.html.clean import clean, line
from batches.operations.html.prescan import fitting
from batches.operations.html.structured import Structured

MAX_LINKS = 2_000
MAX_URL = 2_048
_MAX_OPENGRAPH, _MAX_NAME = 50, 100


def parse(html: str, url: str) -> dict[str, Any]:
    """The fields of a page, for storage: every string is clean and bounded, every address absolute.

    Takes time in proportion to the page. Of one that is built to take more, only a first part is read,
    and `partly_read` says how much.
    """
    html = html.replace("\0", "")
    length = fitting(html)
    tree = LexborHTMLParser(html[:length])
    page = _Page(tree, url)
    found = {**_head(page), **_technology(page, html), **_body(page)}
    if length < len(html):
        found["partly_read"] = (
            f"the first {length:,} of {len(html):,} characters; the rest would keep a parser busy"
        )
    return dict(clean(found))


class _Page:
    """A parsed page with its meta tags: by name or property, in lower case, the first of each."""

    def __init__(self, tree: LexborHTMLParser, url: str) -> None:
        self.tree = tree
        base = tree.css_first("base[href]")
        self.url = (_joined(base.attributes.get("href"), url) if base else None) or url
        self.structured = Structured(tree)
        self.meta: dict[str, str] = {}
        self.generators: list[str] = []
        for node in tree.css("meta[content]"):
            self._note(node.attributes)

    def _note(self, attributes: dict[str, str | None]) -> None:
        name = (attributes.get("property") or attributes.get("name") or "").strip().lower()
        content = line(attributes.get("content"))
        if not name or content is None:
            return
        self.meta.setdefault(name, content)
        if name == "generator":
            self.generators.append(content)

    def first(self, *names: str) -> str | None:
        return next((self.meta[name] for name in names if name in self.meta), None)

    def absolute(self, address: str | None) -> str | None:
        return _joined(address, self.url)

    def linked(self, selector: str, attribute: str = "href") -> str | None:
        """The first address under the selector that can be fetched: not one of data, not a broken one."""
        nodes = self.tree.css(selector)[:MAX_LINKS]
        return next(filter(None, (self.absolute(n.attributes.get(attribute)) for n in nodes)), None)


def _head(page: _Page) -> dict[str, Any]:
    root = page.tree.css_first("html")
    named = [item for item in page.meta.items() if item[0].startswith("og:")][:_MAX_OPENGRAPH]
    favicon, source = _favicon(page)
    return {
        "title": _title(page.tree),
        "description": page.first("description", "og:description"),
        "language": line(root.attributes.get("lang"), _MAX_NAME) if root else None,
        "canonical": page.linked('link[rel~="canonical" i]'),
        "favicon": favicon,
        "favicon_source": source,
        "logo": _logo(page),
        "opengraph": {name[3 : _MAX_NAME + 3]: content for name, content in named},
    }


def _title(tree: LexborHTMLParser) -> str | None:
    # The first in the head; an icon drawn in the page has a title of its own.
    node = tree.css_first("head > title") or tree.css_first("title")
    return line(node.text()) if node else None


def _favicon(page: _Page) -> tuple[str | None, str]:
    """As the page says; else where browsers look. That the file exists is not checked."""
    for source, rel in (("icon", "icon"), ("apple-touch-icon", "apple-touch-icon")):
        if found := page.linked(f'link[rel~="{rel}" i]'):
            return found, source
    if found := page.linked('link[rel~="apple-touch-icon-precomposed" i]'):
        return found, "apple-touch-icon"
    return page.absolute("/favicon.ico"), "default"


_LOGO_IMAGES = ('img[class*="logo" i], img[id*="logo" i]', 'img[alt*="logo" i], img[src*="logo" i]')
_LOGO_PLACES = '[class*="logo" i], [id*="logo" i]'


def _logo(page: _Page) -> str | None:
    stated = filter(None, map(page.absolute, page.structured.texts("logo")))
    if found := next(stated, None):
        return found
    images = [page.tree.css(selector) for selector in _LOGO_IMAGES]
    # An image in the place for the logo is more likely it than one that merely has the word in its name.
    places = [place.css_first("img") for place in page.tree.css(_LOGO_PLACES)[:20]]
    for image in [*images[0][:20], *filter(None, places), *images[1][:20]]:
        # Loaded late, an image has a placeholder of data in the first of these.
        for attribute in ("src", "data-src", "data-lazy-src"):
            if found := page.absolute(image.attributes.get(attribute)):
                return found
    return None


def _technology(page: _Page, html: str) -> dict[str, Any]:
    cms = technology.cms(page.generators, html)
    found: dict[str, Any] = {
        "generator": page.generators[0] if page.generators else None,
        "cms": cms,
    }
    if cms.get("name") == "WordPress":
        found["wordpress"] = technology.wordpress(page.generators, html)
    return found


def _body(page: _Page) -> dict[str, Any]:
    links = list(_links(page))
    said = page.structured
    # What nobody reads is no word, and an "@" in a script is rarely an address. Nothing after needs it.
    page.tree.strip_tags(["script", "style", "noscript", "template", "svg"])
    heading: LexborNode | None = page.tree.css_first("h1")
    text = page.tree.body.text(separator=" ") if page.tree.body else ""
    root = page.tree.css_first("html")
    country = contacts.region(root.attributes.get("lang") if root else None, _host(page.url))
    return {
        "h1": line(heading.text(separator=" ")) if heading else None,
        "word_count": len(text.split()),
        "emails": contacts.emails(text, [*_after("mailto:", links), *said.texts("email")]),
        "phones": contacts.phones([*_after("tel:", links), *said.texts("telephone")], country),
        "social": social.profiles([*links, *said.texts("sameAs")]),
    }


def _links(page: _Page) -> Iterator[str]:
    for node in page.tree.css("a[href], area[href]")[:MAX_LINKS]:
        href = (node.attributes.get("href") or "").strip()
        if href[:7].lower().startswith(("mailto:", "tel:")):
            yield href[:MAX_URL]
        elif joined := page.absolute(href):
            yield joined


def _after(scheme: str, links: list[str]) -> list[str]:
    return [link[len(scheme) :] for link in links if link.lower().startswith(scheme)]


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].partition(":")[0]


def _joined(address: str | None, base: str) -> str | None:
    if not address or len(address) > MAX_URL:
        return None
    try:
        joined = ada_url.join_url(base, address.strip())
    except ValueError:
        return None
    return joined if joined.startswith(("http://", "https://")) and len(joined) <= MAX_URL else None
