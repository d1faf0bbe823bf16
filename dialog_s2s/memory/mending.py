"""Misspelt words of a question, mended by what is known: the words of the thesaurus and of the
questions that are remembered."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.text.spelling import one_edit_away
from dialog_s2s.text.thesaurus import LONGEST, Meaning, Thesaurus, word_hash
from dialog_s2s.text.turns import fold

Counted = Callable[[Sequence[Meaning]], NDArray[np.int64]]
"""How many remembered questions hold each of some meanings."""

BROKEN = re.compile("[\u1100-\u11ff\u3130-\u318f]")
"""A letter of Korean outside a syllable."""


class Mender:
    """Mends words by a thesaurus and by what `counted` says."""

    def __init__(self, thesaurus: Thesaurus, counted: Counted):
        self._thesaurus = thesaurus
        self._counted = counted

    def spelt(self, question: str) -> str:
        """A question, folded, with the words mended that are not known and one slip of the finger
        away from one that is; of several, from that which most remembered questions hold."""
        words = fold(question[:LONGEST]).split()
        own = [word_hash(word) for word in words]
        held = self._counted(own).tolist() if words else []
        return " ".join(
            word if many or self._knows(word) else self._mended(word)
            for word, many in zip(words, held, strict=True)
        )

    def _knows(self, word: str) -> bool:
        return not BROKEN.search(word) and self._thesaurus.knows(word)

    def _mended(self, word: str) -> str:
        near = list(dict.fromkeys(one_edit_away(word)))
        if not near:
            return word
        held = self._counted([word_hash(each) for each in near])
        best, most = word, 0
        for other, many in zip(near, held.tolist(), strict=True):
            if self._thesaurus.knows(other):
                (several, *_) = self._thesaurus.meanings(other)
                many = 1 + max(many, int(self._counted(several).max()))
            if many > most:
                best, most = other, many
        return best
