import time

import pytest

from batches.operations.html import phones, social
from batches.operations.html.page import parse

URL = "https://shop.example.de/"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Write to Info@Shop.de, please.", ["info@shop.de"]),
        (
            "a.b+c@shop.de. And (d_e@sub.shop.de)",
            ["a.b+c@shop.de", "d_e@sub.shop.de"],
        ),
        ("mail=info@shop.de", ["info@shop.de"]),
        ("x/info@shop.de", ["info@shop.de"]),
        ("%20info@shop.de", ["info@shop.de"]),
        ("info@bücher.de", ["info@bücher.de"]),
        ("o'neil@shop.de", ["o'neil@shop.de"]),
        ("'quoted@shop.de'", ["quoted@shop.de"]),
        ("twice@shop.de twice@SHOP.de", ["twice@shop.de"]),
    ],
)
def test_addresses_in_text(text: str, found: list[str]) -> None:
    assert parse(f"<p>{text}", URL)["emails"] == found


@pytest.mark.parametrize(
    "trap",
    [
        "logo@2x.png",
        "@handle",
        "a@b",
        "x@y.js",
        "user@localhost",
        "react@18.2.0",
        "a@b..de",
        "@@",
        "a" * 99 + "@shop.de",
    ],
)
def test_what_is_no_address(trap: str) -> None:
    assert parse(f"<p>before {trap} after", URL)["emails"] == []


def test_addresses_in_links_come_first_and_those_in_scripts_last() -> None:
    html = """<p>second@shop.de <script>mail="last@shop.de"</script>
        <script type="application/ld+json">{"email":"mailto:third@shop.de"}</script>
        <a href="MAILTO:First%40shop.de,Other%20%3Cother@shop.de%3E?subject=x@y.de">m</a>"""
    assert parse(html, URL)["emails"] == [
        "first@shop.de", "other@shop.de", "third@shop.de", "second@shop.de",
        "last@shop.de",
    ]  # fmt: skip


def test_no_more_than_two_hundred_addresses() -> None:
    text = " ".join(f"n{n}@shop.de" for n in range(5_000))
    started = time.process_time()
    assert len(parse(f"<p>{text}", URL)["emails"]) == 200
    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    ("written", "country", "found"),
    [
        ("+44-20-7946-0018", None, "+442079460018"),
        ("+49%2030%20901820", None, "+4930901820"),
        ("//+4930901820", None, "+4930901820"),
        ("030 901820", "DE", "+4930901820"),
        ("030 901820", None, "030 901820"),
        ("0043 1 5130000", None, "+4315130000"),
        ("0049 30 901820", "DE", "+4930901820"),
        ("(212) 555-0187", "US", "+12125550187"),
        ("+44 20 7946 0018;ext=5", None, "+442079460018"),
        ("call us", "DE", None),
        ("110", "DE", None),
    ],
)
def test_phone_numbers(written: str, country: str | None, found: str | None) -> None:
    assert phones.phones([written], country) == ([] if found is None else [found])


@pytest.mark.parametrize(
    ("language", "host", "country"),
    [
        ("en-GB", "shop.example", "GB"),
        ("de", "shop.example.at", "AT"),
        (None, "shop.co.uk", "GB"),
        ("en", "start-up.io", None),
        ("en", "shop.example", None),
        ("zz-ZZ", "shop.com", None),
    ],
)
def test_where_a_page_is_from(language: str | None, host: str, country: str | None) -> None:
    assert phones.region(language, host) == country


@pytest.mark.parametrize(
    ("href", "network", "profile"),
    [
        (
            "https://m.facebook.com/Corner.Shop/?ref=x",
            "facebook",
            "https://www.facebook.com/Corner.Shop",
        ),
        ("https://de-de.facebook.com/shop", "facebook", "https://www.facebook.com/shop"),
        ("https://twitter.com/@shop", "x", "https://x.com/shop"),
        ("https://mobile.twitter.com/shop#top", "x", "https://x.com/shop"),
        ("http://instagram.com/shop/", "instagram", "https://www.instagram.com/shop"),
        (
            "https://de.linkedin.com/company/shop/",
            "linkedin",
            "https://www.linkedin.com/company/shop",
        ),
        ("https://youtube.com/@Shop", "youtube", "https://www.youtube.com/@Shop"),
        (
            "https://www.youtube.com/channel/UC-x_1",
            "youtube",
            "https://www.youtube.com/channel/UC-x_1",
        ),
        ("https://www.tiktok.com/@shop", "tiktok", "https://www.tiktok.com/@shop"),
        ("https://mastodon.social/@shop", "mastodon", "https://mastodon.social/@shop"),
        (
            "https://bsky.app/profile/shop.example",
            "bluesky",
            "https://bsky.app/profile/shop.example",
        ),
        ("https://t.me/shopnews", "telegram", "https://t.me/shopnews"),
        ("https://github.com/shop", "github", "https://github.com/shop"),
        ("https://gitlab.com/shop", "gitlab", "https://gitlab.com/shop"),
        ("https://mastodon.example/@shop", "mastodon", "https://mastodon.example/@shop"),
        ("https://wa.me/4930123456?text=Hi", "whatsapp", "https://wa.me/4930123456"),
        (
            "https://www.kununu.com/de/corner-shop",
            "kununu",
            "https://www.kununu.com/de/corner-shop",
        ),
        ("https://vimeo.com/cornershop", "vimeo", "https://vimeo.com/cornershop"),
        ("https://www.snapchat.com/add/shop", "snapchat", "https://www.snapchat.com/add/shop"),
        ("https://old.reddit.com/r/shop/", "reddit", "https://www.reddit.com/r/shop"),
        ("https://discord.com/invite/aB3", "discord", "https://discord.gg/aB3"),
        ("https://www.twitch.tv/shop", "twitch", "https://www.twitch.tv/shop"),
        ("https://medium.com/@shop", "medium", "https://medium.com/@shop"),
        ("https://shop.tumblr.com.example/x", "", ""),
        ("https://soundcloud.com/shop", "soundcloud", "https://soundcloud.com/shop"),
        (
            "https://open.spotify.com/intl-de/artist/1a",
            "spotify",
            "https://open.spotify.com/artist/1a",
        ),
        ("https://vk.com/shop", "vk", "https://vk.com/shop"),
        ("https://www.flickr.com/photos/shop/", "flickr", "https://www.flickr.com/photos/shop"),
        ("https://www.behance.net/shop", "behance", "https://www.behance.net/shop"),
        ("https://dribbble.com/shop", "dribbble", "https://dribbble.com/shop"),
        ("https://www.yelp.de/biz/shop-berlin", "yelp", "https://www.yelp.com/biz/shop-berlin"),
        (
            "https://de.trustpilot.com/review/shop.example",
            "trustpilot",
            "https://www.trustpilot.com/review/shop.example",
        ),
        ("https://linktr.ee/shop", "linktree", "https://linktr.ee/shop"),
        ("https://www.patreon.com/c/shop", "patreon", "https://www.patreon.com/shop"),
        ("https://pinterest.de/shop", "pinterest", "https://www.pinterest.com/shop"),
    ],
)
def test_profiles_are_told_in_one_form(href: str, network: str, profile: str) -> None:
    assert social.profiles([href]) == ({network: profile} if network else {})


@pytest.mark.parametrize(
    "href",
    [
        "https://www.facebook.com/sharer/sharer.php?u=x", "https://www.facebook.com/sharer.php?u=x",
        "https://www.facebook.com/dialog/share", "https://www.facebook.com/", "https://www.facebook.com/shop/posts/1",
        "https://twitter.com/intent/tweet", "https://x.com/share?url=x", "https://twitter.com/shop/status/1",
        "https://www.linkedin.com/shareArticle?mini=true", "https://www.linkedin.com/sharing/share-offsite/",
        "https://pinterest.com/pin/create/button/", "https://www.instagram.com/p/abc/",
        "https://www.youtube.com/watch?v=x", "https://t.me/share/url?url=x", "https://notfacebook.com/shop",
        "https://wa.me/?text=Look", "https://discord.com/channels/1/2", "https://soundcloud.com/player/", "https://vimeo.com/123456",
        "https://www.tumblr.com/share", "https://vk.com/share.php?url=x", "https://www.reddit.com/submit?url=x",
        "https://facebook.com.evil.example/shop", "https://shop.example/facebook.com/shop",
    ],
)  # fmt: skip
def test_what_is_no_profile(href: str) -> None:
    assert social.profiles([href]) == {}


@pytest.mark.parametrize(
    ("text", "country", "calls", "faxes"),
    [
        ("Tel.: 030 / 901820", "DE", ["+4930901820"], []),
        ("Telefon: +49 (0)30 901820 Fax: +49 30 901821", "DE", ["+4930901820"], ["+4930901821"]),
        ("Telefax 030 901821, Fax-Nr. 030 901822", "DE", [], ["+4930901822", "+4930901821"]),
        ("Tel./Fax: 030 901820", "DE", ["+4930901820"], ["+4930901820"]),
        ("Phone (212) 555-2368", "US", ["+12125552368"], []),
        ("Call us at 212-736-5000 now", "US", ["+12127365000"], []),
        ("T\u00e9l. 01 42 68 53 00", "FR", ["+33142685300"], []),
        ("\u260e 030 901820", "DE", ["+4930901820"], []),
        (
            "\u0442\u0435\u043b\u0435\u0444\u043e\u043d: +7 495 123-45-67",
            "RU",
            ["+74951234567"],
            [],
        ),
        ("\u96fb\u8a71 03-3224-9999", "JP", ["+81332249999"], []),
        ("Telephone: +44 20 7946 0958", None, ["+442079460958"], []),
        ("Hotel 2024-05-01, Tel Aviv 2024", "DE", [], []),
        ("Telefon 24 Stunden, 01.02.2024 10:00", "DE", [], []),
        ("Preis 030 901820 Euro", "DE", [], []),
        ("Telefon 00000 000 000", "DE", [], []),
        ("USt-IdNr. DE123456789 IBAN DE89 3704 0044 0532 0130 00", "DE", [], []),
        ("Tel. 030 901820", None, [], []),
        ("jquery 3.7.1, call 1.2.3.4.5.6", "DE", [], []),
    ],
)
def test_numbers_beside_a_word_that_says_what_they_are(
    text: str, country: str | None, calls: list[str], faxes: list[str]
) -> None:
    assert phones.spoken_of(text, country) == (calls, faxes)


@pytest.mark.parametrize(
    ("text", "language", "calls"),
    [
        ("Tel. 030 901820", "de", ["030 901820"]),
        ("Tel.: 01 / 513 00 00", "de", ["01 / 513 00 00"]),
        ("Tel.: 0043 1 5130000", "de", ["+4315130000"]),
        ("Tel. 030 901820", "de-de", ["030 901820"]),
        ("Phone: (212) 736-5000", "en", ["(212) 736-5000"]),
        ("Call 020 7946 0018", "en", ["020 7946 0018"]),
        ("Tel. 030 901820", "zu", []),
        ("Telefon 24 Stunden, 01.02.2024 10:00", "de", []),
        ("Kontakt am 01.02.2024-03.02.2024", "de", []),
    ],
)
def test_a_language_alone_tells_numbers_but_not_how_to_dial_them(
    text: str, language: str, calls: list[str]
) -> None:
    assert phones.spoken_of(text, None, language)[0] == calls


def test_a_page_full_of_digits_is_read_in_no_time() -> None:
    for text in ("tel 030 901820 " * 50_000, "1 2 3 4 " * 200_000, "tel. (" * 200_000):
        began = time.process_time()
        assert len(phones.spoken_of(text, "DE")[0]) <= 1
        assert time.process_time() - began < 2
