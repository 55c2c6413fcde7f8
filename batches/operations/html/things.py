"""The organisations, people, products and articles that a page states, each as a small dict."""

import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from batches.operations.html.clean import line
from batches.operations.html.dates import moment
from batches.operations.html.document import Document
from batches.operations.html.structured import Structured, kinds, parts, plain

MAX_OF_A_KIND, MAX_TYPES = 20, 100
_MAX_TEXT, _MAX_SAME = 500, 20

_PAGES = (
    "WebPage", "ItemPage", "AboutPage", "QAPage", "CollectionPage", "VideoObject", "Recipe", "PodcastEpisode", "Course", "Book", "Event",
    "Question", "CreativeWork", "Dataset", "HowTo", "AudioObject", "Review", "MediaObject",
)  # fmt: skip

type Thing = dict[str, Any]


def things(document: Document) -> dict[str, list[Thing]]:
    """`Organization`, `LocalBusiness`, `Person`, `Product`, `Article` → what is said of each, empty parts left out."""
    found: dict[str, dict[str, Thing]] = {}
    for data, aside, named in document.structured.nodes:
        group = next((g for kind in named if (g := groups().get(kind.lower()))), None)
        if group is None or (aside and group != "Product"):
            continue
        same = found.setdefault(group, {})
        thing = _READERS[group](document, data)
        key: str | None = next(
            (thing[part] for part in ("headline", "name", "url") if part in thing), None
        )
        # What is said twice is kept where more is said; what has no name is only a mention.
        if key is None or len(same.get(key, {})) >= len(thing):
            continue
        if key in same or len(same) < MAX_OF_A_KIND:
            same[key] = thing
    return {group: list(same.values()) for group, same in found.items() if same}


def types(structured: Structured) -> list[str]:
    """The types of all objects, each once, in the order of the page."""
    found: dict[str, None] = {}
    for node in structured.nodes:
        found.update(dict.fromkeys(node.kinds))
        if len(found) > MAX_TYPES:
            break
    return list(found)[:MAX_TYPES]


def of_kind(structured: Structured, *wanted: str) -> Iterator[dict[str, Any]]:
    """The objects that belong to one of these groups and are said of the page or its maker."""
    for data, aside, named in structured.nodes:
        if not aside and any(groups().get(kind.lower()) in wanted for kind in named):
            yield data


def pages(structured: Structured) -> Iterator[dict[str, Any]]:
    """The objects that stand for the page itself, or for what it is about."""
    return of_type(structured, *_PAGES)


def of_type(structured: Structured, *wanted: str) -> Iterator[dict[str, Any]]:
    """The objects of exactly these types that are said of the page or its maker."""
    for data, aside, named in structured.nodes:
        if not aside and not set(wanted).isdisjoint(named):
            yield data


@cache
def groups() -> dict[str, str]:
    """Type in lower case → the group it belongs to."""
    named = tomllib.loads(Path(__file__).with_name("schema_types.toml").read_text("utf-8"))
    return {kind.lower(): group for group, listed in named.items() for kind in listed.split()}


def _common(document: Document, data: dict[str, Any]) -> Thing:
    said = document.structured
    return {
        "type": kinds(data)[0],
        "name": _name(said, data.get("name")) or _name(said, data.get("legalName")),
        "url": _address(document, data.get("url")),
        "image": _address(document, data.get("image")),
    }


def _organization(document: Document, data: dict[str, Any]) -> Thing:
    said = document.structured
    contact = next((c for c in parts(data.get("contactPoint")) if isinstance(c, dict)), {})
    contact = said.followed(contact)
    same = (document.absolute(text) for text in said.written(data.get("sameAs")))
    return _full(_common(document, data) | {
        "logo": _address(document, data.get("logo")),
        "telephone": _text(data.get("telephone")) or _text(contact.get("telephone")),
        "email": _mail(data.get("email")) or _mail(contact.get("email")),
        "address": _place(said, data.get("address")),
        "same_as": list(dict.fromkeys(filter(None, same)))[:_MAX_SAME],
    })  # fmt: skip


def _business(document: Document, data: dict[str, Any]) -> Thing:
    return _organization(document, data) | _full({"price_range": _text(data.get("priceRange"))})


def _person(document: Document, data: dict[str, Any]) -> Thing:
    thing = _organization(document, data)
    if "name" not in thing and (name := next(document.structured.names(data), None)):
        thing["name"] = line(name, _MAX_TEXT)
    return thing | _full({"job": _text(data.get("jobTitle"))})


def _product(document: Document, data: dict[str, Any]) -> Thing:
    said = document.structured
    offer = next((said.followed(o) for o in parts(data.get("offers")) if isinstance(o, dict)), {})
    inner = next((p for p in parts(offer.get("priceSpecification")) if isinstance(p, dict)), {})
    prices = (_text(o.get(key)) for o in (offer, inner) for key in ("price", "lowPrice"))
    return _full(_common(document, data) | {
        "brand": _name(said, data.get("brand")),
        "sku": _text(data.get("sku")),
        "price": next(filter(None, prices), None),
        "currency": _text(offer.get("priceCurrency")) or _text(inner.get("priceCurrency")),
        "availability": (_text(offer.get("availability")) or "").rpartition("/")[2],
    })  # fmt: skip


def _article(document: Document, data: dict[str, Any]) -> Thing:
    said = document.structured
    authors = [line(name, _MAX_TEXT) for name in said.names(data.get("author"))]
    return _full(_common(document, data) | {
        "headline": _text(data.get("headline")),
        "authors": list(dict.fromkeys(filter(None, authors)))[:_MAX_SAME],
        "publisher": _name(said, data.get("publisher")),
        "published": _date(data.get("datePublished")),
        "modified": _date(data.get("dateModified")),
    })  # fmt: skip


_READERS: dict[str, Callable[[Document, dict[str, Any]], Thing]] = {
    "Organization": _organization,
    "LocalBusiness": _business,
    "Person": _person,
    "Product": _product,
    "Article": _article,
}


def _full(thing: Thing) -> Thing:
    return {name: value for name, value in thing.items() if value}


def _text(value: Any) -> str | None:
    texts = (line(plain(part), _MAX_TEXT) for part in parts(value))
    return next(filter(None, texts), None)


def _mail(value: Any) -> str | None:
    text = _text(value)
    return text[7:] if text and text[:7].lower() == "mailto:" else text


def _date(value: Any) -> str | None:
    text = _text(value)
    found = moment(text) if text else None
    return found.isoformat() if found else text


def _name(said: Structured, value: Any) -> str | None:
    return next(filter(None, (line(name, _MAX_TEXT) for name in said.names(value))), None)


def _address(document: Document, value: Any) -> str | None:
    return next(filter(None, map(document.absolute, document.structured.written(value))), None)


_PARTS = ("streetAddress", "postOfficeBoxNumber", "postalCode", "addressLocality", "addressRegion")


def _place(said: Structured, value: Any) -> str | None:
    """A postal address in one line: street, code and town, region, country."""
    value = next(iter(parts(value)), None)
    if not isinstance(value, dict):
        return line(plain(value), _MAX_TEXT)
    value = said.followed(value)
    street, box, code, town, region = (_text(value.get(part)) for part in _PARTS)
    town = " ".join(filter(None, (code, town)))
    country = _name(said, value.get("addressCountry"))
    return line(
        ", ".join(dict.fromkeys(filter(None, (street, box, town, region, country)))), _MAX_TEXT
    )
