"""The small picture and the logo that stand for a site."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from batches.operations.html import urls
from batches.operations.html.document import Document, Relation

_MAX_ICONS, _MAX_IMAGES, _MAX_UP = 50, 80, 4
_SIZE = re.compile(r"(?<!\d)(\d{1,4})x\1(?!\d)", re.IGNORECASE)
# Larger ones are made for home screens and splash screens.
_BEST = 192


def favicon(document: Document) -> tuple[str | None, str]:
    """Its address, and what says so: `icon`, `apple-touch-icon`, `tile`; else where browsers look: `default`.

    That the file exists is not checked.
    """
    icons = document.related("icon")
    touch = document.related("apple-touch-icon") or document.related("apple-touch-icon-precomposed")
    for source, relations in (("icon", icons), ("apple-touch-icon", touch)):
        if found := _best(document, relations[:_MAX_ICONS]):
            return found, source
    # Its neighbour, msapplication-TileColor, is no picture.
    if found := document.absolute(document.first("msapplication-tileimage")):
        return found, "tile"
    return urls.joined("/favicon.ico", document.url), "default"


def _best(document: Document, relations: list[Relation]) -> str | None:
    rated = [
        (_rating(relation.attributes, url), url)
        for relation in relations
        if (url := document.absolute(relation.attributes["href"])) and url != document.url
    ]
    # The first of equals.
    return max(rated, key=lambda pair: pair[0])[1] if rated else None


def _rating(attributes: dict[str, str | None], url: str) -> float:
    """How well it would look at the size of a thumb: sharp, not heavy, made for light backgrounds."""
    path = url.partition("?")[0].lower()
    sizes = (attributes.get("sizes") or "").lower()
    if "svg" in (attributes.get("type") or "") or path.endswith(".svg"):
        size = _BEST - 0.5
    else:
        found = [int(size) for size in _SIZE.findall(sizes)] or [
            int(s) for s in _SIZE.findall(path)
        ]
        size = max(found, default=16)
    if size > _BEST:
        # Still larger than it need be, but better than a blurred one.
        size = _BEST - 1 - min(size, 4_000) / 100
    return size - 150 * ("dark" in (attributes.get("media") or "").lower())


# In the order of trust: late images have a placeholder in src.
_SOURCES = ("data-src", "data-lazy-src", "data-original", "src", "data-srcset", "srcset")
_PLACEHOLDER = re.compile(r"placeholder|blank|spacer|pixel|transparent|lazy|loading", re.IGNORECASE)
_LOGO = re.compile(r"logo|brand", re.IGNORECASE)
# Those of others, or of what they sell.
_OTHERS = re.compile(
    r"partner|client|customer|sponsor|payment|footer|award|visa|mastercard|paypal|app-?store|google-?play|badge"
    r"|carousel|slider|review|trust|certif|brands|logos",
    re.IGNORECASE,
)


def logo(document: Document) -> str | None:
    """As stated for machines; else the picture that is most likely it."""
    said = document.structured
    stated = (url for text in said.texts("logo") if (url := document.absolute(text)))
    if found := next(stated, None) or document.absolute(document.first("og:logo", "itemprop:logo")):
        return found
    images = document.tree.css("img")[:_MAX_IMAGES]
    rated = [(_likelihood(document, image), place) for place, image in enumerate(images)]
    for likelihood, place in sorted(rated, key=lambda pair: -pair[0])[:3]:
        if likelihood >= 2 and (found := picture(document, images[place])):
            return found
    return None


def picture(document: Document, image: LexborNode) -> str | None:
    """The address of what an img comes to show, late or not."""
    attributes = image.attributes
    found = [
        url for name in _SOURCES if (url := document.absolute(_one(name, attributes.get(name))))
    ]
    return next((url for url in found if not _PLACEHOLDER.search(url)), found[0] if found else None)


def _one(name: str, value: str | None) -> str | None:
    # The first candidate of a srcset, without its width.
    return (
        value.strip().split(maxsplit=1)[0].rstrip(",")
        if value and "srcset" in name and value.strip()
        else value
    )


def _likelihood(document: Document, image: LexborNode) -> float:
    own = image.attributes
    names = f"{own.get('class') or ''} {own.get('id') or ''}"
    hints = (own.get("alt") or "")[:200], _file(own)
    around = list(_around(image))
    places = " ".join(f"{a.get('class') or ''} {a.get('id') or ''}" for _, a in around)
    tags, words = {tag for tag, _ in around}, " ".join((names, places, *hints))
    on_top = bool(tags & {"header", "nav"})
    if not (on_top or _LOGO.search(words)):
        return 0.0  # As nearly all pictures of a page.
    rating = 4.0 * bool(_LOGO.search(names)) + 2 * sum(bool(_LOGO.search(hint)) for hint in hints)
    rating += 3 * bool(_LOGO.search(places)) + on_top
    home = any(tag == "a" and _home(document, a.get("href")) for tag, a in around)
    # A picture in an article may show the logo of anybody.
    if tags & {"article", "figure"} and not (home or _LOGO.search(f"{names} {places}")):
        return 0.0
    return rating + 2 * (home and rating > 0) - 5 * bool(_OTHERS.search(words))


def _file(own: dict[str, str | None]) -> str:
    address = next((own[name] for name in _SOURCES if own.get(name)), None) or ""
    return "" if address.startswith("data:") else address[-200:]


def _around(node: LexborNode) -> Iterator[tuple[str, dict[str, str | None]]]:
    parent = node.parent
    for _ in range(_MAX_UP):
        if parent is None or parent.tag in ("body", "html", None):
            return
        yield parent.tag, parent.attributes
        parent = parent.parent


def _home(document: Document, href: str | None) -> bool:
    root = urls.origin(document.url) + "/"
    return (urls.joined((href or "")[:200], document.base) or "").partition("#")[0] in (
        root,
        f"{root}index.html",
    )
