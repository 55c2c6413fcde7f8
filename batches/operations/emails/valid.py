"""Which candidates are addresses of somebody, and which only look like one."""

import re
from functools import lru_cache
from urllib.parse import unquote

from email_validator import EmailNotValidError, validate_email

from batches.operations.html.urls import is_top, registrable

_AROUND = " \t\r\n.,;:!?'\"`<>()[]{}|*-\u2019\u201c\u201d\u00ab\u00bb"
# Top-level domains that hardly anybody has an address in, and every archive and source map a name.
_FILES = frozenset({"zip", "map", "mov"})
# No domains of anybody, though they are in lists of such.
_NOWHERE = frozenset({"onion", "arpa"})
# RFC 2606 and RFC 6761, and what people write where an address is to be filled in.
_EXAMPLES = frozenset({
    "example.com", "example.org", "example.net", "example.edu", "beispiel.de", "exemple.fr", "ejemplo.com",
    "esempio.it", "domain.com", "domain.tld", "domain.de", "domain.org", "domaine.com", "dominio.com", "yourdomain.com",
    "your-domain.com", "yourdomain.tld", "mydomain.com", "yourcompany.com", "your-company.com", "company.com",
    "yoursite.com", "mysite.com", "website.com", "yourwebsite.com", "site.com", "host.com", "server.com", "test.com",
    "email.tld", "mail.tld", "acme.com", "foo.com", "bar.com", "foo.bar", "johndoe.com", "adresse.de", "musterfirma.de",
    "mustermann.de", "firma.de", "empresa.com", "provider.com", "provider.tld", "xyz.com", "abc.com", "emailaddress.com", "doe.com",
})  # fmt: skip
_EXAMPLE_NAMES = frozenset(
    {"example", "beispiel", "yourdomain", "your-domain", "yourcompany", "domain"}
)
# Where programs report their errors to.
_MACHINES = (
    "sentry.io",
    "wixpress.com",
    "sentry.wixpress.com",
    "ingest.sentry.io",
    "rollbar.com",
    "bugsnag.com",
)
_PLACEHOLDERS = frozenset({
    "you", "your", "yourname", "your.name", "your-name", "your_name", "youremail", "your-email", "your.email",
    "your_email", "name", "email", "e-mail", "user", "username", "someone", "somebody", "example", "beispiel",
    "vorname.nachname", "firstname.lastname", "first.last", "nom", "nombre", "correo", "ihre", "ihre.email", "ihr.name",
    "max.mustermann", "john.doe", "jane.doe", "johndoe", "janedoe", "test", "xxx", "abc", "foo", "mail",
})  # fmt: skip
# Providers at which nobody is called that: you@gmail.com is what a form shows before it is filled in.
_FILLED_IN = frozenset({"gmail.com", "email.com", "mail.com", "yahoo.com", "outlook.com", "hotmail.com", "icloud.com", "gmx.de", "web.de"})  # fmt: skip
_HEX = re.compile(r"[0-9a-f]{16,}")
_LONG_HEX = 32
# nginx@sha256.abc, tool@1.2.sh, Mon-Fri@9.am
_NO_NAME = re.compile(r"(?:sha\d{1,3}|md5|(?:\d+\.)+\d+)\.[a-z]+|\d{1,2}\.[ap]m")
_NO_SPAM = re.compile(
    r"([.@]?)[-_]?(?:REMOVE[-_.]?(?:THIS|ME)?|DELETE[-_.]?(?:THIS|ME)|(?:NO|ANTI|STOP|KEIN|SIN)[-_.]?SPAM|SPAM|ENTFERNEN)[-_]?([.@]?)"
)
_USUAL = re.compile(
    r"(?=[^@]{1,64}@)[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"
)
_EMPTY = re.compile(r"\.[.@-]|[@-]\.|@-|\A\.")


def cleaned(candidate: str) -> str:
    """In lower case, without what stands around it, and without what is to be removed before writing to it."""
    if len(candidate) > 400:
        return ""
    if "%" in candidate:
        candidate = unquote(candidate).rpartition(" ")[2]
    candidate = candidate.strip(_AROUND)
    if "SPAM" in candidate or "REMOVE" in candidate or "DELETE" in candidate or "ENTF" in candidate:
        candidate = _NO_SPAM.sub(_without, candidate)
    return candidate.lower()


def _without(found: re.Match[str]) -> str:
    before, after = found[1], found[2]
    return "@" if "@" in (before, after) else before and after


def is_usual(address: str) -> bool:
    """Whether it is of the kind that the standard leaves no doubt about, as nearly all are."""
    return (
        len(address) <= 254
        and "--" not in address
        and _USUAL.fullmatch(address) is not None
        and is_top(address.rpartition(".")[2])
    )


@lru_cache(maxsize=4_096)
def validated(address: str) -> str:
    """In normal form; empty for what is none. Takes a hundred times as long as to see that one is usual."""
    try:
        found = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return ""
    return str(found.normalized)


def is_plausible(address: str, own: str, stated: bool) -> bool:
    """Whether it can be somebody's. `own` is the domain of the site, which is no example there and no file.

    What is `stated` to be an address, by a link for one, needn't be told from names of files.
    """
    local, at, domain = address.rpartition("@")
    name, dot, top = domain.rpartition(".")
    if not (at and local and name and dot) or "@" in local or _EMPTY.search(address):
        return False
    registered = registrable(domain)
    if registered == own:
        return len(local) < _LONG_HEX or not _HEX.fullmatch(local)
    if not is_top(top) or top in _NOWHERE or _NO_NAME.fullmatch(domain):
        return False
    if top in _FILES and not stated:
        return False
    return not _is_nobodys(local, domain, registered)


def _is_nobodys(local: str, domain: str, registered: str) -> bool:
    return (
        registered in _EXAMPLES
        or registered.partition(".")[0] in _EXAMPLE_NAMES
        or domain.endswith(_MACHINES)
        or _HEX.fullmatch(local) is not None
        or (local in _PLACEHOLDERS and domain in _FILLED_IN)
    )
