"""What an HTML page says of itself and of whoever made it."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from batches.operations.emails.find import find
from batches.operations.html import (
    article,
    forms,
    head,
    icons,
    indexing,
    language,
    links,
    phones,
    published,
    security,
    social,
    technology,
    things,
    titles,
    urls,
)
from batches.operations.html.clean import clean
from batches.operations.html.document import NO_HEADERS, Document

MAX_LISTED = 2_000
# Of work for one page: what nobody gets to by then is left out.
MAX_SECONDS = 2.0
_BUSY = "; the rest would keep a parser busy"
_LEFT = f", and not all of what they say within {MAX_SECONDS:g} seconds"
# One more whenever a page would now be read otherwise.
_RULES = 4


def parse(html: str, url: str, headers: Mapping[str, str] = NO_HEADERS) -> dict[str, Any]:
    """The fields of a page, for storage: every string is clean and bounded, every address absolute.

    Takes time in proportion to the page. Of one that is built to take more, only a first part is read,
    and `partly_read` says how much; after MAX_SECONDS of work no other field is looked for, and it says that.
    """
    return fields(Document(html, url, headers))


def fields(document: Document, deobfuscate: bool = True) -> dict[str, Any]:
    """The same of a page that is parsed already; `deobfuscate` as `emails.find` has it."""
    # The head however long it took to get there: without its title, a page is nobody's.
    found: dict[str, Any] = {"read_as": read_as(deobfuscate), **_head(document)}
    left = ""
    guess = () if found["language"] else (_guess,)
    for read in (
        _body,
        *guess,
        _links,
        partial(_emails, deobfuscate=deobfuscate),
        _technology,
        _made,
    ):
        if document.seconds > MAX_SECONDS:
            left = _LEFT
            break
        found |= read(document)
    if left or document.read < len(document.html):
        found["partly_read"] = (
            f"the first {document.read:,} of {len(document.html):,} characters{left or _BUSY}"
        )
    return dict(clean(found))


def _emails(document: Document, deobfuscate: bool) -> dict[str, Any]:
    return {"emails": [one.address for one in find(document, deobfuscate)]}


def read_as(deobfuscate: bool) -> str:
    """By which rules: of a page that has not changed, what was read by others is not what would be read now."""
    return f"{_RULES}{'' if deobfuscate else ' as written'}"


def _head(document: Document) -> dict[str, Any]:
    favicon, source = icons.favicon(document)
    return {
        "title": titles.title(document),
        "description": head.description(document),
        "language": language.stated(document),
        "language_guessed": False,
        "charset": head.charset(document),
        "canonical": links.canonical(document),
        "favicon": favicon,
        "favicon_source": source,
        "logo": icons.logo(document),
        "image": head.image(document),
        **head.cards(document),
        "alternates": links.alternates(document),
        "feeds": links.feeds(document),
        "robots": indexing.robots(document),
    }


def _made(document: Document) -> dict[str, Any]:
    authors = article.authors(document)
    publisher = article.publisher(document)
    found: dict[str, Any] = {
        "headline": titles.headline(document, publisher),
        "publisher": publisher,
        "author": ", ".join(authors) or None,
        "authors": authors,
        "schema_types": things.types(document.structured),
        "schema": things.things(document),
    }
    modified = published.modified(document)
    moments = {
        "published": published.published(document),
        "modified": modified,
        "last_modified": published.last_modified(document, modified),
    }
    for name, (moment, raw) in moments.items():
        found[name] = moment.isoformat() if moment else None
        if raw and not moment:
            found[f"{name}_raw"] = raw
    return found


def _links(document: Document) -> dict[str, Any]:
    inside, outside, contact = links.leads(document)
    return {
        "links_in": len(inside),
        "links_out": len(outside),
        "links_in_urls": inside[:MAX_LISTED],
        "links_out_urls": outside[:MAX_LISTED],
        "contact_links": contact,
        "contact_form": forms.contact_form(document),
        "social": social.profiles([*outside[:MAX_LISTED], *document.structured.texts("sameAs")]),
    }


def _technology(document: Document) -> dict[str, Any]:
    generators = document.metas.get("generator", [])
    used = technology.technologies(document)
    found: dict[str, Any] = {
        "generator": generators[0] if generators else None,
        "cms": technology.cms(used),
        "technologies": [one._asdict() for one in used],
        "security": security.headers(document),
    }
    if any(one.name == "WordPress" for one in used):
        found["wordpress"] = technology.wordpress(used, document)
    return found


def _body(document: Document) -> dict[str, Any]:
    text = document.text
    said = document.structured
    root = document.tree.css_first("html")
    spoken = root.attributes.get("lang") if root else None
    country = phones.region(spoken, urls.host(document.base))
    calls, faxes = phones.spoken_of(text, country, spoken)
    called = phones.phones([*_called(document), *said.texts("telephone")], country)
    return {
        "h1": titles.heading(document),
        "word_count": document.words,
        "text_ratio": round(len(text) / len(document.html), 3) if document.html else 0.0,
        "counts": _counts(document),
        "phones": list(dict.fromkeys([*called, *calls]))[: phones.MAX_FOUND],
        "faxes": list(dict.fromkeys([*phones.phones(said.texts("faxNumber"), country), *faxes])),
    }


def _guess(document: Document) -> dict[str, Any]:
    guess = language.guessed(document.text)
    return {"language": guess, "language_guessed": guess is not None}


def _counts(document: Document) -> dict[str, int]:
    tree = document.tree
    in_scripts = sum(text.count("<!--") for text in document.scripts)
    return {
        "elements": _elements(document),
        "images": len(tree.tags("img")),
        "scripts": len(tree.tags("script")),
        "stylesheets": len(document.related("stylesheet")),
        "forms": len(tree.tags("form")),
        "links": len(tree.css("a[href], area[href]")),
        "headings": len(tree.css("h1, h2, h3, h4, h5, h6")),
        "comments": max(0, document.html.count("<!--", 0, document.read) - in_scripts),
    }


def _elements(document: Document) -> int:
    """Tags that open, as written: to count the nodes of the tree would cost a walk through it."""
    html = document.html[: document.read]
    return max(0, _tags(html) - sum(map(_tags, (*document.scripts, *_comments(html)))))


def _comments(html: str) -> Iterator[str]:
    # An expression would look for the end of each that has none.
    end = 0
    while (begin := html.find("<!--", end)) >= 0 and (end := html.find("-->", begin)) >= 0:
        yield html[begin:end]


def _tags(html: str) -> int:
    return html.count("<") - html.count("</") - html.count("<!")


def _called(document: Document) -> list[str]:
    return [link.url[4:] for link in document.links if link.url[:4].lower() == "tel:"]
