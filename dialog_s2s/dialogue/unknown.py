"""What the bot says when it does not know, in the language it was asked in.

The language is told by script and, where several share one, by function words and letters: a
sign that k languages have counts 1/sqrt(k) for each.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence

from dialog_s2s.dialogue.languages import LETTERS, SCRIPTS, TEXTS, WORDS
from dialog_s2s.text.turns import fold

SUGGESTIONS = 2
LONGEST_SUGGESTION = 60
"""Characters of a suggestion that are shown."""

_LONGEST_READ = 2000
_CLEAR_IN_MIXED = 1.5
_KANA = ("HIRAGANA", "KATAKANA")
_SYLLABIC = ("HANGUL", "KANA", "CJK")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_UNSHOWN = re.compile("[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
_QUOTE = re.compile('["“”„‟«»「」『』＂]')
_MARKS = "?!.。？！¿¡؟;；…۔। "


def unknown_reply(
    question: str,
    suggestions: Sequence[str] = (),
    known_language: str | None = None,
    speaks: str | None = None,
) -> str:
    """One line: that the bot does not know and, with suggestions, what may have been meant.

    In `speaks` (ISO 639-1) if that is given; else in the question's language or, where that is
    unclear, in `known_language` or English. The first two suggestions that say something else than
    the question are offered.
    """
    code = speaks or language_of(question) or known_language
    texts = TEXTS.get(code or "en", TEXTS["en"])
    shown = {fold(question): ""}
    for suggestion in suggestions:
        shown.setdefault(fold(suggestion), _shown(suggestion))
    offered = list(filter(None, shown.values()))[:SUGGESTIONS]
    if not offered:
        return texts.unknown
    meant = texts.either.join(text.join(texts.quotes) for text in offered)
    gap = "" if texts.unknown.endswith("。") else " "
    return texts.unknown + gap + texts.meant.replace("{}", meant)


def language_of(text: str) -> str | None:
    """The ISO 639-1 code of the language `text` is in; None if it is unclear or not one of ours.

    In text of several scripts the one with most letters decides, if it can: "wifi 비번" has no
    English word in it, so it is Korean.
    """
    normal = unicodedata.normalize("NFKC", text[:_LONGEST_READ]).lower().replace("’", "'")
    scripts = _scripts(normal)
    signs = {part for word in _WORD.findall(normal) for part in (word, *word.split("'"))}
    signs |= {_letter(char) for char in normal}
    for script, _ in scripts.most_common():
        codes = SCRIPTS.get(script, "").split()
        # names in Latin letters stand in text of every script
        least = _CLEAR_IN_MIXED if script == "LATIN" and len(scripts) > 1 else 0.0
        found = codes[0] if len(codes) == 1 else _likeliest(signs, codes, least)
        if found is not None:
            return found
    return None


def _scripts(text: str) -> Counter[str]:
    """Letters of each script, those that stand for whole syllables or words counted twice."""
    count: Counter[str] = Counter()
    for char in filter(str.isalpha, text):
        script = re.split("[ -]", unicodedata.name(char, ""), maxsplit=1)[0]
        script = "KANA" if script in _KANA else script
        count[script] += 2 if script in _SYLLABIC else 1
    if "KANA" in count:
        count["KANA"] += count.pop("CJK", 0)
    return count


def _likeliest(signs: set[str], codes: Sequence[str], least: float) -> str | None:
    """The one language with the most signs, if that is at least `least`; None for a tie."""
    score = dict.fromkeys(codes, 0.0)
    for sign in signs:
        sharing = [code for code in _SIGNS.get(sign, ()) if code in score]
        for code in sharing:
            score[code] += len(sharing) ** -0.5
    *_, second, best = 0.0, 0.0, *sorted(score.values())
    if best - second < 1e-6 or best < least:  # rounding must not decide a tie
        return None
    return max(score, key=score.__getitem__)


def _shown(suggestion: str) -> str:
    """A question as it stands between quotes: one line, not long, without marks at its ends."""
    text = " ".join(_UNSHOWN.sub(" ", suggestion).split())
    text = _QUOTE.sub("'", text).strip(_MARKS)
    if len(text) <= LONGEST_SUGGESTION:
        return text
    end = text.rfind(" ", LONGEST_SUGGESTION // 2, LONGEST_SUGGESTION)
    if end < 0:
        end = LONGEST_SUGGESTION - 1
        # not between a letter and what is set on it
        while end and (
            unicodedata.category(text[end])[0] == "M" or "\u200d" in text[end - 1 : end + 1]
        ):
            end -= 1
    return text[:end].rstrip(_MARKS) + "…"


def _letter(letter: str) -> str:
    """A letter as a sign: "è" in a word is not the word "è"."""
    return f"-{letter}-"


def _by_sign() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for code, words in WORDS.items():
        for sign in {*words.split(), *map(_letter, LETTERS.get(code, ""))}:
            found[sign].append(code)
    return dict(found)


_SIGNS = _by_sign()
