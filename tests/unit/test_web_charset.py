"""Titles that say in no way how they are written, or say it wrongly."""

import pytest

from batches.operations.html.charset import decode

GUESSED = {
    "gb18030": ["中文网站标题 公司简介", "关于我们", "北京大学", "新闻中心_首页"],
    "shift_jis": ["株式会社サンプル 会社概要のページ", "会社概要", "お問い合わせ", "東京都庁 トップページ"],
    "euc-jp": ["株式会社サンプルの会社概要", "会社案内", "お問い合わせ", "東京都庁 トップページ"],
    "euc-kr": ["주식회사 샘플 회사 소개 홈페이지", "회사소개", "서울특별시", "오시는 길"],
    "big5": ["公司簡介與聯絡我們", "關於我們", "台北市政府", "最新消息 - 首頁"],
    "windows-1251": ["Компания пример контакты", "О компании", "Новости"],
    "koi8-r": ["Компания пример контакты", "О компании"],
    "windows-1253": ["Εταιρεία επικοινωνία", "Αρχική"],
    "windows-1252": [
        "Über uns – Müller & Söhne", "Café à la carte", "Größe", "L’été à Orléans", "Mañana será", "Ísland – Þjóðskrá",
        "Smørrebrød", "“Être” – «à été»", "Straße Ä Ö Ü",
    ],
}  # fmt: skip
# By a few accents, nobody can tell them apart: titles alone have to say what they are.
LABELLED = {
    **GUESSED,
    "windows-1250": ["Příliš žluťoučký kůň", "Żółć – strona główna"],
    "windows-1254": ["Hakkımızda – Şirket"],
}
TITLES = [(name, title) for name, titles in GUESSED.items() for title in titles]
PLAIN = "<p>Lorem ipsum dolor sit amet consectetur, over and over. " * 60


@pytest.mark.parametrize("content_type", ["text/html", "text/html; charset=utf-8"])
@pytest.mark.parametrize("body", ["<p>{}", PLAIN, "<p>{}</p>" * 40], ids=["short", "ascii", "long"])
@pytest.mark.parametrize(("name", "title"), TITLES)
def test_titles_without_a_label_or_under_a_wrong_one(
    name: str, title: str, body: str, content_type: str
) -> None:
    html = f"<html><head><title>{title}</title><body>{body.replace('{}', title)}"
    assert decode(html.encode(name), content_type) == (html, name)


@pytest.mark.parametrize(
    ("name", "title"), [(name, title) for name, titles in LABELLED.items() for title in titles]
)
def test_titles_with_a_label(name: str, title: str) -> None:
    html = f"<title>{title}</title>{PLAIN}"
    assert decode(html.encode(name), f"text/html; charset={name}") == (html, name)


# A few sentences are enough.
TEXTS = {
    "windows-1250": [
        "Łódź to także ważny ośrodek akademicki. Zażółć gęślą jaźń i ciesz się piękną pogodą, żeby zdążyć przed świtem.",
        "Příliš žluťoučký kůň úpěl ďábelské ódy. Děkujeme, že jste navštívili naše stránky; napište nám, rádi odpovíme.",
        "Ďakujeme, že ste prišli, a tešíme sa na vás. Viac o našej ponuke a spôsobe platby nájdete tu; ľahko prídete aj vlakom, v nedeľu.",
        "Árvíztűrő tükörfúrógép. Köszönjük, hogy felkereste honlapunkat; kérjük, írjon nekünk, ha bővebb tájékoztatást kér az ügyről.",
        "Gojazni đačić s biciklom drži hmelj i finu vatu u džepu nošnje. Više o našoj kući možete naći ovdje, čim završimo.",
        "V kožuščku hudobnega fanta stopiclja mizar. Več o naši družbi, ponudbi in načinu plačila najdete tu, če želite še kaj več.",
        "Înjură în şah pe un jucător slăbănog. Mulţumim că aţi vizitat pagina noastră; vă rugăm să ne scrieţi dacă aveţi întrebări.",
    ],
    "iso-8859-2": [
        "Łódź to także ważny ośrodek akademicki. Zażółć gęślą jaźń i ciesz się piękną pogodą, żeby zdążyć przed świtem.",
        "Příliš žluťoučký kůň úpěl ďábelské ódy. Děkujeme, že jste navštívili naše stránky; napište nám, rádi odpovíme.",
        "Gojazni đačić s biciklom drži hmelj i finu vatu u džepu nošnje. Više o našoj kući možete naći ovdje, čim završimo.",
    ],
    "windows-1254": [
        "Pijamalı hasta yağız şoföre çabucak güvendi. Sitemizi ziyaret ettiğiniz için teşekkür ederiz; İstanbul’daki ofisimize yazın.",
    ],
    "windows-1252": [
        "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. Für Anfragen stehen wir Ihnen jederzeit gern zur Verfügung: Büro Köln, Straße der Möbel.",
        "Voix ambiguë d’un cœur qui, au zéphyr, préfère les jattes de kiwis. Écrivez-nous où vous êtes, et à bientôt : ça nous fera plaisir, sûrement, dès l’été.",
        "¿Qué tal? El veloz murciélago hindú comía feliz cardillo y kiwi. La cigüeña tocaba el saxofón detrás del palenque de paja; mañana será otro día, señores.",
        "À noite, vovô Kowalsky vê o ímã cair no pé do pinguim queixoso e vovó põe açúcar no chá de tâmaras do jabuti feliz. Não há informações sobre a região.",
        "Perché no? La città è più bella così, però già lunedì sarà un’altra: verrà martedì, e ci sarà la qualità di sempre, giù in località Forlì.",
        "Høj bly gom vandt fræk sexquiz på wc. Vi håber, at du får en rigtig god oplevelse hos os på Ærø, hvor køkkenet er åbent hver søndag.",
        "Flygande bäckasiner söka hwila på mjuka tuvor. Välkommen till vår hemsida: här hittar du öppettider, vägbeskrivning och våra böcker från Malmö.",
        "Kæmi ný öxi hér, ykist þjófum nú bæði víl og ádrepa. Þjóðskrá Íslands er opin alla virka daga frá níu til þrjú, og þar má fá vottorð.",
        "Törkylempijävongahdus. Tervetuloa sivuillemme, täältä löydät yhteystietomme sekä näyttelyn aukioloajat myös syyskuussa.",
        "Põdur Zagrebi tšellomängija-följetonist Ciqo külmetas kehvas garaažis. Tere tulemast meie lehele, siit leiate kõik šokolaadid.",
        "Jove xef, porti whisky amb quinze glaçons d’hidrogen, coi! Us oferim informació pràctica; veniu dilluns, això és el més bonic que hi ha a Lluïsos.",
        # Several languages at once have more letters than any of them.
        "Français, Español, Português, Íslenska, Føroyskt, Català, Galego, Norsk bokmål, Lëtzebuergesch, Svenska på nätet, Türkçe, Suomeksi täällä.",
        "José Núñez, François Lefèvre, Søren Ågård, Björn Müller, João Gonçalves, Þór Jónsson, Zoë Brontë, Jürgen Groß, Óscar Peña, Andrè Niccolò.",
        "Søren Ågård, Málaga, María, José, Íñigo, Tromsø, Køge, Søborg, Genève, Liège, René, Bodø, Valdés, Sjælland.",
        "Tämä näyttely on täällä nähtävänä päivällä ja illalla, hyvää päivää ystävä: René, Genève, Liège.",
    ],
}  # fmt: skip


@pytest.mark.parametrize("content_type", ["text/html", "text/html; charset=utf-8"])
@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in TEXTS.items() for text in texts]
)
def test_texts_without_a_label_or_under_a_wrong_one(
    name: str, text: str, content_type: str
) -> None:
    html = f"<html><head><title>Home</title><body><p class=wide>{text}</p>{PLAIN}"
    assert decode(html.encode(name), content_type) == (html, name)


@pytest.mark.parametrize("name", ["utf-16le", "utf-16be"])
@pytest.mark.parametrize("start", ["<title>", "<!DOCTYPE html>\n<HTML><head><title>"])
def test_two_bytes_for_each_letter_without_a_label(name: str, start: str) -> None:
    html = f"{start}Fünd 日本</title>"
    assert decode(html.encode(name)) == (html, name)


def test_a_title_in_several_encodings_at_once_is_no_exception() -> None:
    body = "<title>日本".encode("shift_jis") + "中文".encode("gbk") + b"\xff\xfe\x80</title>"
    text, _ = decode(body, "text/html; charset=utf-8")
    assert text.startswith("<title>")
