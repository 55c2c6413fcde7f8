"""What the head of a page says: description, encoding, and the cards it shows when it is shared."""

from typing import Any

from batches.operations.html.charset import declared
from batches.operations.html.clean import line
from batches.operations.html.document import Document
from batches.operations.html.things import of_kind, pages

_MAX_CARD, _MAX_NAME, _MAX_CHARSET = 50, 100, 40
# Profiles of Open Graph besides its own: https://ogp.me/#types
_PROFILES = (
    "article:",
    "product:",
    "book:",
    "profile:",
    "video:",
    "music:",
    "place:",
    "business:",
    "fb:",
    "al:",
)


_IMAGE_METAS = (
    "og:image",
    "og:image:secure_url",
    "og:image:url",
    "twitter:image",
    "twitter:image:src",
    "itemprop:image",
    "thumbnail",
)


def description(document: Document) -> str | None:
    stated = document.first(
        "description",
        "og:description",
        "twitter:description",
        "dc.description",
        "dcterms.description",
        "itemprop:description",
    )
    if stated:
        return stated
    for data in of_kind(document.structured, "Article", "Product", "LocalBusiness", "Organization"):
        if isinstance(text := data.get("description"), str) and (found := line(text)):
            return found
    return None


def cards(document: Document) -> dict[str, Any]:
    """`opengraph` and `twitter`: name → the first content. Names of profiles, as article:tag, are whole."""
    opengraph: dict[str, str] = {}
    twitter: dict[str, str] = {}
    for name, contents in document.metas.items():
        if name.startswith("og:"):
            opengraph[name[3 : _MAX_NAME + 3]] = contents[0]
        elif name.startswith(_PROFILES):
            opengraph[name[:_MAX_NAME]] = contents[0]
        elif name.startswith("twitter:"):
            twitter[name[8 : _MAX_NAME + 8]] = contents[0]
    return {"opengraph": _first(opengraph), "twitter": _first(twitter)}


def _first(card: dict[str, str]) -> dict[str, str]:
    return dict(list(card.items())[:_MAX_CARD])


def image(document: Document) -> str | None:
    """The picture that stands for the page where it is shared."""
    named = (content for meta in _IMAGE_METAS for content in document.metas.get(meta, ()))
    linked = (relation.attributes["href"] for relation in document.related("image_src"))
    said = document.structured
    stated = (
        text
        for data in (*of_kind(said, "Article", "Product"), *pages(said))
        for key in ("image", "thumbnailUrl")
        for text in said.written(data.get(key))
    )
    return next(filter(None, map(document.absolute, (*named, *linked, *stated))), None)


def charset(document: Document) -> str | None:
    """The encoding that the server, or else the page, declares, in lower case; not whether it is true."""
    header = declared(document.headers.get("content-type", ""))
    for node in document.tree.css("meta[charset]")[:1]:
        meta = line(node.attributes.get("charset"), _MAX_CHARSET)
        return header or (meta.lower() if meta else None)
    return header or declared(document.first("http-equiv:content-type") or "")
