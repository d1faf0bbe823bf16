"""Words that are one slip of the finger away from another: a letter too many or too few, another
letter, two swapped (Damerau 1964); all of them are made and looked up (Norvig 2007).

A Korean syllable is its two or three letters, which are typed one by one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from dialog_s2s.text.misspell import LONG, STROKES

LONGEST = 24
"""Letters of a word that is mended; more are no word."""

LATIN = "abcdefghijklmnopqrstuvwxyz"
ENGLISH = re.compile("[a-z]+")
KOREAN = re.compile("[\u1100-\u1112\u1161-\u1175\u11a8-\u11c2]+")
SYLLABLES = re.compile("[가-힣]+")
HANGUL = tuple("".join(map(chr, each)) for each in STROKES)


def one_edit_away(word: str) -> list[str]:
    """All of them, some twice, for a folded word of one script, English or Korean; else none."""
    if ENGLISH.fullmatch(word):
        return _edits(word, (LATIN,)) if LONG <= len(word) <= LONGEST else []
    letters = unicodedata.normalize("NFD", word)
    if not LONG <= len(letters) <= LONGEST or not KOREAN.fullmatch(letters):
        return []
    made = (unicodedata.normalize("NFC", each) for each in _edits(letters, HANGUL))
    return [each for each in made if SYLLABLES.fullmatch(each)]


def _edits(letters: str, kinds: Sequence[str]) -> list[str]:
    halves = [(letters[:place], letters[place:]) for place in range(len(letters) + 1)]
    dropped = [before + after[1:] for before, after in halves[:-1]]
    swapped = [before + after[1] + after[0] + after[2:] for before, after in halves[:-2]]
    replaced = [
        before + other + after[1:]
        for before, after in halves[:-1]
        for kind in kinds
        if after[0] in kind
        for other in kind
    ]
    added = [before + other + after for before, after in halves for kind in kinds for other in kind]
    return dropped + swapped + replaced + added
