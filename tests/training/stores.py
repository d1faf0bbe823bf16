"""Rows, and a thesaurus and a sentence encoder of the test's own, for the tests of what the memory
learns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dialog_s2s.memory.embeddings import SentenceEncoder
from dialog_s2s.memory.rows import TRAINED, NewRow
from dialog_s2s.text.thesaurus import Thesaurus
from dialog_s2s.text.turns import Role, Turn

MEANINGS = {"start": 0, "open": 0, "end": 1, "close": 1, "tea": 2, "chai": 2, "차": 2}
"""What `Meanings` knows: words with the same number mean the same."""


SYNONYMS = Thesaurus.parse(
    "[hours]\nopen, start, open up\nclose, end\n[drinks]\ntea, chai, 차\n녹차, green tea\n"
)
"""A few words of the shop's."""


class Meanings(SentenceEncoder):
    """Vectors by the known words of a text, whatever their letters."""

    def __init__(self) -> None:
        super().__init__("meanings", None, 8)

    def encode(self, texts: Sequence[str], batch: int = 32) -> NDArray[np.float32]:
        """See `SentenceEncoder`."""
        vectors_ND = np.full((len(texts), self.width), 0.1, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.split():
                vectors_ND[row, MEANINGS.get(word, 7)] += 1.0
        return vectors_ND / np.linalg.norm(vectors_ND, axis=1, keepdims=True)


def exchange(question: str, answer: str) -> tuple[Turn, ...]:
    """Two turns that something may follow."""
    return Turn(Role.USER, question), Turn(Role.BOT, answer)


def row(question: str, answer: str, context: tuple[Turn, ...] = (), intent: int = 0) -> NewRow:
    return NewRow(question, context, answer, TRAINED, "test", intent)


OPEN, CLOSE = exchange("when do you open", "At nine."), exchange("when do you close", "At six.")
SHOP = [
    row("when do you open", "At nine.", intent=1),
    row("what time do you open", "We open at nine.", intent=1),
    row("when do you close", "At six.", intent=2),
    row("what time do you close", "At six.", intent=2),
    row("and on Sunday", "At ten.", OPEN, 3),
    row("and on Sunday", "At four.", CLOSE, 4),
    row("When do you open?!", "At nine.", intent=1),
    row("녹차 있어요", "네."),
    row("녹차를 파나요", "네."),
]
