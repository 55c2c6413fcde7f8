"""The names in what pages write of their authors: “By Ann Lee and Bo Ek | 3 May”."""

import re

from batches.operations.html.clean import line

MAX_AUTHORS = 20
_MAX_NAME = 100
BY = "by|von|par|por|di|door|av|af|автор"
_LEADS = re.compile(
    r"^(?:[^\W\d]{3,12}\s){0,3}(?:posts?|entries|articles?|stories|beiträge|beitrag|artikel|alles|more|eingestellt|gepostet|geschrieben|verfasst|veröffentlicht|entradas|posted|written|published|story|words|text|photos?|contributed|edited|reviewed|publié|publicado|erstellt|pressemitteilung|redaktion)\s+(?:by|von|par|por|de)\s+"
    rf"|^(?:{BY}|author|autora?|autore|auteur|(?:text|interview|story|words)(?:\s(?:and|und|&)\s(?:photos?|fotos?|interview))?(?=:))\b\s*:?\s*"
    r"|(?-i:^By(?=[A-Z][a-z]))",
    re.IGNORECASE,
)
# What the last of them does: “Ann Lee, Vice President, Example Cloud”.
_ROLE = re.compile(
    r",\s[^,;]{0,40}\b(?:president|manager|director|officer|engineer|editor|reporter|correspondent|analyst|scientist|writer|ceo|cto|founder)\b"
    r"(?:(?!\sand\s)[^;])*",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"\s*(?:[|•·–—/(]|\s-\s|\bon\b|\bam\b|,?\s(?:(?i:jan|feb|mar|mär|apr|may|mai|ju[nl]|aug|sep|o[ck]t|nov|de[cz])[^\W\d_]*\.?\s)?\d"
    r"|,?\s(?i:(?:stand|datum|date):|updated\b|chefredakteur|redakteur|(?:staff|senior)\swriter|contributor\b)).*$",
    re.DOTALL,
)
_BETWEEN = re.compile(r",?\s+(?:and|und|et|y|och|og|en|&)\s+|,\s+", re.IGNORECASE)
_NOBODY = frozenset({
    "admin", "administrator", "author", "editor", "staff", "redaktion", "webmaster", "root", "user",
    "super user", "superuser", "no author", "authors", "publisher", "unbenannt", "anónimo", "anonym", "null", "none", "undefined", "unknown", "anonymous", "n/a", "wordpress", "about the author",
})  # fmt: skip


def people(text: str) -> list[str]:
    """The names in a text such as “By Ann Lee and Bo Ek”; none if it is an address or a page."""
    text = line(text, 300) or ""
    if "://" in text:
        return []
    text = _ROLE.sub("", _TAIL.sub("", _LEADS.sub("", text))).strip(" ,;:-")
    names = [name for part in text.split(";")[:MAX_AUTHORS] for name in _split(part.strip())]
    return [_once(name) for name in names if _is_name(name)]


def _once(name: str) -> str:
    # A picture of somebody is described by the name that stands beside it.
    half = len(name) // 2
    return name[:half] if name[:half] == name[half + 1 :] and name[half] == " " else name


def _split(text: str) -> list[str]:
    # Of one word, it may be half of a name: “Lee, Ann”, “Department of Trade and Industry”.
    names = [name for name in _BETWEEN.split(text)[:MAX_AUTHORS] if name]
    return names if all(" " in name for name in names) else [text]


def _is_name(text: str) -> bool:
    return (
        1 < len(text) <= _MAX_NAME
        and len(text.split()) <= 8
        and not any(mark in text for mark in ("@", "[at]", "www.", "{", "<", "="))
        and text.casefold() not in _NOBODY
        and not text.casefold().endswith("admin")
        and any(map(str.isalpha, text))
    )
