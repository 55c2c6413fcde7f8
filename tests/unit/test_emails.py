"""E-mail addresses as real pages write them, and what only looks like one."""

import time
from base64 import b64encode

import pytest

from batches.operations.emails.classify import classify
from batches.operations.emails.find import Found, find
from batches.operations.emails.valid import is_usual, validated
from batches.operations.html.document import Document


def found(html: str, deobfuscate: bool = True) -> list[Found]:
    document = Document(f"<!doctype html><html><body>{html}</body></html>", "https://vogt.de/")
    return find(document, deobfuscate)


def addresses(html: str, deobfuscate: bool = True) -> list[str]:
    return [one.address for one in found(html, deobfuscate)]


CODED = bytes([0x42, *(0x42 ^ byte for byte in b"jo@vogt.de")]).hex()
ESCAPED = (
    '<script type="application/ld+json">{"@type":"Person","email":"jo\\u0040vogt.de"}</script>'
)

# Each says jo@vogt.de.
FORMS = [
    # As it is.
    "jo@vogt.de", "Write to jo@vogt.de.", "(jo@vogt.de)", "<b>jo@vogt.de</b>", "JO@VOGT.DE", "E-Mail:jo@vogt.de",
    "<p>Mail</p><p>jo@vogt.de</p><p>Tel</p>", "&lt;jo@vogt.de&gt;", "“jo@vogt.de”", "jo@vogt.de, Berlin", "mailto:jo@vogt.de",
    "<table><tr><td>Mail<td>jo@vogt.de<td>Fax</table>", "<li>jo@vogt.de<li>030 123", "jo@vogt.de/fax", "jo@vogt.de|030", "•jo@vogt.de•",
    # In links.
    '<a href="mailto:jo@vogt.de">write</a>', '<a href="mailto:jo%40vogt.de">x</a>', "<a href=mailto:jo@vogt.de>x</a>",
    '<a href="MAILTO:Jo@Vogt.de?subject=Hi%20a@b.de">x</a>', '<a href="mailto://jo@vogt.de">x</a>',
    '<a href="mailto:%6a%6f@%76ogt.de">x</a>', '<a href="mailto:Jo%20Doe%20%3Cjo@vogt.de%3E">x</a>', '<a href=" mailto: jo@vogt.de ">x</a>',
    '<a href="&#109;&#97;&#105;&#108;&#116;&#111;&#58;jo&#64;vogt.de">x</a>', '<a href="mailto:?to=jo@vogt.de">x</a>',
    '<area href="mailto:jo@vogt.de">', '<a href="mailto:jo[at]vogt.de">x</a>',
    # Entities.
    "jo&#64;vogt.de", "jo&#x40;vogt.de", "jo&commat;vogt&period;de", "&#106;&#111;&#64;&#118;&#111;&#103;&#116;&#46;&#100;&#101;", "jo&amp;#64;vogt.de",
    # Attributes.
    '<span data-email="jo@vogt.de"></span>', '<span data-user="jo" data-domain="vogt.de"></span>', '<i title="jo@vogt.de"></i>',
    '<button aria-label="jo@vogt.de"></button>', '<img alt="jo@vogt.de">', '<meta itemprop="email" content="jo@vogt.de">',
    '<a data-name="jo" data-domain="vogt" data-tld="de"></a>', '<b data-mail="jo(at)vogt.de"></b>', "<a onclick=\"location='mailto:jo@vogt.de'\">x</a>",
    # For machines.
    ESCAPED, '<script type="application/ld+json">{"@type":"Organization","contactPoint":[{"email":"mailto:jo@vogt.de"}]}</script>',
    '<script type="application/json">{"mail":"jo\\u0040vogt.de"}</script>', '<script>window.x={"e":"jo@vogt.de"}</script>',
    # Cloudflare.
    f'<a href="/cdn-cgi/l/email-protection" data-cfemail="{CODED}">[email&#160;protected]</a>', f'<a href="/cdn-cgi/l/email-protection#{CODED}">x</a>',
    f'<span class="__cf_email__" data-cfemail="{CODED}">x</span>',
    # In words.
    "jo [at] vogt.de", "jo(at)vogt.de", "jo {at} vogt.de", "jo&lt;at&gt;vogt.de", "jo [AT] vogt [DOT] de", "jo (at) vogt (dot) de", "jo at vogt dot de",
    "jo AT vogt DOT de", "jo[at]vogt[.]de", "jo (ät) vogt.de", "jo (at) vogt (punkt) de", "jo [arroba] vogt [punto] de", "jo arroba vogt punto de",
    "jo (chez) vogt (point) de", "jo [kukac] vogt [pont] de", "jo (собака) vogt (точка) de", "jo собака vogt точка de", "jo [zavináč] vogt [tečka] de",
    "jo [@] vogt.de", "jo (@) vogt [.] de", "jo @ vogt.de", "jo @ vogt . de", "jo*at*vogt.de", "jo_at_vogt_dot_de", "jo -at- vogt -dot- de", "jo |at| vogt |dot| de",
    "jo [a] vogt.de", "jo <span>(at)</span> vogt.de", "jo<!-- x -->(at)<!-- y -->vogt.de", "jo(at)vogt<b>.</b>de", "jo « at » vogt.de",
    # Cut in pieces.
    "jo<span>@</span>vogt.de", "jo@<wbr>vogt.de", "jo&shy;@vogt.de", "jo@\u200bvogt.de", "jo\u2060@vogt\u200c.de", "jo@<!-- no spam -->vogt.de",
    "<span>jo</span><span>@</span><span>vogt</span><span>.de</span>", "j<b>o</b>@vo<i>gt</i>.de", "jo＠vogt．de", "ｊｏ＠ｖｏｇｔ．ｄｅ",
    'jo<span style="display:none">nospam</span>@vogt.de', '<style>.x{display:none}</style>jo@<b class="x">remove.</b>vogt.de', "jo<i hidden>x</i>@vogt.de",
    # Backwards.
    '<span style="unicode-bidi:bidi-override; direction: rtl;">ed.tgov@oj</span>', '<style>.r{unicode-bidi:bidi-override;direction:rtl}</style><i class="r">ed.tgov@oj</i>',
    '<bdo dir="rtl">ed.tgov@oj</bdo>',
    # Put together.
    "<script>document.write('jo' + '@' + 'vogt.de')</script>", '<script>document.write("<a href=\\"mailto:" + "jo" + "@" + "vogt" + ".de\\">")</script>',
    "<script>var u='jo';var d='vogt.de';x=u+'@'+d;</script>", "<script>document.write(String.fromCharCode(106,111,64,118,111,103,116,46,100,101))</script>",
    f"<script>x=atob('{b64encode(b'jo@vogt.de').decode()}')</script>", "<script>document.write(unescape('%6a%6f%40%76%6f%67%74%2e%64%65'))</script>",
    "<script>m=['jo','vogt.de'].join('@')</script>", "<script>m=['jo','@','vogt','.de'].join('')</script>", "<script>m='ed.tgov@oj'.split('').reverse().join('')</script>",
    "<script>m='joXvogt.de'.replace('X','@') // mailto</script>", "<script>m='jo#vogt.de'.replace(/#/g,'@') // mailto</script>",
    '<script>x="jo\\x40vogt.de"</script>', '<script>x="jo\\u0040vogt\\u002ede"</script>', "<script>const a={user:'jo',host:'vogt.de'};y=a.user+'@'+a.host</script>",
    "<script>x=decodeURIComponent('jo%40vogt.de')</script>", "<script>document.write('jo'+String.fromCharCode(64)+'vogt.de')</script>",
    # Parted by style, or by tags of their own kind.
    "<span>jo@vogt.de</span><span>Phone: 1</span>", "<a>jo@vogt.de</a><a>Imprint</a>", "<b>Mail:</b>jo@vogt.de<b>Tel.</b>", "<span>Mail</span><span>jo@vogt.de</span>",
    "jo<b>@</b>vogt.de<b>Phone</b>", "<i>j</i><i>o</i><i>@</i><i>v</i>ogt<i>.</i><i>d</i><i>e</i>", "jo@vogt<b>.de</b><i>Tel</i>", "jo@vogt.dePhone 030",
    "<details><summary>Mail</summary>jo@vogt.de</details>", "<fieldset><legend>Mail</legend>jo@vogt.de</fieldset>", "<table><caption>Mail</caption><tr><td>jo@vogt.de</table>",
    *(f"<{tag}>Mail</{tag}>jo@vogt.de<{tag}>Fax</{tag}>" for tag in ("dialog", "center", "menu", "iframe", "textarea", "hgroup", "search", "rt", "video", "object", "noscript")),
    "Mail<img src=x>jo@vogt.de<img>Fax", "Mail<input>jo@vogt.de<input>Fax", "Mail<hr>jo@vogt.de<area>Fax", "jo@<br>vogt.de", "jo@<!-- >@. -->vogt<!-- @x. -->.de", '<p title="<!--">jo@vogt.de</p>',
    '<i title="logo@2x.png"></i>' * 1_001 + "jo@vogt.de", '<a href="mailto:a@b.de">x</a>' * 1_001 + "jo@vogt.de", " ".join(f"{n}@2x.png" for n in range(1_001)) + " jo@vogt.de",
    # More words, and brackets of more kinds.
    "jo[æt]vogt.de", "jo ⓐ vogt.de", "jo【at】vogt.de", "jo（at）vogt.de", "jo ［at］ vogt.de", "jo［ａｔ］vogt.de", "jo [a t] vogt.de", "jo #at# vogt.de", "jo=at=vogt.de", "jo\\at\\vogt.de", "jo [собачка] vogt [точка] de",
    "jo snabela vogt punktum de", "jo AT-TEKEN vogt.de", "jo AT-TEKEN vogt PUNT de", "jo.at.vogt.dot.de", "jo-at-vogt-dot-de", "jo (at)<br>vogt.de", 'jo<img alt="@">vogt.de', 'jo <img src="/at.gif" alt="(at)"> vogt.de',
    'jo<i class="fa fa-at"></i>vogt.de', '<style>.at:before{content:"@"}</style>jo<i class="at"></i>vogt.de', "<svg><text>jo@vogt.de</text></svg>", "jo@REMOVETHISvogt.de", "jo <span>at</span> vogt <b>dot</b> de", "<b>jo</b>(<b>at</b>)vogt(<i>dot</i>)<b>de</b>", "joNOSPAM@vogt.de", "jo@NOSPAM.vogt.de",
    "<script>let u=`jo`,d=`vogt.de`;el.href=`mailto:${u}@${d}`</script>", "<script>x='jo'.concat('@','vogt.de')</script>", "<script>var s='jo';s+='@';s+='vogt.de';</script>",
    "<script>var p=['jo','@','vogt','.','de'];document.write(p[0]+p[1]+p[2]+p[3]+p[4])</script>", "<script>n='jo';at='@';dom='vogt'+'.'+'de';document.write(n+at+dom)</script>",
    "<script>var x=[106,111,64,118,111,103,116,46,100,101];for(var i=0;i<x.length;i++)o+=String.fromCharCode(x[i])</script>",
    "<script>x=[0x6a,0x6f,0x40,118,111,103,116,46,100,101].map(c=>String.fromCharCode(c)).join('')</script>", "<script>x=String.fromCharCode.apply(null,[106,111,64,118,111,103,116,46,100,101])</script>",
    f"<script>x=atob('{b64encode(b'jo@vogt.de').decode()[:8]}'+'{b64encode(b'jo@vogt.de').decode()[8:]}')</script>", "<script>x=[...'ed.tgov@oj'].reverse().join('')</script>",
    "<script>m='jo[at]vogt[dot]de'.replace('[at]','@').replace('[dot]','.')</script>", "<script>m='jo AT vogt DOT de'.replace(/ AT /,'@').replace(/ DOT /g,'.')</script>",
    "<script>$(function(){ var u = 'jo'; $('#m').html('<a href=\"mailto:' + u + '@' + 'vogt.de' + '\">' + u + '</a>') })</script>", "<script>mailto('jo','vogt','de')</script>",
    "<script>(()=>{ const c = {user: 'jo', host: 'vogt.de'}; return () => { location.href = 'mailto:' + c.user + '@' + c.host } })()</script>", "<script>f(function(a){return {e:a}}('jo\\u0040vogt.de'))</script>",
    "<script>document.write('wb@ibtg.qr'.replace(/[a-zA-Z]/g,function(c){return String.fromCharCode((c<='Z'?90:122)>=(c=c.charCodeAt(0)+13)?c:c-26);}));</script>", "<script>x=rot13('wb@ibtg.qr')</script>",
    "<script>/* don't */ x='jo'+'@'+'vogt.de'</script>", "<script>if(a){x=\"it's\";y='jo'+'@'+('vogt'+'.de')}</script>", "<script>eval(unescape('%78%3d%27jo%40vogt.de%27'))</script>",
    # In links of other kinds, and made unreadable in attributes.
    "<a href=\"javascript:location.href='mailto:'+'jo'+'@'+'vogt.de'\">x</a>", "<a href='javascript:void(location.href=\"mailto:\"+String.fromCharCode(106,111,64,118,111,103,116,46,100,101))'>x</a>",
    "<a href=\"javascript:linkTo_UnCryptMailto('nbjmup+kpAwphu/ef');\">x</a>", "<a href=\"javascript:linkTo_UnCryptMailto(%27kygjrm8hmYtmer%2Cbc%27)\">x</a>", '<a href="#" data-mailto-token="ocknvq,lqBxqiv0fg" data-mailto-vector="2">x</a>',
    '<a href="https://mail.google.com/mail/?view=cm&to=jo@vogt.de">x</a>', '<a href="https://outlook.live.com/mail/0/deeplink/compose?subject=x&to=jo%40vogt.de">x</a>', '<form action="mailto:jo@vogt.de" method="post"></form>',
    '<a href="mail\tto:jo@vogt.de">x</a>', '<a href="mailto:jo@vogt.de\n">x</a>', '<i data-user="jo" data-website="vogt.de"></i>', '<i data-l="jo" data-d="vogt.de"></i>', '<i data-part1="jo" data-part2="vogt" data-part3="de"></i>',
    '<i data-email="jo%40vogt.de"></i>', '<i data-mail="ed.tgov@oj"></i>', '<i data-enc-email="wb[at]ibtg.qr"></i>', f'<i data-mailto="{b64encode(b"mailto:jo@vogt.de").decode()}"></i>', f'<i data-b64="{b64encode(b"jo@vogt.de").decode()}"></i>',
    '<iframe srcdoc="&lt;a href=mailto:jo@vogt.de&gt;x&lt;/a&gt;"></iframe>',
]  # fmt: skip


@pytest.mark.parametrize("html", FORMS)
def test_it_is_found_however_it_is_written(html: str) -> None:
    assert "jo@vogt.de" in addresses(html)


@pytest.mark.parametrize(
    ("html", "address"),
    [
        ("john.doe [at] vogt [dot] de", "john.doe@vogt.de"),
        ("john dot doe at vogt dot de", "john.doe@vogt.de"),
        ("info at vogt.de", "info@vogt.de"),
        ("jo+news@vogt.de", "jo+news@vogt.de"),
        ("a.b-c_d@mail.vogt.co.uk", "a.b-c_d@mail.vogt.co.uk"),
        ("jo@büro-vogt.de", "jo@büro-vogt.de"),
        ("jo@xn--bro-vogt-65a.de", "jo@büro-vogt.de"),
        ("müller@vogt.de", "müller@vogt.de"),
        ("почта@пример.рф", "почта@пример.рф"),
        ("info (at) mail.vogt (dot) co (dot) uk", "info@mail.vogt.co.uk"),
        ("Mail jo@vogt.de.Then call", "jo@vogt.de"),
        ('<a href="mailto:jo/x@vogt.de">x</a>', "jo/x@vogt.de"),
        ('<a href="mailto:a%26b@vogt.de">x</a>', "a&b@vogt.de"),
        ("<script>x='jo@vogt.co'+'.uk'</script>", "jo@vogt.co.uk"),
        ("<script>x='no.jo@vogt.de'.replace('no.','')</script>", "jo@vogt.de"),
        ("jo@vogt.co<b>.uk</b>", "jo@vogt.co.uk"),
        ("jo punkt m ät vogt punkt de", "jo.m@vogt.de"),
    ],
)
def test_parts_of_every_kind(html: str, address: str) -> None:
    assert addresses(html)[:1] == [address]


TRAPS = [
    "logo@2x.png", '<img src="/img/logo@2x.png" alt="logo@3x.webp">', "react@18.2.0", "npm i left-pad@1.3.0", "@twitter", "follow @shop.de",
    "you@example.com", "name@company.com", "your@email.com", "email@domain.com", "user@localhost", "user@host", '<input placeholder="you@vogt.de">',
    '<input type="email" value="max@vogt.de">', '<p style="display:none">trap@vogt.de</p>', '<p Style="display:none">trap@vogt.de</p>', '<p STYLE = "display:none">trap@vogt.de</p>', "<p hidden>trap@vogt.de</p>", '<a style="position:absolute;left:-9999px" href="mailto:trap@vogt.de">x</a>',
    '<style>.hp{display:none}</style><a class="hp" href="mailto:trap@vogt.de">x</a>', '<script>dsn="https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/1"</script>',
    "https://user:pass@vogt.de/path", "ssh://git@github.com/a/b", "<style>@media print{a{}}</style>", "user@[1.2.3.4]", "user@1.2.3.4", "a@b", "a@b.c", "@@@@", "x@y@z.de.x@",
    "look at vogt.de", "We met at shop dot", "5 @ 3.99", "price @ 2.50 each", "<!-- old@vogt.de -->", "jo@vogt..de", "jo@-vogt.de", ".@vogt.de", "jo@vogt.123",
    '<meta name="x" content="main@1.0.0.js">', "<code>import x from 'pkg@1.2.3/mod.js'</code>", "0123456789abcdef0123456789abcdef@vogt.de", "605a7baede844d278b89dc95ae0a9123@sentry-next.wixpress.com",
    "<template>jo@vogt.de</template>", "array[at] = list.de", "sprite@2x.min.css", "at dot com", "(at) vogt (dot) de",
    # Names of accounts, of programs and of places.
    "Mastodon: @jo@social.vogt.de", '<a href="https://mastodon.social/@jo">@jo@mastodon.social</a>', "@<b>jo</b>@mastodon.social", "git@github.com:vogt/shop.git", "deploy@vogt.de:/srv/www/", "pass:word@vogt.de:8080",
    "docker pull nginx@sha256.abc", "tool@1.2.sh", "app@1.2.zip", "jquery@min.map", "8@12.Uhr", "Mon-Fri@9.am", "©2024@vogt.de", "2024@vogt.Co", "data:image/png;base64,iVBO@Rw.kg", "foo@bar.baz", "rin@ibtg.qr",
    "jo@vogt.example", "jo@vogt.test", "jo@vogt.local", "jo@vogt.invalid", "jo@vogt.onion", "name@example.co", "john@doe.com", "0123456789abcdef@shop.de",
    # Sentences.
    "Our office at home.office", "office at home.office", "photo by jo @ vogt.studio", "for more info at www.vogt.de", "the team at vogt.de", "our office at vogt.de", "find info at vogt.de",
    # Hidden in other ways.
    *(f'<div style="{style}">trap@vogt.de</div>' for style in (
        "height:0;overflow:hidden", "clip:rect(0,0,0,0);position:absolute", "clip: rect(1px, 1px, 1px, 1px)", "transform:scale(0)", "opacity:.0", "opacity:0.00", "font-size:0px", "left:-999em",
        "max-height: 0; overflow-y: hidden", "clip-path:inset(50%)", "visibility:collapse", "DISPLAY:NONE")),
    "<style>.a,.hp{display:none}</style><p class=hp>trap@vogt.de", "<style>p.hp{display:none}</style><p class=hp>trap@vogt.de", "<style>@media screen{.hp{display:none}}</style><p class=hp>trap@vogt.de",
    '<i style="color:red"></i>' * 2_001 + '<p style="display:none">trap@vogt.de</p>', '<p style="display:none">trap@vogt.de</p>' * 6_000, "<style>.hp:before{content:'@'}</style><p class=hp>jo</p>vogt.de",
    # Of scripts: who wrote them, what is not known, what is a piece of another.
    "<script>/* author: jo@vogt.com */</script>", "<script>x=name+'@vogt.de'</script>", "<script>x='info'+top()+'@'+host</script>", "<script>x='wb@ibtg.qr'</script>", "<script>x='https://key@vogt.de/1'</script>",
    "<a href=\"javascript:linkTo_UnCryptMailto('zzzzzz')\">x</a>", '<i data-b64="QUJDREVGR0hJSktMTU5P"></i>', '<a href="https://other.de/compose?body=a&from=jo">x</a>',
]  # fmt: skip


@pytest.mark.parametrize("html", TRAPS)
def test_what_only_looks_like_one_is_not_found(html: str) -> None:
    assert addresses(html) == []


@pytest.mark.parametrize(
    ("site", "address"),
    [
        ("https://firma.de/", "mail@firma.de"), ("https://www.company.com/", "info@company.com"), ("https://vogt.de/", "a1b2c3d4e5f6a7b8@vogt.de"), ("https://studio.zip/", "jo@studio.zip"),
        ("https://shop.example:8080/", "jo@shop.example"),
    ],
)  # fmt: skip
def test_what_is_an_example_elsewhere_is_an_address_on_its_own_site(
    site: str, address: str
) -> None:
    here, elsewhere = (Document(address, url) for url in (site, "https://other.de/"))
    assert [one.address for one in find(here)] == [address]
    assert find(elsewhere) == []


def test_a_link_for_it_tells_an_address_from_the_name_of_a_file() -> None:
    assert addresses('<a href="mailto:jo@studio.zip">x</a>') == ["jo@studio.zip"]
    assert addresses("jo@studio.zip") == []


def test_what_is_hidden_on_paper_or_small_screens_only_is_found() -> None:
    for medium in ("print", "(max-width: 600px)", "screen and (max-width: 600px)"):
        style = (
            f"<style>@media {medium}{{.a{{color:red}}.m{{display:none}}}}.b{{color:red}}</style>"
        )
        assert addresses(f"{style}<p class=m>jo@vogt.de</p>") == ["jo@vogt.de"]
    style = "<style>.no-js .m{display:none}</style>"
    assert addresses(f"{style}<p class=m>jo@vogt.de</p>") == ["jo@vogt.de"]


@pytest.mark.parametrize("address", [
    "jo@vogt.de", "a.b-c_d+e@mail.vogt.co.uk", "1@1.de", "-@vogt.de", "jo@a-b.museum", "jo@vogt.xn--p1ai", "jo@-vogt.de", "jo@vogt-.de", ".jo@vogt.de", "jo.@vogt.de", "j..o@vogt.de",
    "jo@vogt..de", f"{'j' * 64}@vogt.de", f"{'j' * 65}@vogt.de", f"jo@{'v' * 63}.de", f"jo@{'v' * 64}.de", f"jo@{'v.' * 125}de", f"jo@{'vo.' * 84}de", "jo@ab--c.de", "jo@vogt.de.", "jo@vogt", "jo@1.2.3.4",
])  # fmt: skip
def test_what_needs_no_long_look_is_what_a_long_look_finds(address: str) -> None:
    assert not is_usual(address) or validated(address) == address


def test_what_is_written_against_robots_is_left_alone_on_request() -> None:
    coded, attribute = f'<a data-cfemail="{CODED}">x</a>', '<b data-mail="jo(at)vogt.de"></b>'
    script = "<script>x='jo@vogt.de'</script>"
    for html in ("jo [at] vogt.de", coded, attribute, script):
        assert addresses(html, deobfuscate=False) == []
    assert addresses('<a href="mailto:jo@vogt.de">x</a>', deobfuscate=False) == ["jo@vogt.de"]


def test_name_context_and_how() -> None:
    (one,) = found('<p>Your partner: <a href="mailto:jo@vogt.de">Jo van Vogt</a></p>')
    assert (one.name, one.how) == ("Jo van Vogt", "mailto")
    (one,) = found("<p>Orders go to Ada Lovelace &lt;ada@vogt.de&gt; in Berlin.</p>")
    assert (one.name, one.how) == ("Ada Lovelace", "text")
    assert one.context == "Orders go to Ada Lovelace <ada@vogt.de> in Berlin."
    (one,) = found(
        '<script type="application/ld+json">{"@type":"Person","name":"Ada","email":"ada@vogt.de"}</script>'
    )
    assert (one.name, one.how) == ("Ada", "json-ld")
    (one,) = found("x" * 5_000 + " jo [at] vogt.de " + "y" * 5_000)
    assert one.how == "written out"
    assert len(one.context) <= 200


def test_what_stands_around_is_whole_words() -> None:
    html = f"<p>eve@shop.de {'bread ' * 15}info@shop.de {'bread ' * 15}adam@shop.de"
    contexts = {one.address: one.context for one in found(html)}
    words = set(contexts["info@shop.de"].split())
    assert words <= {"bread", "info@shop.de", "eve@shop.de", "adam@shop.de"}
    assert len(contexts["info@shop.de"]) > 150


def test_each_is_found_once_and_keeps_the_name_it_was_given_anywhere() -> None:
    html = '<a href="mailto:jo@vogt.de">jo@vogt.de</a> jo@vogt.de Jo van Vogt &lt;JO@vogt.de&gt;'
    (one,) = found(html)
    assert (one.address, one.how) == ("jo@vogt.de", "mailto")
    assert "jo@vogt.de" in one.context


def test_several_in_one_link() -> None:
    html = '<a href="mailto:a@vogt.de,b@vogt.de;c@vogt.de?cc=d@vogt.de&amp;bcc=e@vogt.de">all</a>'
    assert addresses(html) == [f"{letter}@vogt.de" for letter in "abcde"]


def test_no_more_than_can_be_meant() -> None:
    assert len(addresses(" ".join(f"a{n}@vogt.de" for n in range(5_000)))) == 200


@pytest.mark.parametrize(
    ("address", "kind", "own"),
    [
        ("info@vogt.de", "role", True), ("info-de@vogt.de", "role", True), ("sales.us@vogt.de", "role", True), ("office2@other.de", "role", False),
        ("hello@vogt.de", "role", True), ("team@vogt.de", "role", True), ("kontakt@gmail.com", "role", False), ("jo@vogt.de", "corporate", True),
        ("jo@mail.vogt.de", "corporate", True), ("jo@vogt.de.evil.test", "other", False), ("jo@notvogt.de", "other", False), ("jo@gmail.com", "free", False),
        ("jo@t-online.de", "free", False), ("jo@qq.com", "free", False), ("jo@partner.com", "other", False), ("information.desk.of.jo.smith@vogt.de", "corporate", True),
        ("jo@müller.de", "other", False), ("info@straße.de", "role", False),
    ],
)  # fmt: skip
def test_kinds(address: str, kind: str, own: bool) -> None:
    classified = classify(address, "vogt.de:8080")
    assert (classified.kind, classified.on_domain) == (kind, own)


@pytest.mark.parametrize(
    ("host", "site"), [("müller.de", "xn--mller-kva.de"), ("straße.de", "xn--strae-oqa.de")]
)
def test_international_sites_have_addresses_of_their_own(host: str, site: str) -> None:
    assert classify(f"jo@mail.{host}", site).kind == "corporate"


def test_a_site_that_moved_has_addresses_by_either_name() -> None:
    for address in ("jo@vogt.de", "jo@mail.bakery.town"):
        assert classify(address, "vogt.de", "www.bakery.town").kind == "corporate"
    assert classify("jo@town", "vogt.de", "bakery.town").kind == "other"


def test_letters_that_stand_for_whole_sentences_are_left_as_they_are() -> None:
    """Unicode's own way to make wide letters narrow turns each of these into eighteen: half a minute, 400 MB."""
    sentences = "\ufdfa" * 1_700_000
    for html in (f"\uff20{sentences}", f'<a href="mailto:\uff20{sentences}">x</a>'):
        document = Document(html, "https://vogt.de/")
        started = time.process_time()
        assert find(document) == []
        assert time.process_time() - started < 2
    assert addresses("(\uff4a\uff4f\uff20\uff56\uff4f\uff47\uff54\uff0e\uff44\uff45) \ufdfa") == [
        "jo@vogt.de"
    ]
