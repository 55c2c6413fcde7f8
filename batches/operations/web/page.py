"""What an HTML page says of itself and of whoever made it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import ada_url
from selectolax.lexbor import LexborHTMLParser, LexborNode

from batches.operations.web import contacts, technology
from batches.operations.web.prescan import is_hostile

MAX_TEXT = 1_000
MAX_LINKS = 2_000
_SPACE = re.compile(r"\s+")
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,2000})", re.IGNORECASE)


def parse(html: str, url: str) -> dict[str, Any]:
    """The fields of a page, for storage: every string is clean and bounded, every address absolute.

    Takes time in proportion to the page: one that is built to take more is not parsed, only its title is
    looked for, and `skipped` says so.
    """
    html = html.replace("\0", "")
    if is_hostile(html):
        title = _TITLE.search(html)
        return {
            "title": _text(title[1]) if title else None,
            "skipped": "nested too deeply to parse",
        }
    tree = LexborHTMLParser(html)
    meta = _Meta(tree)
    links = list(_links(tree, url))
    return {
        **_head(tree, meta, url),
        **_technology(meta, html),
        **_contacts(tree, links),
    }


class _Meta:
    """The meta tags of a page by name or property, in lower case; the first of each counts."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        self.first: dict[str, str] = {}
        self.generators: list[str] = []
        for node in tree.css("meta[content]"):
            attributes = node.attributes
            name = (attributes.get("property") or attributes.get("name") or "").strip().lower()
            content = _text(attributes.get("content"))
            if not name or content is None:
                continue
            self.first.setdefault(name, content)
            if name == "generator":
                self.generators.append(content)

    def get(self, *names: str) -> str | None:
        return next((self.first[name] for name in names if name in self.first), None)


def _head(tree: LexborHTMLParser, meta: _Meta, url: str) -> dict[str, Any]:
    root = tree.css_first("html")
    heading = tree.css_first("h1")
    return {
        "title": _title(tree),
        "description": meta.get("description", "og:description"),
        "language": _text(root.attributes.get("lang")) if root else None,
        "canonical": _href(tree, 'link[rel~="canonical" i]', url),
        "favicon": _favicon(tree, url),
        "logo": _logo(tree, url),
        "opengraph": {k[3:]: v for k, v in meta.first.items() if k.startswith("og:")},
        "h1": _text(heading.text(separator=" ")) if heading else None,
        "word_count": _words(tree),
    }


def _technology(meta: _Meta, html: str) -> dict[str, Any]:
    cms = technology.cms(meta.generators, html)
    found: dict[str, Any] = {
        "generator": meta.generators[0] if meta.generators else None,
        "cms": cms,
    }
    if cms.get("name") == "WordPress":
        found["wordpress"] = technology.wordpress(meta.generators, html)
    return found


def _contacts(tree: LexborHTMLParser, links: list[str]) -> dict[str, Any]:
    mailtos = [link for link in links if link.lower().startswith("mailto:")]
    tels = [link for link in links if link.lower().startswith("tel:")]
    body = tree.body
    text = body.text(separator=" ") if body else ""
    return {
        "emails": contacts.emails(text, mailtos),
        "phones": contacts.phones(
            [*tels, *(f"tel:{number}" for number in _json_ld(tree, "telephone"))]
        ),
        "social": contacts.profiles([*links, *_json_ld(tree, "sameAs")]),
    }


def _title(tree: LexborHTMLParser) -> str | None:
    # The first in the head; an icon drawn in the page has a title of its own.
    node = tree.css_first("head title") or tree.css_first("title")
    return _text(node.text()) if node else None


def _favicon(tree: LexborHTMLParser, url: str) -> str | None:
    """As the page says; else where browsers look. That the file exists is not checked."""
    return (
        _href(tree, 'link[rel~="icon" i]', url)
        or _href(tree, 'link[rel~="apple-touch-icon" i]', url)
        or _absolute("/favicon.ico", url)
    )


_LOGOS = (
    'img[class*="logo" i], img[id*="logo" i]',
    '[class*="logo" i] img, [id*="logo" i] img',
    'img[alt*="logo" i], img[src*="logo" i]',
)


def _logo(tree: LexborHTMLParser, url: str) -> str | None:
    if stated := next(_json_ld(tree, "logo"), None):
        return _absolute(stated, url)
    for selector in _LOGOS:
        for node in tree.css(selector):
            if found := _absolute(node.attributes.get("src"), url):
                return found
    return None


def _words(tree: LexborHTMLParser) -> int:
    """Words a reader sees. Takes scripts and styles out of the tree: nothing that follows needs them."""
    tree.strip_tags(["style", "noscript", "template", "svg"])
    body = tree.body
    if body is None:
        return 0
    scripts = sum(len(node.text().split()) for node in body.css("script"))
    return max(0, len(body.text(separator=" ").split()) - scripts)


def _links(tree: LexborHTMLParser, url: str) -> Iterator[str]:
    for node in tree.css("a[href]")[:MAX_LINKS]:
        href = (node.attributes.get("href") or "").strip()
        if href.lower().startswith(("mailto:", "tel:")):
            yield href
        elif joined := _absolute(href, url):
            yield joined


def _href(tree: LexborHTMLParser, selector: str, url: str) -> str | None:
    node: LexborNode | None = tree.css_first(selector)
    return _absolute(node.attributes.get("href"), url) if node else None


def _absolute(href: str | None, url: str) -> str | None:
    if not href or len(href) > 2_048:
        return None
    try:
        joined = ada_url.join_url(url, href.strip())
    except ValueError:
        return None
    return joined if joined.startswith(("http://", "https://")) and len(joined) <= 2_048 else None


def _json_ld(tree: LexborHTMLParser, key: str) -> Iterator[str]:
    """Every string under `key` in the page's JSON-LD; broken JSON is passed over."""
    for node in tree.css('script[type="application/ld+json" i]')[:20]:
        try:
            yield from _under(json.loads(node.text()), key, 0)
        except (ValueError, RecursionError):
            continue


def _under(data: Any, key: str, depth: int) -> Iterator[str]:
    if depth > 20:
        return
    if isinstance(data, list):
        for part in data[:200]:
            yield from _under(part, key, depth + 1)
    elif isinstance(data, dict):
        for name, value in list(data.items())[:200]:
            if name == key:
                yield from _strings(value)
            else:
                yield from _under(value, key, depth + 1)


def _strings(value: Any) -> Iterator[str]:
    for part in value if isinstance(value, list) else [value]:
        # A logo may be an ImageObject.
        text = part.get("url") if isinstance(part, dict) else part
        if isinstance(text, str):
            yield text[:2_048]


def _text(value: str | None) -> str | None:
    """One line, trimmed, bounded, without what PostgreSQL refuses; None for nothing."""
    if value is None:
        return None
    clean = _SPACE.sub(" ", value.replace("\0", "")).strip()[:MAX_TEXT]
    return clean.encode("utf-8", "replace").decode() or None
