import pytest

from batches.operations.html import technology


@pytest.mark.parametrize(
    ("generator", "cms"),
    [
        ("WordPress 6.5", ("WordPress", "6.5")),
        ("Joomla! - Open Source Content Management", ("Joomla", None)),
        ("TYPO3 CMS", ("TYPO3", None)),
        ("TYPO3 4.5 CMS", ("TYPO3", "4.5")),
        ("Hugo 0.140.0", ("Hugo", "0.140.0")),
        ("Drupal 10 (https://www.drupal.org)", ("Drupal", "10")),
        ("My own thing", None),
        ("WordPressy 1.0", None),
    ],
)
def test_generators(generator: str, cms: tuple[str, str | None] | None) -> None:
    found = technology.cms([generator], "")
    assert found == ({} if cms is None else {"name": cms[0], "version": cms[1]})


@pytest.mark.parametrize(
    ("html", "name"),
    [
        ("<link href='/wp-content/themes/x/style.css'>", "WordPress"),
        ("<img src=https://cdn.example/wp-content/uploads/a.png>", "WordPress"),
        ("<style>a{background:url(/wp-includes/images/x.png)}</style>", "WordPress"),
        (r'<script>{"url":"https:\/\/shop.example\/wp-includes\/js"}</script>', "WordPress"),
        ("<p>We compare WordPress, wp-content folders and Elementor.</p>", None),
        ("<p>Look into <code>/wp-content/uploads</code> (or /wp-includes/).</p>", None),
        ("<p>See cdn.shopify.com for details</p>", None),
        ("<script src='https://cdn.shopify.com/s/x.js'>", "Shopify"),
        ("<html data-wf-page='1'>", "Webflow"),
    ],
)
def test_traces_are_addresses_and_not_words(html: str, name: str | None) -> None:
    assert technology.cms([], html).get("name") == name


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<link href='/wp-content/themes/twentytwenty/s.css'>", {"theme": "twentytwenty"}),
        (
            "<link href='/wp-content/plugins/elementor/x.css?ver=3.25.4'>"
            "<link href='/wp-content/plugins/contact-form-7/s.css?a=1&#038;ver=6.0'>",
            {"elementor": "3.25.4", "contact_form_7": "6.0"},
        ),
        ("<link href='/wp-content/plugins/elementor-pro-addon/x.css'>", {}),
        ("<link href='/wp-content/plugins/wpforms-lite/a.css'>", {"wpforms": True}),
        ("<script class='yoast-schema-graph'>", {"yoast_seo": True}),
        (
            "<link href='/wp-content/themes/Divi/style.css?ver=4.27.4'>",
            {"theme": "Divi", "divi": "4.27.4"},
        ),
        ("<div class='et_pb_section'>", {"divi": True}),
        ("<body class='woocommerce-no-js'>", {"woocommerce": True}),
        ("<p>nothing</p>", {}),
    ],
)
def test_themes_and_extensions_of_wordpress(html: str, found: dict[str, object]) -> None:
    assert technology.wordpress([], html) == found


def test_extensions_that_name_themselves() -> None:
    generators = [
        "WordPress 6.8",
        "Elementor 3.31.2; features: x",
        "WooCommerce 10.2.1",
        "Divi v.4.9",
    ]
    found = technology.wordpress(generators, "")
    assert found == {"elementor": "3.31.2", "woocommerce": "10.2.1", "divi": "4.9"}
