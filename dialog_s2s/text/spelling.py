"""Words that are one slip of the finger away from another: a letter too many or too few, another
letter, two swapped (Damerau 1964); all of them are made and looked up (Norvig 2007).

A Korean syllable is its two or three letters, which are typed one by one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from dialog_s2s.text.misspell import LONG, STROKES

LONGEST = 24
"""Letters of a word that is mended; more are no word."""

LATIN = "abcdefghijklmnopqrstuvwxyz"
WORD = re.compile(r"[a-z]+|[\u1100-\u1112\u1161-\u1175\u11a8-\u11c2]+")
WHOLE = re.compile(r"[a-z]+|[가-힣]+")


def one_edit_away(word: str) -> Iterator[str]:
    """All of them, some twice, for a folded word of one script, English or Korean; else none."""
    letters = unicodedata.normalize("NFD", word)
    if not LONG <= len(letters) <= LONGEST or not WORD.fullmatch(letters):
        return
    kinds = (LATIN,) if letters[0] in LATIN else tuple("".join(map(chr, each)) for each in STROKES)
    for made in _edits(letters, kinds):
        whole = unicodedata.normalize("NFC", made) if len(kinds) > 1 else made
        if WHOLE.fullmatch(whole):
            yield whole


def _edits(letters: str, kinds: tuple[str, ...]) -> Iterator[str]:
    every = "".join(kinds)
    for place in range(len(letters) + 1):
        before, after = letters[:place], letters[place:]
        if after:
            yield before + after[1:]
            yield from (
                before + other + after[1:]
                for other in next(kind for kind in kinds if after[0] in kind)
            )
        if len(after) > 1:
            yield before + after[1] + after[0] + after[2:]
        yield from (before + other + after for other in every)
