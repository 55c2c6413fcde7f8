"""What a site is built with, by the traces its pages carry."""

import re

# Traces stand in the head and where the page begins; each search keeps the interpreter to itself.
_MAX_LENGTH = 1_000_000
_MAX_MENTIONS = 100
_VERSION = r"[\d][\w.-]{0,20}"
_CMS = {
    "WordPress": r"wordpress",
    "Joomla": r"joomla!?",
    "Drupal": r"drupal",
    "TYPO3": r"typo3(?: cms)?",
    "Wix": r"wix\.com website builder",
    "Shopify": r"shopify",
    "Squarespace": r"squarespace",
    "Webflow": r"webflow",
    "Ghost": r"ghost",
    "Hugo": r"hugo",
    "Jekyll": r"jekyll",
    "Sphinx": r"sphinx",
    "Contao": r"contao(?: open source cms)?",
    "PrestaShop": r"prestashop",
    "Magento": r"magento",
    "Blogger": r"blogger",
    "MediaWiki": r"mediawiki",
}
_GENERATOR = {
    name: re.compile(rf"^{pattern}\b[ ,:v]*({_VERSION})?", re.IGNORECASE)
    for name, pattern in _CMS.items()
}
# Traces of a CMS that does not name itself: addresses in attributes, never the mere word.
_TRACES = {
    "Drupal": re.compile(r"""/sites/(?:default|all)/(?:files|themes|modules)/|data-drupal-"""),
    "Joomla": re.compile(r"""/media/(?:jui|system)/js/|option=com_content"""),
    "Shopify": re.compile(r"""//cdn\.shopify\.com/"""),
    "Squarespace": re.compile(r"""//static1\.squarespace\.com"""),
    "Wix": re.compile(r"""//static\.wixstatic\.com"""),
    "Webflow": re.compile(r"""data-wf-(?:site|page)="""),
    "TYPO3": re.compile(r"""/typo3(?:temp|conf)/"""),
}
_WORDPRESS = re.compile(r"\\?/wp-(?:content|includes)\\?/")
# Between the beginning of an attribute, or of an address in a style sheet, and the trace.
_IN_ADDRESS = re.compile(r"""(?:["'=]|url\()[^"'<>()\s]{0,200}$""")
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


def cms(generators: list[str], html: str) -> dict[str, str | None]:
    """`{"name": …, "version": …}`, empty if the page gives no hint."""
    for generator in generators:
        for name, pattern in _GENERATOR.items():
            if found := pattern.match(generator.strip()):
                return {"name": name, "version": found[1]}
    html = html[:_MAX_LENGTH]
    if _links_to_wordpress(html):
        return {"name": "WordPress", "version": None}
    for name, pattern in _TRACES.items():
        if pattern.search(html):
            return {"name": name, "version": None}
    return {}


def wordpress(generators: list[str], html: str) -> dict[str, object]:
    """Theme and extensions; for an extension its version, or True if that can't be seen."""
    html = html[:_MAX_LENGTH]
    theme = _THEME.search(html)
    text = "\n".join([*generators, html])
    found: dict[str, object] = {"theme": theme[1]} if theme else {}
    return found | {name: seen for name in _EXTENSIONS if (seen := _extension(name, text))}


def _links_to_wordpress(html: str) -> bool:
    """Whether an address leads into its folders: a page may well talk of them."""
    for mention, _ in zip(_WORDPRESS.finditer(html), range(_MAX_MENTIONS), strict=False):
        if _IN_ADDRESS.search(html[max(0, mention.start() - 200) : mention.start()]):
            return True
    return False


def _extension(name: str, text: str) -> str | bool:
    seen = False
    for pattern in _EXTENSIONS[name]:
        for mark, _ in zip(pattern.finditer(text), range(_MAX_MENTIONS), strict=False):
            seen = True
            if version := next((group for group in mark.groups() if group), None):
                return version
    return seen
