"""Questions as a hasty hand types them: one edit in every word of five letters or more."""

from __future__ import annotations

import random
import unicodedata

LONG = 5
"""Letters from which on a word is edited; a Korean syllable is two or three."""

# What a letter is replaced with: one of its own kind.
KINDS = (
    "abcdefghijklmnopqrstuvwxyz",
    "".join(map(chr, range(0x1100, 0x1113))),  # Hangul leading consonants,
    "".join(map(chr, range(0x1161, 0x1176))),  # vowels,
    "".join(map(chr, range(0x11A8, 0x11C3))),  # and trailing consonants
)


def with_typos(text: str, seed: int = 1) -> str:
    """`text` with one letter dropped, added, replaced or swapped with the next in each long word.

    A function of the text and the seed alone. Letters of a Korean syllable count and are edited
    one by one, as they are typed; a word always changes.
    """
    dice = random.Random(f"{seed}:{text}")
    words = []
    for word in text.split():
        letters = unicodedata.normalize("NFD", word)
        if sum(map(str.isalpha, letters)) >= LONG:
            edited = letters
            while edited == letters:
                edited = _edited(letters, dice)
            letters = edited
        words.append(unicodedata.normalize("NFC", letters))
    return " ".join(words)


def _edited(word: str, dice: random.Random) -> str:
    place = dice.choice([place for place, letter in enumerate(word) if letter.isalpha()])
    before, letter, after = word[:place], word[place], word[place + 1 :]
    own = next((kind for kind in KINDS if letter.lower() in kind), word)
    other = dice.choice(own)
    return dice.choice(
        (
            before + after,
            before + other + letter + after,
            before + other + after,
            before + after[:1] + letter + after[1:],
        )
    )
