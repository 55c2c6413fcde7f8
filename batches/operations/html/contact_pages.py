"""Which links lead to whoever made a site, judged by address and text, in some forty languages."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

_MAX_WORDS, _MAX_LENGTH = 8, 120
_GAP = r"\s_+.,:;!?|»›→>/()–—-"
_GAPS, _WORD = re.compile(f"[{_GAP}]+"), re.compile(f"[^{_GAP}]+")
# What servers put behind a name.
_ENDING = re.compile(r"\.(?:x?html?|php\d?|aspx?|jsp|cfm|shtml)$")


class _Vocabulary(NamedTuple):
    scores: dict[str, int]  # Phrase, its words parted by one space → score.
    keys: frozenset[str]  # Of each phrase its longest word: "the" and "us" stand in too many links.
    within: dict[str, int]
    any_within: re.Pattern[str]
    never: frozenset[str]


def contact_like(url: str, anchor_text: str = "") -> int:
    """How likely a link leads to a way to reach somebody: 100 for contact, 90 imprint, 60 about, 50 team, 30 legal.

    Half of that where such words stand among others; 0 for anything else.
    """
    place, _, query = url.partition("://")[2].partition("#")[0].partition("?")
    path = place.partition("/")[2].rstrip("/")
    # Deeper down, it is the contact of one product or an article about contacts.
    segments = path.split("/")[-2:] if path.count("/") < 6 else []
    # Old systems have one path for all pages: ?page=contact
    values = (
        [part.partition("=")[2] for part in query[:_MAX_LENGTH].split("&")[:5]] if query else []
    )
    if not _likely("/".join([*segments, *values, anchor_text[:_MAX_LENGTH]])):
        return 0
    ratings = [_rated(_ENDING.sub("", _decoded(part))) for part in (*segments[-1:], *values)]
    ratings += [_rated(_decoded(segment)) // 2 for segment in segments[:-1]]
    ratings.append(_rated(anchor_text.lower()) if len(anchor_text) <= _MAX_LENGTH else 0)
    return max(ratings)


def _likely(text: str) -> bool:
    """Whether a closer look is worth it: of nearly all links, it is not."""
    text = _decoded(text[: 3 * _MAX_LENGTH]) if "%" in text else text.lower()
    known = _vocabulary()
    if not known.keys.isdisjoint(_WORD.findall(text)):
        return True
    return not text.isascii() and known.any_within.search(text) is not None


def _decoded(segment: str) -> str:
    segment = segment[: 3 * _MAX_LENGTH]
    return (unquote(segment) if "%" in segment else segment).lower()


def _rated(text: str) -> int:
    known = _vocabulary()
    words = _GAPS.sub(" ", text).split()
    if not words or len(words) > _MAX_WORDS:
        return 0
    best = 0
    if not known.keys.isdisjoint(words) and known.never.isdisjoint(words):
        best = _phrased(words, known.scores)
    if not text.isascii():
        best = max([best, *(score for part, score in known.within.items() if part in text)])
    return best


def _phrased(words: list[str], scores: dict[str, int]) -> int:
    if whole := scores.get(" ".join(words)):
        return whole
    # Among many other words, one of these is no more than a word.
    if len(words) > 5:
        return 0
    ends = range(1, len(words) + 1)
    phrases = (" ".join(words[begin:end]) for end in ends for begin in range(end))
    return max((scores.get(phrase, 0) for phrase in phrases), default=0) // 2


@cache
def _vocabulary() -> _Vocabulary:
    named = tomllib.loads(Path(__file__).with_name("contact_pages.toml").read_text("utf-8"))
    never = frozenset(named.pop("never"))
    scores: dict[str, int] = {}
    within: dict[str, int] = {}
    for group in named.values():
        for phrase in group["words"]:
            scores.setdefault(" ".join(_GAPS.sub(" ", phrase).split()), group["score"])
        for part in group["within"]:
            within.setdefault(part, group["score"])
    keys = frozenset(max(phrase.split(), key=len) for phrase in scores)
    any_within = re.compile("|".join(map(re.escape, within)))
    return _Vocabulary(scores, keys, within, any_within, never)
