"""What a site is built with, by the traces its pages carry."""

import re

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
# Traces of a CMS that does not name itself: a path, never the mere word.
_TRACES = {
    "WordPress": re.compile(r"""["'(=][^"'<>\s]{0,200}/wp-(?:content|includes)/"""),
    "Drupal": re.compile(r"""/sites/(?:default|all)/(?:files|themes|modules)/|data-drupal-"""),
    "Joomla": re.compile(r"""/media/(?:jui|system)/js/|com_content"""),
    "Shopify": re.compile(r"""cdn\.shopify\.com/"""),
    "Squarespace": re.compile(r"""static1\.squarespace\.com"""),
    "Wix": re.compile(r"""static\.wixstatic\.com"""),
    "Webflow": re.compile(r"""data-wf-(?:site|page)="""),
    "TYPO3": re.compile(r"""/typo3(?:temp|conf)/"""),
}
_THEME = re.compile(r"/wp-content/themes/([\w.-]{1,80})/")
# Plug-in → the folder it lives in.
_PLUGINS = {
    "elementor": "elementor",
    "woocommerce": "woocommerce",
    "yoast_seo": "wordpress-seo",
    "wpforms": "wpforms(?:-lite)?",
    "contact_form_7": "contact-form-7",
}
_FOLDERS = {
    name: re.compile(
        rf"/wp-content/plugins/{folder}/[^\"'<>\s]{{0,200}}?(?:[?&]ver=({_VERSION}))?[\"'<>\s)]"
    )
    for name, folder in _PLUGINS.items()
}
_MARKS = {
    "elementor": re.compile(r"\bElementor (" + _VERSION + r")|\belementor-(?:page|kit|section)\b"),
    "woocommerce": re.compile(
        r"\bWooCommerce (" + _VERSION + r")|\bwoocommerce-(?:page|no-js|js)\b"
    ),
    "yoast_seo": re.compile(
        r"Yoast SEO(?: Premium)? plugin v(" + _VERSION + r")|yoast-schema-graph"
    ),
    "wpforms": re.compile(r"\bwpforms-(?:container|form)\b(){1}"),
    "contact_form_7": re.compile(r"\bwpcf7-form\b(){1}"),
}
_DIVI = re.compile(r"/wp-content/themes/Divi/|\bet_pb_(?:section|row|module)\b", re.IGNORECASE)


def cms(generators: list[str], html: str) -> dict[str, str | None]:
    """`{"name": …, "version": …}`, empty if the page gives no hint."""
    for generator in generators:
        for name, pattern in _GENERATOR.items():
            if found := pattern.match(generator.strip()):
                return {"name": name, "version": found[1]}
    for name, pattern in _TRACES.items():
        if pattern.search(html):
            return {"name": name, "version": None}
    return {}


def wordpress(generators: list[str], html: str) -> dict[str, object]:
    """Theme and plug-ins; for a plug-in its version, or True if that can't be seen."""
    theme = _THEME.search(html)
    text = "\n".join([*generators, html])
    found: dict[str, object] = {"theme": theme[1]} if theme else {}
    found |= {name: seen for name in _PLUGINS if (seen := _plugin(name, text))}
    if _DIVI.search(html):
        found["divi"] = True
    return found


def _plugin(name: str, text: str) -> str | bool:
    marks = [m for pattern in (_MARKS[name], _FOLDERS[name]) for m in pattern.finditer(text)]
    versions = [mark[1] for mark in marks if mark[1]]
    return versions[0] if versions else bool(marks)
