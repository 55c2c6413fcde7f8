import re
import time

import pytest

from batches.operations.html import security, technology
from batches.operations.html.document import Document
from batches.operations.html.page import parse
from batches.operations.html.technology import _rules, technologies

HEAD = "<!doctype html><html><head><title>x</title></head><body>"
EXAMPLES = [
    (name, example, rule.get("v") if number == 0 else None)
    for name, rule in _rules().stated.items()
    for number, example in enumerate(rule["eg"])
]


def seen(html: str, headers: dict[str, str] | None = None) -> dict[str, str | None]:
    document = Document(html, "https://shop.example/", headers or {})
    return {one.name: one.version for one in technologies(document)}


def shown(example: str) -> dict[str, str | None]:
    """A page with one trace, written as the rules write their examples."""
    kind, _, rest = example.partition(" ")
    match kind:
        case "gen":
            return seen(f'<meta name="generator" content="{rest}">')
        case "src":
            return seen(f'{HEAD}<script src="{rest}"></script>')
        case "link":
            return seen(f'{HEAD}<link rel="stylesheet" href="{rest}">')
        case "header":
            name, _, value = rest.partition(": ")
            return seen(HEAD, {name: value})
        case "cookie":
            return seen(
                HEAD, {"set-cookie": f"other=1; Path=/\n{rest}=1; Expires=Wed, 21 Oct 2065"}
            )
    return seen(example if example.startswith(("<html", "<body", "<meta")) else HEAD + example)


def implied(name: str) -> set[str]:
    """By the rules: what is there where this is."""
    names, waiting = set[str](), [name]
    while waiting:
        rule = _rules().stated[waiting.pop()]
        waiting += rule.get("implies", [])
        names |= {*rule.get("implies", []), *rule.get("also", [])}
    return names


def test_there_are_rules_enough_and_each_has_an_example() -> None:
    stated = _rules().stated
    assert len(stated) >= 200
    assert {other for rule in stated.values() for other in rule.get("implies", [])} <= set(stated)
    assert len({rule["is"] for rule in stated.values()}) > 20
    assert all(rule["eg"] for rule in stated.values())


@pytest.mark.parametrize(("name", "example", "version"), EXAMPLES)
def test_every_example_is_seen_and_its_version(
    name: str, example: str, version: str | None
) -> None:
    found = shown(example)
    assert name in found
    if version:
        assert found[name] == version


# Networks that carry what others have made, and what has two names.
BESIDES = {
    "jsDelivr", "cdnjs", "unpkg", "Google Hosted Libraries", "Express", "Node.js", "Python", "HubSpot CMS", "Ruby on Rails",
    "jQuery", "WordPress", "PHP", "Amazon S3", "Java", "ASP.NET", "Google Analytics", "Mailchimp", "Umami",
}  # fmt: skip


@pytest.mark.parametrize(("name", "example", "version"), EXAMPLES)
def test_no_example_sets_off_what_it_has_nothing_to_do_with(
    name: str, example: str, version: str | None
) -> None:
    others = set(shown(example)) - {name} - implied(name)
    assert others <= BESIDES


def test_nothing_is_seen_on_an_empty_page() -> None:
    assert seen(HEAD, {"server": "mine", "content-type": "text/html", "set-cookie": "a=1"}) == {}


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
    page = Document(f'<meta name=generator content="{generator}">', "https://x.example/")
    found = technology.cms(technologies(page))
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
        ("<a href=https://www.shopify.com/>Shopify</a>", None),
        ("<script src='https://cdn.shopify.com/s/x.js'>", "Shopify"),
        ("<html data-wf-page='1'>", "Webflow"),
        ("<script src=https://cdn.shopify.com.evil.example/s/x.js>", None),
    ],
)
def test_traces_are_addresses_and_not_words(html: str, name: str | None) -> None:
    page = Document(html, "https://x.example/")
    assert technology.cms(technologies(page)).get("name") == name


def test_a_page_has_them_in_order_and_each_once() -> None:
    html = (
        '<meta name=generator content="WordPress 6.5"><link href="/wp-content/a.css"><script src="/wp-includes/b.js"></script>'
        '<script src="/js/jquery-3.7.1.min.js"></script><script src="https://js.stripe.com/v3/"></script>'
    )
    found = parse(
        html, "https://shop.example/", {"Server": "nginx/1.25.3", "X-Powered-By": "PHP/8.3"}
    )
    assert found["technologies"] == [
        {"name": "WordPress", "category": "CMS", "version": "6.5"},
        {"name": "PHP", "category": "language", "version": "8.3"},
        {"name": "jQuery", "category": "library", "version": "3.7.1"},
        {"name": "Stripe", "category": "payment", "version": None},
        {"name": "nginx", "category": "server", "version": "1.25.3"},
    ]
    assert found["cms"] == {"name": "WordPress", "version": "6.5"}


@pytest.mark.parametrize(
    "html",
    [
        "<script src='/" + "a/" * 1_000 + "x.js'></script>",
        "<!--" * 100_000,
        "<script src=" + "a.min" * 400 + ".js></script>" * 500,
        "<meta name=generator content='" + "WordPress " * 10_000 + "'>",
        "<script>" + "/wp-content" * 50_000 + "</script>",
        "<script src=//" + "a." * 1_000 + "example/></script>",
    ],
)
def test_hostile_pages_take_no_longer(html: str) -> None:
    html = html * max(1, 300_000 // len(html))
    document = Document(html, "https://x.example/")
    began = time.process_time()
    technologies(document)
    assert time.process_time() - began < 2


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
    assert wordpress(html) == found


def test_extensions_that_name_themselves() -> None:
    generators = (
        "WordPress 6.8",
        "Elementor 3.31.2; features: x",
        "WooCommerce 10.2.1",
        "Divi v.4.9",
    )
    html = "".join(f'<meta name=generator content="{one}">' for one in generators)
    found = {"elementor": "3.31.2", "woocommerce": "10.2.1", "divi": "4.9"}
    assert wordpress(html) == found


def wordpress(html: str) -> dict[str, str | bool]:
    document = Document(html, "https://shop.example/")
    return technology.wordpress(technologies(document), document)


def told(**headers: str) -> dict[str, object]:
    named = {re.sub("_", "-", name): value for name, value in headers.items()}
    return security.headers(Document(HEAD, "https://x.example/", named))


def test_what_browsers_are_told_to_be_careful_about() -> None:
    found = told(
        strict_transport_security="max-age=31536000; includeSubDomains; preload",
        content_security_policy="default-src 'self'; script-src 'self' 'unsafe-inline'",
        x_frame_options="DENY",
    )
    assert found["https"] is True
    assert found["hsts"] == {"max_age": 31_536_000, "include_subdomains": True, "preload": True}
    assert found["csp"] == {"enforced": True, "unsafe_inline": True, "unsafe_eval": False}
    assert (found["x_frame_options"], found["referrer_policy"]) == ("DENY", None)


@pytest.mark.parametrize(
    ("policy", "inline"),
    [
        ("script-src 'self' 'nonce-abc' 'unsafe-inline'", False),
        ("default-src 'self'", False),
        ("img-src 'self'", True),
        ("DEFAULT-SRC 'unsafe-inline'", True),
    ],
)
def test_whether_a_policy_lets_scripts_in_the_page_run(policy: str, inline: bool) -> None:
    csp = told(content_security_policy=policy)["csp"]
    assert isinstance(csp, dict)
    assert csp["unsafe_inline"] is inline


def test_what_is_no_rule_counts_as_none() -> None:
    assert told(strict_transport_security="yes")["hsts"] is None
    assert told(server="x")["csp"] is None
    report = told(content_security_policy_report_only="default-src 'self'")["csp"]
    assert isinstance(report, dict)
    assert report["enforced"] is False
    assert security.headers(Document(HEAD, "https://x.example/")) == {}
