"""What a site is built with, by the traces its pages carry. The rules are in technologies.toml.

Most traces are looked up: the hosts, folders and files that a page loads, its headers. All else is searched for once.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import batched
from pathlib import Path
from typing import Any, NamedTuple

from batches.operations.html import urls
from batches.operations.html.document import Document

# Traces stand in the head and where the page begins.
_MAX_NODES, _MAX_IMAGES, _MAX_CODE, _MAX_COMMENTS = 500, 40, 200_000, 100
_VERSION = r"\d[\w.-]{0,20}"
_LOADED = "script[src], link[href], iframe[src], form[action]"
_FILE = re.compile(
    r"(?P<stem>[a-z][a-z\d._-]*?)(?:[-.@]v?(?P<version>\d+(?:\.\d+)+))?"
    r"(?:[.-](?:min|slim|prod|pkgd|umd|esm|module|custom|pack))*\.(?:js|mjs|css)"
)
# vue@2.6.14, /jquery/3.7.1/, ?ver=6.5
_IN_ADDRESS = re.compile(r"(?:@|/v?|[?&;](?:ver|version|v)=)(\d+(?:\.\d+)+)(?![\w-])")
_PLUGIN = re.compile(r"[?&;]ver=(\d+(?:\.\d+)+)(?![\w-])")
_THEME = re.compile(r"/wp-content/themes/([\w.-]{1,80})/")
_COMMENT = re.compile(r"<!--(.{1,200})", re.DOTALL)
_COOKIE = re.compile(r"\s*([^=;\s]{1,100})=")


_EXTENSIONS = {
    "elementor": "Elementor", "woocommerce": "WooCommerce", "yoast_seo": "Yoast SEO", "wpforms": "WPForms",
    "contact_form_7": "Contact Form 7", "divi": "Divi",
}  # fmt: skip


class Technology(NamedTuple):
    """`category` is what it is for, in plain words."""

    name: str
    category: str
    version: str | None = None


class _Rule(NamedTuple):
    """Of one trace. A group of the `pattern` is the version."""

    name: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Rules:
    """By what each is looked up with."""

    stated: dict[str, dict[str, Any]]
    generators: list[_Rule]
    hosts: dict[str, list[tuple[str, str]]]
    folders: dict[str, list[tuple[str, str]]]
    files: dict[str, str]
    headers: dict[str, list[_Rule]]
    cookies: list[tuple[str, str]]
    selectors: list[tuple[str, str]]
    code: list[tuple[str, str]]
    comments: list[_Rule]


def technologies(document: Document) -> list[Technology]:
    """In the order of what they are for and of their names."""
    rules, found = _rules(), dict[str, str | None]()
    for name, version in _traces(document, rules):
        found[name] = found.get(name) or version
    waiting = list(found)
    while waiting:
        implied = rules.stated[waiting.pop()].get("implies", [])
        waiting += [name for name in implied if name not in found]
        found |= dict.fromkeys(name for name in implied if name not in found)
    known = (Technology(name, rules.stated[name]["is"], found[name]) for name in found)
    return sorted(known, key=lambda one: (one.category.lower(), one.name.lower()))


def cms(found: Iterable[Technology]) -> dict[str, str | None]:
    """`{"name": …, "version": …}` of what the pages are written with, empty if there is no hint."""
    kinds = ("CMS", "wiki", "forum", "blog", "shop", "site builder", "site generator")
    known = [one for kind in kinds for one in found if one.category == kind]
    if not known:
        return {}
    # Whatever says its version has written the page; texts and pictures may come from others.
    alike = [one for one in known if one.category == known[0].category]
    first = next((one for one in alike if one.version), alike[0])
    return {"name": first.name, "version": first.version}


def wordpress(found: Iterable[Technology], document: Document) -> dict[str, str | bool]:
    """The theme of a site, and the best known of its extensions: the version, or True if that can't be seen."""
    versions = {one.name: one.version for one in found}
    theme = _THEME.search(document.html[:_MAX_CODE])
    known = {"theme": theme[1]} if theme else {}
    return known | {
        field: versions[name] or True for field, name in _EXTENSIONS.items() if name in versions
    }


def _traces(document: Document, rules: _Rules) -> Iterator[tuple[str, str | None]]:
    yield from _of_generators(document, rules)
    yield from _of_headers(document, rules)
    for address in _addresses(document):
        yield from _of_address(address.lower(), rules)
    yield from _of_elements(document, rules)
    code = "\n".join(document.scripts)[:_MAX_CODE].replace("\\/", "/")
    yield from ((name, None) for text, name in rules.code if text in code)
    yield from _of_comments(document, rules)


def _of_generators(document: Document, rules: _Rules) -> Iterator[tuple[str, str | None]]:
    for generator in document.metas.get("generator", ())[:20]:
        for rule in rules.generators:
            if match := rule.pattern.match(generator.strip()[:300]):
                yield rule.name, match[1]


def _of_headers(document: Document, rules: _Rules) -> Iterator[tuple[str, str | None]]:
    for header in rules.headers.keys() & document.headers.keys():
        for rule in rules.headers[header]:
            if match := rule.pattern.search(document.headers[header][:2_000]):
                yield rule.name, match[1] if match.re.groups else None
    for line in document.headers.get("set-cookie", "").split("\n")[:50]:
        if cookie := _COOKIE.match(line):
            yield from (
                (name, None) for begin, name in rules.cookies if cookie[1].startswith(begin)
            )


def _addresses(document: Document) -> Iterator[str]:
    """Of what the page loads, itself among it."""
    yield document.url
    for node in document.tree.css(_LOADED)[:_MAX_NODES]:
        own = node.attributes
        if address := own.get("src") or own.get("href") or own.get("action"):
            yield address[: urls.MAX_URL]
    for node in document.tree.tags("img")[:_MAX_IMAGES]:
        if address := node.attributes.get("src"):
            yield address[: urls.MAX_URL]


def _of_address(address: str, rules: _Rules) -> Iterator[tuple[str, str | None]]:
    place = address.partition("//")[2] if "//" in address[:8] else ""
    host, _, path = place.partition("/") if place else ("", "", address)
    while host:
        for begin, name in rules.hosts.get(host, ()):
            if path.startswith(begin):
                yield name, None
        host = host.partition(".")[2]
    *folders, last = path.partition("?")[0].split("/")
    for at, folder in enumerate(folders):
        for rest, name in rules.folders.get(folder, ()):
            if not rest or folders[at + 1 : at + 2] == [rest]:
                version = _PLUGIN.search(address) if folder in ("plugins", "themes") else None
                yield name, version[1] if version else None
    if (file := _FILE.fullmatch(last)) and (library := rules.files.get(file["stem"])):
        elsewhere = None if file["version"] else _IN_ADDRESS.search(address)
        yield library, file["version"] or (elsewhere[1] if elsewhere else None)


def _of_elements(document: Document, rules: _Rules) -> Iterator[tuple[str, str | None]]:
    # Many at once first: of most pages, no more needs to be asked. Not all: the parser lets nobody else work
    # until it has an answer, a quarter of a second on the largest pages.
    for some in batched(rules.selectors, 16, strict=False):
        if document.tree.css_first(", ".join(selector for selector, _ in some)) is None:
            continue
        for selector, name in some:
            if (node := document.tree.css_first(selector)) is not None:
                attribute = rules.stated[name].get("attribute")
                yield name, node.attributes.get(attribute) if attribute else None


def _of_comments(document: Document, rules: _Rules) -> Iterator[tuple[str, str | None]]:
    for comment, _ in zip(
        _COMMENT.finditer(document.html[: document.read]), range(_MAX_COMMENTS), strict=False
    ):
        for rule in rules.comments:
            if match := rule.pattern.search(comment[1]):
                yield rule.name, match[1]


@cache
def _rules() -> _Rules:
    stated = tomllib.loads((Path(__file__).parent / "technologies.toml").read_text("utf-8"))
    headers: dict[str, list[_Rule]] = {}
    for name, rule in stated.items():
        for header, pattern in rule.get("header", {}).items():
            headers.setdefault(header, []).append(_Rule(name, re.compile(pattern, re.IGNORECASE)))
    return _Rules(
        stated,
        [_Rule(name, _starting(text)) for text, name in _pairs(stated, "generator")],
        _split(stated, "host"),
        _split(stated, "path"),
        dict(_pairs(stated, "file")),
        headers,
        _pairs(stated, "cookie"),
        _pairs(stated, "css"),
        _pairs(stated, "script"),
        [_Rule(name, _naming(text)) for text, name in _pairs(stated, "comment")],
    )


def _pairs(stated: dict[str, dict[str, Any]], kind: str) -> list[tuple[str, str]]:
    """Trace → whose it is."""
    found = []
    for name, rule in stated.items():
        traces = rule.get(kind, [])
        found += [(trace, name) for trace in ([traces] if isinstance(traces, str) else traces)]
    return found


def _split(stated: dict[str, dict[str, Any]], kind: str) -> dict[str, list[tuple[str, str]]]:
    """What is before the first slash → what must follow, and whose it is."""
    found: dict[str, list[tuple[str, str]]] = {}
    for trace, name in _pairs(stated, kind):
        first, _, rest = trace.lower().partition("/")
        found.setdefault(first, []).append((rest, name))
    return found


def _starting(generator: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{generator})(?![a-z])[ ,:v/-]*({_VERSION})?", re.IGNORECASE)


def _naming(comment: str) -> re.Pattern[str]:
    return re.compile(rf"{re.escape(comment)}\s*v?({_VERSION})?")
