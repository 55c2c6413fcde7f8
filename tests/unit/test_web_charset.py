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
# By a few accents, nobody can tell them apart: these have to say what they are.
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


@pytest.mark.parametrize("name", ["utf-16le", "utf-16be"])
@pytest.mark.parametrize("start", ["<title>", "<!DOCTYPE html>\n<HTML><head><title>"])
def test_two_bytes_for_each_letter_without_a_label(name: str, start: str) -> None:
    html = f"{start}Fünd 日本</title>"
    assert decode(html.encode(name)) == (html, name)


def test_a_title_in_several_encodings_at_once_is_no_exception() -> None:
    body = "<title>日本".encode("shift_jis") + "中文".encode("gbk") + b"\xff\xfe\x80</title>"
    text, _ = decode(body, "text/html; charset=utf-8")
    assert text.startswith("<title>")
