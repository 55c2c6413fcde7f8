"""Whether a page has a form to write to whoever made it."""

import re

from selectolax.lexbor import LexborNode

from batches.operations.html.document import Document

_MAX_FORMS, _MAX_FIELDS = 50, 100
_OTHER = re.compile(
    r"comment|search|login|log-in|signin|signup|register|checkout|newsletter|subscribe|review|reply|cart",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"contact|kontakt|wpcf7|wpforms|gform|inquiry|enquiry|anfrage|feedback|get-in-touch",
    re.IGNORECASE,
)
_MAIL = re.compile(r"e-?mail|\bmail\b|correo|courriel|почта", re.IGNORECASE)
_MESSAGE_LINE = re.compile(
    r"message|nachricht|mensaje|mensagem|messaggio|bericht|wiadomo|сообщени", re.IGNORECASE
)
# Never shown, or filled by a program.
_HIDDEN = re.compile(r"recaptcha|hcaptcha|honeypot|turnstile", re.IGNORECASE)


def contact_form(document: Document) -> bool:
    """Whether a form asks for an address to answer to and for a message: no search, login, comment or newsletter."""
    return any(map(_is_contact, document.tree.css("form")[:_MAX_FORMS]))


def _is_contact(form: LexborNode) -> bool:
    own = form.attributes
    name = " ".join((own.get(key) or "")[:200] for key in ("id", "class", "name", "action", "role"))
    fields = [(field.tag, field.attributes) for field in form.css("input, textarea")[:_MAX_FIELDS]]
    if any((a.get("type") or "").lower() == "password" for _, a in fields):
        return False
    if _OTHER.search(name) and not _CONTACT.search(name):
        return False
    texts = [_named(a) for tag, a in fields if tag == "textarea" and not _HIDDEN.search(_named(a))]
    inputs = [
        a
        for tag, a in fields
        if tag == "input"
        and (a.get("type") or "").lower() not in ("hidden", "submit", "button", "image")
    ]
    asks = any(_is_mail(a) or (a.get("type") or "").lower() == "tel" for a in inputs)
    says = bool(texts) or any(_MESSAGE_LINE.search(_named(a)) for a in inputs)
    # A comment below an article looks the same, but for the name of its field.
    return asks and says and not any(text.startswith("comment ") for text in texts)


def _is_mail(own: dict[str, str | None]) -> bool:
    return (own.get("type") or "").lower() == "email" or bool(_MAIL.search(_named(own)))


def _named(own: dict[str, str | None]) -> str:
    return (
        " ".join(
            (own.get(key) or "")[:100]
            for key in ("name", "id", "placeholder", "autocomplete", "aria-label", "class")
        )
        + " "
    )
