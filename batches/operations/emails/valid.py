"""Which candidates are addresses of somebody, and which only look like one."""

import re
from functools import lru_cache
from urllib.parse import unquote

from email_validator import EmailNotValidError, validate_email

_AROUND = " \t\r\n.,;:!?'\"`<>()[]{}|*-\u2019\u201c\u201d\u00ab\u00bb"
# What looks like an address and names a file: logo@2x.png.
_FILES = (
    ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".avif", ".ico", ".bmp", ".tiff", ".css", ".scss",
    ".less", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".map", ".json", ".xml", ".woff", ".woff2", ".ttf",
    ".eot", ".otf", ".mp3", ".mp4", ".webm", ".pdf", ".html", ".htm", ".php", ".asp", ".aspx", ".jsp", ".txt",
    ".min", ".vue", ".yml", ".yaml", ".lock", ".zip", ".tgz", ".gz", ".exe", ".dll",
)  # fmt: skip
# RFC 2606 and RFC 6761, and what people write where an address is to be filled in.
_EXAMPLES = frozenset({
    "example.com", "example.org", "example.net", "example.edu", "beispiel.de", "exemple.fr", "ejemplo.com",
    "esempio.it", "domain.com", "domain.tld", "domain.de", "domain.org", "domaine.com", "dominio.com", "yourdomain.com",
    "your-domain.com", "yourdomain.tld", "mydomain.com", "yourcompany.com", "your-company.com", "company.com",
    "yoursite.com", "mysite.com", "website.com", "yourwebsite.com", "site.com", "host.com", "server.com", "test.com",
    "email.tld", "mail.tld", "acme.com", "foo.com", "bar.com", "foo.bar", "johndoe.com", "adresse.de", "musterfirma.de",
    "mustermann.de", "firma.de", "empresa.com", "provider.com", "provider.tld", "xyz.com", "abc.com", "emailaddress.com",
})  # fmt: skip
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
_TOP = re.compile(r"[^\W\d_]{2,63}|xn--[a-z0-9-]{2,59}")


def valid(candidate: str) -> str:
    """The address in normal form, in lower case; empty for what is none, or nobody's."""
    if "%" in candidate:
        candidate = unquote(candidate).rpartition(" ")[2]
    return _valid(candidate.strip(_AROUND).lower()) if len(candidate) <= 400 else ""


@lru_cache(maxsize=4_096)
def _valid(candidate: str) -> str:
    local, at, domain = candidate.rpartition("@")
    if not at or not local or "@" in local or not _plausible(local, domain):
        return ""
    try:
        found = validate_email(candidate, check_deliverability=False).normalized
    except EmailNotValidError:
        return ""
    return str(found)


def _plausible(local: str, domain: str) -> bool:
    name, dot, top = domain.rpartition(".")
    if not dot or not name or not _TOP.fullmatch(top) or domain.endswith(_FILES):
        return False
    if domain in _EXAMPLES or domain.endswith(tuple(f".{name}" for name in _EXAMPLES)):
        return False
    if domain.endswith(_MACHINES) or _HEX.fullmatch(local):
        return False
    return not (local in _PLACEHOLDERS and domain in _FILLED_IN)
