"""What a site tells browsers to be careful about, by its headers."""

from typing import Any

from batches.operations.html.document import Document

_LONGEST = 300
_AS_SENT = (
    "x-frame-options", "x-content-type-options", "referrer-policy", "permissions-policy",
    "cross-origin-opener-policy", "cross-origin-embedder-policy", "cross-origin-resource-policy",
)  # fmt: skip


def headers(document: Document) -> dict[str, Any]:
    """Empty if nothing is known of the headers; else each, None for what is not sent.

    `hsts` by RFC 6797 (`max_age` in seconds), `csp` by W3C's Content Security Policy.
    """
    sent = document.headers
    if not sent:
        return {}
    found: dict[str, Any] = {
        "https": document.url.startswith("https:"),
        "hsts": _hsts(sent.get("strict-transport-security", "")),
        "csp": _csp(sent),
    }
    return found | {
        name.replace("-", "_"): sent.get(name, "")[:_LONGEST] or None for name in _AS_SENT
    }


def _hsts(value: str) -> dict[str, Any] | None:
    parts = [part.strip().lower() for part in value.partition(",")[0].split(";")[:10]]
    ages = [part.partition("=")[2].strip('" ') for part in parts if part.startswith("max-age")]
    if not ages or not ages[0][:12].isdecimal():
        return None
    return {
        "max_age": int(ages[0][:12]),
        "include_subdomains": "includesubdomains" in parts,
        "preload": "preload" in parts,
    }


def _csp(sent: dict[str, str]) -> dict[str, Any] | None:
    enforced = sent.get("content-security-policy", "")
    policy = enforced or sent.get("content-security-policy-report-only", "")
    if not policy:
        return None
    scripts = _directive(policy, "script-src") or _directive(policy, "default-src")
    # Where a nonce or a hash is given, browsers pass over 'unsafe-inline'.
    strict = "'nonce-" in scripts or "'sha" in scripts
    return {
        "enforced": bool(enforced),
        "unsafe_inline": not scripts or ("'unsafe-inline'" in scripts and not strict),
        "unsafe_eval": not scripts or "'unsafe-eval'" in scripts,
    }


def _directive(policy: str, name: str) -> str:
    """What it allows, in lower case; empty if it is not there."""
    parts = (part.strip().lower() for part in policy[:8_000].split(";"))
    return next((part for part in parts if part.partition(" ")[0] == name), "")
