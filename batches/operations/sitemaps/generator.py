"""Which system wrote a sitemap: they say so in comments, style sheets and places of their own."""

# In small letters, the more telling first: plug-ins of WordPress name WordPress as well.
_IN_TEXT = (
    (b"yoast", "Yoast SEO"), (b"wordpress-seo", "Yoast SEO"), (b"rank-math", "Rank Math"),
    (b"rank math", "Rank Math"), (b"all in one seo", "All in One SEO"), (b"aioseo", "All in One SEO"),
    (b"google-sitemap-generator", "XML Sitemaps for WordPress"), (b"jetpack", "Jetpack"),
    (b"wp-sitemap", "WordPress"), (b"wp-content", "WordPress"), (b"wordpress", "WordPress"),
    (b"cdn.shopify.com", "Shopify"), (b"static.wixstatic.com", "Wix"), (b"wix.com", "Wix"),
    (b"squarespace", "Squarespace"), (b"webflow", "Webflow"), (b"xml_sitemap/sitemap.xsl", "Drupal"),
    (b"simple_sitemap", "Drupal"), (b"drupal", "Drupal"), (b"com_jmap", "Joomla"), (b"com_osmap", "Joomla"),
    (b"joomla", "Joomla"), (b"typo3", "TYPO3"), (b"next-sitemap", "Next.js"), (b"_next/", "Next.js"),
    (b"screaming frog", "Screaming Frog"), (b"xml-sitemaps.com", "XML-Sitemaps.com"),
)  # fmt: skip
_IN_PATH = (
    ("wp-sitemap", "WordPress"), ("sitemap_products_", "Shopify"), ("sitemap_collections_", "Shopify"),
    ("store-products-sitemap", "Wix"), ("dynamic-", "Wix"), ("tx_seo", "TYPO3"), ("option=com_", "Joomla"),
)  # fmt: skip


def generator(url: str, beginning: bytes, ending: bytes) -> str:
    """Its name; empty if nothing tells. `beginning` and `ending` are some kilobytes of the file."""
    # Not in addresses of pages: a page about a system was not written by it.
    told = b"".join(_told(part) for part in (beginning.lower(), ending.lower()))
    for sign, name in _IN_TEXT:
        if sign in told:
            return name
    path = url.partition("://")[2].partition("/")[2].lower()
    return next((name for sign, name in _IN_PATH if sign in path), "")


def _told(text: bytes) -> bytes:
    """What stands in comments and instructions."""
    found = list[bytes]()
    for begin, end in ((b"<!--", b"-->"), (b"<?xml-stylesheet", b"?>")):
        for part in text.split(begin)[1:]:
            found.append(part.partition(end)[0])
    return b"\n".join(found)
