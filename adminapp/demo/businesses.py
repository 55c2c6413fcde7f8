"""Invented businesses and their home pages."""

import random
from dataclasses import dataclass

_TRADES = {
    "bakery": ("Bakery", "bread and cakes, baked before dawn"),
    "garage": ("Garage", "repairs and inspections for cars of every make"),
    "florist": ("Florist", "flowers for weddings, funerals and Tuesdays"),
    "dentist": ("Dental Practice", "gentle care for teeth of all ages"),
    "carpenter": ("Carpentry", "tables, stairs and windows made to measure"),
    "bookshop": ("Bookshop", "new and second-hand books, and coffee"),
    "optician": ("Opticians", "glasses and contact lenses with time to choose"),
    "brewery": ("Brewery", "beers of our own and a garden to drink them in"),
}
_PLACES = ["Northgate", "Mill Lane", "Harbour Street", "Old Market", "Station Road", "Riverside"]
_OWNERS = ["Ada Winter", "Ben Okoro", "Clara Vogel", "Dario Conti", "Emma Lund", "Farid Haddad"]
_LANGUAGES = ["en", "en", "en", "de", "fr", "es"]
_GENERATORS = ["WordPress 6.8.1", "WordPress 6.7.2", "Joomla! - Open Source Content Management",
               "TYPO3 CMS", "Hugo 0.140.0", ""]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Business:
    slug: str
    name: str
    about: str
    owner: str
    language: str
    generator: str
    email: str
    phone: str


def business(number: int) -> Business:
    """The same for the same number, always."""
    chance = random.Random(number)  # noqa: S311 -- variety, not a secret
    trade = list(_TRADES)[number % len(_TRADES)]
    title, about = _TRADES[trade]
    slug = f"{trade}-{number:03}"
    return Business(
        slug=slug,
        name=f"{chance.choice(_PLACES)} {title}",
        about=about,
        owner=chance.choice(_OWNERS),
        language=chance.choice(_LANGUAGES),
        generator=chance.choice(_GENERATORS),
        email=f"hello@{slug}.example.com",
        phone=f"+44 20 7946 {number:04}",
    )


def home_page(shop: Business) -> str:
    wordpress = shop.generator.startswith("WordPress")
    extra = _WORDPRESS if wordpress else ""
    generator = f'<meta name="generator" content="{shop.generator}">' if shop.generator else ""
    return f"""<!doctype html>
<html lang="{shop.language}">
<head>
<meta charset="utf-8">
<title>{shop.name}: {shop.about}</title>
<meta name="description" content="{shop.name} by {shop.owner}: {shop.about}.">
<meta property="og:title" content="{shop.name}">
<meta property="og:type" content="website">
{generator}{extra}
<link rel="icon" href="/icon.png">
<link rel="canonical" href="/">
</head>
<body>
<header class="site-header"><a href="/"><img class="site-logo" src="/logo.png" alt="{shop.name}"></a></header>
<h1>Welcome to {shop.name}</h1>
<p>{shop.owner} and team offer {shop.about}. Open Monday to Saturday.</p>
<p>Write to <a href="mailto:{shop.email}">{shop.email}</a> or call <a href="tel:{shop.phone.replace(" ", "")}">{shop.phone}</a>.</p>
<p><a href="https://www.facebook.com/{shop.slug}">Facebook</a> <a href="https://www.instagram.com/{shop.slug.replace("-", ".")}/">Instagram</a></p>
</body>
</html>
"""


_WORDPRESS = """
<link rel="stylesheet" href="/wp-content/themes/corner-shop/style.css?ver=2.1">
<link rel="stylesheet" href="/wp-content/plugins/woocommerce/assets/css/woocommerce.css?ver=9.4.2">
<script src="/wp-content/plugins/elementor/assets/js/frontend.min.js?ver=3.25.0"></script>
"""
