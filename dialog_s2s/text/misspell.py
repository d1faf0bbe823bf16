"""Slips of the finger, so that a bot learns to read them: one edit in some of a text's words."""

from __future__ import annotations

import unicodedata

import numpy as np

LONG = 4
"""Letters (a Korean syllable is two or three) from which on a word is misspelt."""

_SYLLABLES = range(0xAC00, 0xD7A4)
STROKES = (range(0x1100, 0x1113), range(0x1161, 0x1176), range(0x11A8, 0x11C3))
_ALONE = {
    code: unicodedata.lookup(f"HANGUL LETTER {unicodedata.name(chr(code)).split(' ', 2)[2]}")
    for strokes in STROKES
    for code in strokes
}
"""What a stroke that is part of no syllable looks like when it is typed."""


def misspelt(text: str, random: np.random.Generator, share: float = 0.7) -> str:
    """`text` with one letter dropped, doubled, swapped or replaced in about `share` of its longer
    words. The letters of Korean are those that its syllables are made of."""
    words = []
    for word in unicodedata.normalize("NFC", text).split():
        letters = _letters(word)
        if len(letters) >= LONG and random.random() < share:
            word = unicodedata.normalize("NFC", _edited(letters, random)).translate(_ALONE)
        words.append(word)
    return " ".join(words)


def _letters(word: str) -> str:
    return "".join(
        unicodedata.normalize("NFD", char) if ord(char) in _SYLLABLES else char for char in word
    )


def _edited(letters: str, random: np.random.Generator) -> str:
    place = int(random.integers(len(letters)))
    before, letter, after = letters[:place], letters[place], letters[place + 1 :]
    kind = int(random.integers(4))
    if kind == 0:
        return before + after
    if kind == 1:
        return before + letter * 2 + after
    if kind == 2:
        return before + after[:1] + letter + after[1:]
    # a letter of the same word: of the right script, whatever that is
    return before + letters[int(random.integers(len(letters)))] + after
