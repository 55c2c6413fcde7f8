"""Something that was found, for tests of what shows it."""

from django.test import Client
from django.utils import timezone

from batches.models import (
    Contact,
    Domain,
    Page,
    SitemapFile,
    SitemapUrl,
)
from batches.operation import key_of

KINDS = ("domains", "pages", "sitemaps", "contacts")
DETAILS = {
    "images": [{"url": "https://a.de/i.png", "title": "<One>"}],
    "videos": [{"title": "Film", "player": "https://a.de/play", "seconds": 1200}],
    "news": [{"name": "Post", "language": "en", "title": "Today"}],
    "alternates": [{"language": "fr", "url": "https://a.de/fr"}],
    "mobile": True,
}


def sitemap_of(details: object = None, page_type: str = "page") -> str:
    """The address of a sitemap that names two pages."""
    key = key_of("a.de", "https://a.de/sitemap.xml")
    SitemapUrl.objects.create(
        sitemap_id=key, digest=key_of("a.de", "2"), url="https://a.de/2", page_type=page_type,
        details=details, images=1, alternates=2, news=True,
    )  # fmt: skip
    return f"/sitemaps/of/{key}/"


def two_sites() -> None:
    """Two sites with a page, a sitemap and an address each, and one that fails."""
    for name in ("a.de", "b.de"):
        Domain.objects.create(
            name=name, url=f"https://{name}/", title=f"Title <{name}>", technologies=["WordPress"],
            emails=[f"info@{name}"], social={"x": "https://x.com/a"}, pages=1, contacts=1,
        )  # fmt: skip
        url = f"https://{name}/"
        Page.objects.create(id=key_of(name, url), domain_id=name, url=url, title="Home", status=200)
        key = key_of(name, f"{url}sitemap.xml")
        now = timezone.now()
        SitemapFile.objects.create(
            id=key, domain_id=name, url=f"{url}sitemap.xml", kind="urlset", urls=1, read_at=now
        )
        SitemapUrl.objects.create(
            sitemap_id=key, digest=key_of(name, "1"), url=f"{url}1", lastmod=now
        )
        address = f"info@{name}"
        Contact.objects.create(
            id=key_of(name, address), domain_id=name, address=address, kind="role", source_url=url
        )
    Domain.objects.create(name="dead.de", problem="Nobody answers at that address.")


def get(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, response
    return response.content.decode()
