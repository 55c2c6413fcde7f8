"""Whether an international name can be shown as it is meant, or looks like another that it is not.

After https://www.unicode.org/reports/tr39/ ("highly restrictive") and what browsers add to it.
"""

import re
import unicodedata
from functools import lru_cache

# East Asian names are written in several scripts at once, and in ASCII beside them.
_TOGETHER = [
    {"LATIN", "CJK", "HIRAGANA", "KATAKANA"},
    {"LATIN", "CJK", "BOPOMOFO"},
    {"LATIN", "CJK", "HANGUL"},
]
# Names of characters do not always begin with that of their script.
_SCRIPTS = {"IDEOGRAPHIC": "CJK", "EXTENDED": "ARABIC"}
# Letters that can't be told from Latin ones: a name of nothing else is read as one in Latin.
_DOUBLES = [set("асԁеһіјӏорԛѕԝхуѵ"), set("ανιορυχ"), set("օոսհցյզգ")]
# Read as a slash or a dash between letters of ASCII.
_STROKES = "[ノンソゾー一丨丶丿〳〵]"
_STROKE = re.compile(f"[a-z0-9-]{_STROKES}+(?:$|[a-z0-9-])|^{_STROKES}+[a-z0-9-]")
# In Turkish and Azerbaijani a letter like any other, elsewhere an i without its dot.
_DOTLESS = "ı"
_DOTLESS_AT_HOME = {"tr", "az"}
# Latin letters for everyday writing; the rest are phonetic signs, clicks and the like.
_LATIN = re.compile("[a-zß-öø-ķĺ-ƿǍ-ȶȸ-ɏḀ-ỿ]")
# Letters, what is set above and below them, and digits.
_USUAL = {"Ll", "Lu", "Lt", "Lo", "Lm", "Mn", "Mc", "Nd"}
_EMOJI = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff]")

_ALPHABETS = 4_096


def deceives(label: str, tld: str) -> bool:
    """Whether a label, decoded, is better shown encoded under that top-level domain, as decoded."""
    letters = label.replace("-", "")
    scripts = {script for script in map(_script, letters) if script}
    if not all(map(_is_usual, letters)) or not _are_together(scripts):
        return True
    if _DOTLESS in label and tld not in _DOTLESS_AT_HOME:
        return True
    plain = {letter for letter in letters if not letter.isdecimal()}
    if tld.isascii() and any(plain <= doubles for doubles in _DOUBLES):
        return True
    return bool(_STROKE.search(label))


def _are_together(scripts: set[str]) -> bool:
    return len(scripts) <= 1 or any(scripts <= group for group in _TOGETHER)


@lru_cache(_ALPHABETS)
def _is_usual(letter: str) -> bool:
    """Whether names are written with such characters."""
    if letter.isascii() or _EMOJI.match(letter):
        return letter.isalnum() or not letter.isascii()
    if unicodedata.name(letter, "").startswith("LATIN"):
        return bool(_LATIN.match(letter))
    return unicodedata.category(letter) in _USUAL


@lru_cache(_ALPHABETS)
def _script(letter: str) -> str:
    """None for what all scripts share: digits of ASCII, emoji."""
    if (letter.isascii() and letter.isdecimal()) or _EMOJI.match(letter):
        return ""
    word = re.split("[ -]", unicodedata.name(letter, ""))[0]
    return _SCRIPTS.get(word, word)
