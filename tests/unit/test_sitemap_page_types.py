"""What an address says of the page behind it."""

import time

import pytest

from batches.operations.sitemaps.page_types import PAGE_TYPES, page_type, told_by

A = "https://a.example"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", "home"), ("/", "home"), ("/?lang=de", "home"), ("/#top", "home"), ("//", "home"),
        ("/about", "page"), ("/about/team/", "page"), ("/contact.html", "page"), ("/page/2", "page"),
        ("/files/photo.JPG", "image"), ("/a/logo.webp?v=2", "image"), ("/clip.mp4", "video"),
        ("/watch/some-film", "video"), ("/prices.pdf", "pdf"), ("/blog/report.pdf", "pdf"),
        ("/products/blue-shirt", "product"), ("/shop/blue-shirt/", "product"), ("/p/123", "product"),
        ("/dp/B00X", "product"), ("/produkte/hemd.html", "product"), ("/product.php?id=3", "product"),
        ("/category/shoes", "category"), ("/shop/category/shoes", "category"), ("/collections/new", "category"),
        ("/collections/new/products/shirt", "product"), ("/product-category/x/y", "category"),
        ("/tag/summer", "tag"), ("/product-tag/summer/", "tag"), ("/blog/tag/summer", "tag"),
        ("/blog/some-title", "post"), ("/2026/05/some-title", "post"), ("/2026/05/04/x/", "post"),
        ("/news/2026/x", "post"), ("/BLOG/Some-Title", "post"), ("/2026/about", "page"),
        ("/?p=12", "post"), ("/?page_id=2", "page"), ("/?cat=3", "category"), ("/?tag=x", "tag"),
        ("/?product=shirt", "product"),
        # A folder tells what is in it: this is the page of all of them.
        ("/blog", "page"), ("/products/", "page"),
        # Only whole names: no word within another.
        ("/productivity/tips", "page"), ("/blogger/x", "page"), ("/jpg", "page"), ("/a.b/c", "page"),
        ("/caf\u00e9/\u65e5\u672c", "page"), ("/%E2%98%83", "page"), ("/a//b", "page"),
    ],
)  # fmt: skip
def test_paths(path: str, expected: str) -> None:
    assert page_type(A + path) == expected
    assert expected in PAGE_TYPES


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sitemap.xml", "page"), ("post-sitemap.xml", "post"), ("wp-sitemap-posts-post-1.xml", "post"),
        ("product-sitemap2.xml.gz", "product"), ("sitemap_products_1.xml?from=1&to=2", "product"),
        ("product_cat-sitemap.xml", "category"), ("sitemap_collections_1.xml", "category"),
        ("post_tag-sitemap.xml", "tag"), ("category-sitemap.xml", "category"), ("sitemap_pages_1.xml", "page"),
        ("news-sitemap.xml", "post"), ("wp-sitemap-taxonomies-category-1.xml", "category"),
    ],
)  # fmt: skip
def test_what_the_name_of_a_sitemap_adds(name: str, expected: str) -> None:
    """At WordPress a post may stand at the root: only its sitemap knows."""
    assert told_by(f"{A}/{name}") == expected
    assert page_type(f"{A}/some-title", told_by(f"{A}/{name}")) == expected
    assert page_type(f"{A}/x.pdf", told_by(f"{A}/{name}")) == "pdf"


@pytest.mark.parametrize("unit", ["/", "/a", "?", "#", ".", "/product", "\u00e9", "/2026"])
def test_any_address_costs_little(unit: str) -> None:
    address = (A + "/" + unit * 2_048)[:2_048]
    began = time.process_time()
    for _ in range(1_000):
        page_type(address)
    assert time.process_time() - began < 2
