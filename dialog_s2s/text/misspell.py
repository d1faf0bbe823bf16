"""Slips of the finger, so that a bot learns to read them: one edit in some of a text's words."""

from __future__ import annotations

import unicodedata

import numpy as np

LONG = 4
"""Letters (a Korean syllable is two or three) from which on a word is misspelt."""


def misspelt(text: str, random: np.random.Generator, share: float = 0.7) -> str:
    """`text` with one letter dropped, doubled, swapped or replaced in about `share` of its longer
    words."""
    words = []
    for word in text.split():
        letters = unicodedata.normalize("NFD", word)
        if len(letters) >= LONG and random.random() < share:
            letters = _edited(letters, random)
        words.append(unicodedata.normalize("NFC", letters))
    return " ".join(words)


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
