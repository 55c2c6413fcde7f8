"""What the shipped operations find, as it stands with an item."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

SITE = {
    "url": "https://www.a.de/", "status": 200, "title": "A <b>bakery</b>", "description": "Bread since 1901",
    "language": "de", "favicon": "https://www.a.de/icon.png", "cms": {"name": "Drupal", "version": None},
    "technologies": [{"name": "WordPress", "version": "6.5", "category": "cms"}, {"name": "nginx", "version": None}],
    "emails": ["info@a.de"], "phones": ["+49301234567"], "social": {"x": "https://x.com/bakery"}, "contact_form": True,
    "security": {"hsts": {"max_age": 31536000}, "content_security_policy": False},
    "certificate": {"issuer": "R3", "not_after": (timezone.now() + timedelta(days=12, hours=1)).isoformat()},
    "milliseconds": 100, "timing": {"dns": 10, "connect": 20, "tls": 30, "first_byte": 30, "download": 10, "total": 100},
    "redirects": [{"url": "http://a.de/", "status": 301}], "left_out": "3 pages, after 50",
    "pages": [{"url": "https://www.a.de/", "status": 200, "title": "Home"}],
    "page_problems": {"https://www.a.de/x": "It answered 404."},
}  # fmt: skip
MAPS = {
    "url": "https://a.de/", "in_robots": 1, "urls": 40, "sitemaps": 3, "newest": "2026-05-01T00:00:00+00:00",
    "images": 1234, "broken_sitemaps": 1, "sample": ["https://a.de/1"],
    "files": [
        {"url": "https://a.de/i.xml", "kind": "index", "children": 2},
        {"url": "https://a.de/1.xml", "kind": "urlset", "urls": 30, "cut_off": True},
        {"url": "https://a.de/2.xml", "kind": "urlset", "urls": 10, "problem": "It ends in the middle."},
    ],
}  # fmt: skip
MAIL = {
    "addresses": 2, "kinds": {"role": 1, "corporate": 1}, "pages": 7, "left_out": "2 pages, after 7",
    "page_problems": {"https://a.de/y": "It answered 500."},
    "contacts": [
        {"address": "info@a.de", "name": "", "kind": "role", "source": "https://a.de/contact", "how": "mailto"},
        {"address": "eva@a.de", "name": "Eva <i>Ohm</i>", "kind": "corporate", "source": "javascript:alert(1)", "how": "written out"},
    ],
}  # fmt: skip
RESULTS: dict[str, dict[str, Any]] = {"page_scan": SITE, "sitemap_scan": MAPS, "email_scan": MAIL}
