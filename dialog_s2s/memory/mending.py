"""Misspelt words of a question, mended by what is known: the words of the thesaurus and of the
questions that are remembered."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.text.spelling import one_edit_away
from dialog_s2s.text.thesaurus import LONGEST, Thesaurus, word_hash
from dialog_s2s.text.turns import fold

Counted = Callable[[Sequence[int]], NDArray[np.int64]]
"""How many remembered questions hold each of some terms."""

BROKEN = re.compile("[\u1100-\u11ff\u3130-\u318f]")
"""A letter of Korean outside a syllable."""


class Mender:
    """Mends words by a thesaurus, and by how many questions hold a word or a meaning."""

    def __init__(self, thesaurus: Thesaurus, words: Counted, meanings: Counted):
        self._thesaurus = thesaurus
        self._words = words
        self._meanings = meanings

    def spelt(self, question: str) -> str:
        """A question, folded, with the words mended that are not known and one slip of the finger
        away from one that is; of several, from that which most remembered questions hold."""
        words = fold(question[:LONGEST]).split()
        return " ".join(
            word if many or self._knows(word) else self._mended(word)
            for word, many in zip(words, self._held(words), strict=True)
        )

    def _knows(self, word: str) -> bool:
        return not BROKEN.search(word) and self._thesaurus.knows(word)

    def _mended(self, word: str) -> str:
        near = one_edit_away(word)
        held = {other: many for other, many in zip(near, self._held(near), strict=True) if many}
        for other in self._thesaurus.known_of(near):
            several = [each for part in self._thesaurus.meanings(other) for each in part]
            meant = int(self._meanings(several).max())
            if meant:  # else it would only hide a name that nobody has told of yet
                held[other] = 1 + max(held.get(other, 0), meant)
        return max(held, key=lambda other: (held[other], -len(other), other), default=word)

    def _held(self, words: Sequence[str]) -> list[int]:
        """How many questions hold each word; a Korean one only if it stands for itself."""
        # English ones as `grams` hashes whole words
        held = self._words([zlib.crc32(each.encode("utf-8", "surrogatepass")) for each in words])
        if not all(map(str.isascii, words)):
            held = np.maximum(held, self._meanings(list(map(word_hash, words))))
        return [int(many) for many in held]
