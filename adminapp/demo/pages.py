"""The pages of a sample site, as HTML."""

import json
from collections.abc import Callable
from html import escape

from adminapp.demo.sites import Site

_STYLE = (
    "body{max-width:44rem;margin:2rem auto;padding:0 1rem;font:1rem/1.6 Georgia,serif;color:#222}"
    "nav a{margin-right:1rem}footer{margin-top:3rem;border-top:1px solid #ccc;font-size:.9rem}"
)
FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7"'
    ' fill="#b5651d"/></svg>'
)
ROBOTS_REFUSE = "User-agent: *\nDisallow: /\n"

# System → what it leaves in the head of a page.
_TRACES = {
    "plain": "",
    "WordPress": (
        '<meta name="generator" content="WordPress 6.8.3">'
        '<link rel="https://api.w.org/" href="/wp-json/">'
        '<link rel="stylesheet" href="/wp-content/themes/twentytwentyfive/style.css?ver=1.3">'
    ),
    "WooCommerce": (
        '<meta name="generator" content="WordPress 6.8.3"><meta name="generator" content="WooCommerce 10.2.1">'
        '<link rel="stylesheet" href="/wp-content/plugins/woocommerce/assets/css/woocommerce.css">'
        '<script defer src="/wp-content/plugins/woocommerce/assets/js/frontend/cart.min.js"></script>'
    ),
    "Elementor": (
        '<meta name="generator" content="WordPress 6.7.2">'
        '<meta name="generator" content="Elementor 3.31.2; features: additional_custom_breakpoints">'
        '<link rel="stylesheet" href="/wp-content/plugins/elementor/assets/css/frontend.min.css">'
    ),
    "TYPO3": '<meta name="generator" content="TYPO3 CMS"><link rel="stylesheet" href="/typo3temp/assets/style.css">',
    "Joomla": '<meta name="generator" content="Joomla! - Open Source Content Management">'
    '<script defer src="/media/system/js/core.min.js"></script>',
    "Hugo": '<meta name="generator" content="Hugo 0.151.0">',
    "Drupal": '<meta name="Generator" content="Drupal 11 (https://www.drupal.org)">'
    '<script defer src="/core/misc/drupal.js"></script>',
}


def pages(site: Site) -> dict[str, Callable[[str], str]]:
    """Path → the page, given the address of the site."""
    language = site.language
    return {
        "/": lambda base: _page(site, base, "/", site.wording.promise, _home(site)),
        "/about": lambda base: _page(site, base, "/about", language.about, _about(site)),
        language.contact_path: lambda base: _page(
            site, base, language.contact_path, language.contact, _contact(site)
        ),
    }


def not_found(site: Site) -> str:
    words = escape(site.language.not_found)
    return (
        f"<!doctype html><html lang={site.language.code}><title>404</title><h1>{words}</h1></html>"
    )


def sitemap(site: Site, base: str) -> str:
    urls = "".join(f"<url><loc>{base}{path}</loc></url>" for path in pages(site))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'
    )


def robots(base: str) -> str:
    return f"User-agent: *\nDisallow: /cart\n\nSitemap: {base}/sitemap.xml\n"


def _page(site: Site, base: str, path: str, title: str, body: str) -> str:
    return (
        f'<!doctype html>\n<html lang="{site.language.code}">\n'
        f"<head>{_head(site, base, path, title)}</head>\n"
        f'<body class="{_body_class(site)}">\n{_navigation(site)}\n<main>{body}</main>\n{_footer(site)}\n'
        "</body>\n</html>\n"
    )


def _head(site: Site, base: str, path: str, title: str) -> str:
    name, title, what = escape(site.name), escape(title), escape(_intro(site))
    parts = [
        # Half of them leave it to the header to say so.
        '<meta charset="utf-8">' if site.number % 2 else "",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title} | {name}</title>"
        if site.number % 3
        else f"<title>{name}: {title}</title>",
        f'<meta name="description" content="{what}">' if site.number % 5 else "",
        f'<link rel="canonical" href="{base}{path}">' if site.number % 4 else "",
        '<link rel="icon" type="image/svg+xml" href="/favicon.svg">' if site.number % 6 else "",
        _open_graph(site, base, path, title) if site.number % 3 else "",
        _TRACES[site.system],
        _structured(site, base) if site.number % 2 == 0 else "",
        f"<style>{_STYLE}</style>",
    ]
    return "\n".join(part for part in parts if part)


def _open_graph(site: Site, base: str, path: str, title: str) -> str:
    found = {
        "og:type": "website",
        "og:title": title,
        "og:site_name": escape(site.name),
        "og:description": escape(_intro(site)),
        "og:url": f"{base}{path}",
        "og:image": f"{base}/images/front.jpg",
    }
    return "".join(f'<meta property="{name}" content="{value}">' for name, value in found.items())


def _structured(site: Site, base: str) -> str:
    data = {
        "@context": "https://schema.org",
        "@type": "LocalBusiness",
        "name": site.name,
        "url": f"{base}/",
        "telephone": site.phone,
        "email": site.email,
        "foundingDate": str(site.year),
        "address": {"@type": "PostalAddress", "addressLocality": site.city},
        "sameAs": site.socials,
    }
    return f'<script type="application/ld+json">{json.dumps(data)}</script>'


def _body_class(site: Site) -> str:
    return {"WooCommerce": "woocommerce home", "Elementor": "elementor-default home"}.get(
        site.system, "home"
    )


def _navigation(site: Site) -> str:
    language = site.language
    links = {"/": language.home, "/about": language.about, language.contact_path: language.contact}
    return (
        f"<header><strong>{escape(site.name)}</strong><nav>"
        + "".join(f'<a href="{path}">{escape(words)}</a>' for path, words in links.items())
        + "</nav></header>"
    )


def _intro(site: Site) -> str:
    chosen = site.language.intros[site.number % 3]
    return chosen.format(name=site.name, city=site.city, year=site.year, family=site.family)


def _home(site: Site) -> str:
    offers = "".join(f"<li>{_offer(site, n)}</li>" for n in range(4))
    return (
        f"<h1>{escape(site.wording.promise)}</h1><p>{escape(_intro(site))}</p>"
        f"<h2>{escape(site.wording.what)}</h2><ul>{offers}</ul>"
        f"<h2>{escape(site.language.hours)}</h2><p>{site.language.hours_text[site.number % 2]}</p>"
    )


def _offer(site: Site, n: int) -> str:
    words = escape(site.wording.offers[n])
    if site.system != "WooCommerce":
        return words
    return f'<a href="/product/{n + 1}">{words}</a> <span class="price">{4 + n * 3 + site.number % 5},50 €</span>'


def _about(site: Site) -> str:
    others = (
        intro for intro in site.language.intros if intro != site.language.intros[site.number % 3]
    )
    told = (
        intro.format(name=site.name, city=site.city, year=site.year, family=site.family)
        for intro in others
    )
    return f"<h1>{escape(site.language.about)}</h1>" + "".join(f"<p>{escape(t)}</p>" for t in told)


def _contact(site: Site) -> str:
    language = site.language
    visit = "".join(f"<p>{escape(words.format(city=site.city))}</p>" for words in language.visits)
    return (
        f"<h1>{escape(language.contact)}</h1>{visit}"
        f"<p>{language.write}: {_email(site)}</p><p>{language.call}: {_phone(site)}</p>"
    )


def _email(site: Site) -> str:
    """Most write it as a link, some hide it from robots in one of the usual ways."""
    name, _, domain = site.email.partition("@")
    if site.number % 7 == 0:
        return f"{name} [at] {domain.replace('.', ' [dot] ')}"
    if site.number % 11 == 0:
        return f"{name}&#64;{domain}"
    return f'<a href="mailto:{site.email}">{site.email}</a>'


def _phone(site: Site) -> str:
    return f'<a href="tel:{site.phone.replace(" ", "")}">{site.phone}</a>'


def _footer(site: Site) -> str:
    language = site.language
    socials = "".join(
        f' <a rel="me" href="{url}">{url.split(".")[1].title()}</a>' for url in site.socials
    )
    reach = f"{_phone(site)} · {_email(site)}" if site.number % 4 else ""
    return (
        f"<footer><p>{escape(language.follow)}:{socials}</p><p>{reach}</p>"
        f"<p>© {site.year} {escape(site.name)}. {language.rights}</p></footer>"
    )
