"""What is to be seen of a WordPress site: its theme, and extensions with their versions."""

import re

# Traces stand in the head and where the page begins; each search keeps the interpreter to itself.
_MAX_LENGTH = 1_000_000
_MAX_MENTIONS = 100
_VERSION = r"[\d][\w.-]{0,20}"
_THEME = re.compile(r"/wp-content/themes/([\w.-]{1,80})/")
_FOLDER = r"/wp-content/plugins/{}/[^\"'<>\s]{{0,200}}?(?:[?&;]ver=({}))?[\"'<>\s)]"
_FOLDERS = {
    name: re.compile(_FOLDER.format(folder, _VERSION))
    for name, folder in {
        "elementor": "elementor",
        "woocommerce": "woocommerce",
        "yoast_seo": "wordpress-seo",
        "wpforms": "wpforms(?:-lite)?",
        "contact_form_7": "contact-form-7",
    }.items()
}
# What an extension leaves besides its files; a group holds the version.
_MARKS = {
    "elementor": rf"\bElementor ({_VERSION})|\belementor-(?:page|kit|section)\b",
    "woocommerce": rf"\bWooCommerce ({_VERSION})|\bwoocommerce-(?:page|no-js|js)\b",
    "yoast_seo": rf"Yoast SEO(?: Premium)? plugin v({_VERSION})|yoast-schema-graph",
    "wpforms": r"\bwpforms-(?:container|form)\b",
    "contact_form_7": r"\bwpcf7-form\b",
    "divi": rf"\bDivi v\.({_VERSION})|/wp-content/themes/Divi/(?:[^\"'<>\s]{{0,200}}?[?&;]ver=({_VERSION}))?"
    r"|\bet_pb_(?:section|row|module)\b",
}
_EXTENSIONS = {name: [re.compile(mark)] for name, mark in _MARKS.items()}
for _name, _pattern in _FOLDERS.items():
    _EXTENSIONS[_name].append(_pattern)


def wordpress(generators: list[str], html: str) -> dict[str, object]:
    """Theme and extensions; for an extension its version, or True if that can't be seen."""
    html = html[:_MAX_LENGTH]
    theme = _THEME.search(html)
    text = "\n".join([*generators, html])
    found: dict[str, object] = {"theme": theme[1]} if theme else {}
    return found | {name: seen for name in _EXTENSIONS if (seen := _extension(name, text))}


def _extension(name: str, text: str) -> str | bool:
    seen = False
    for pattern in _EXTENSIONS[name]:
        for mark, _ in zip(pattern.finditer(text), range(_MAX_MENTIONS), strict=False):
            seen = True
            if version := next((group for group in mark.groups() if group), None):
                return version
    return seen
