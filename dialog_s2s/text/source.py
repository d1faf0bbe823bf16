"""What of a conversation the encoder reads: turns as pieces, the newest always whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dialog_s2s.text.tokenizer import Tokenizer
from dialog_s2s.text.turns import Role, Turn

REMEMBERED = 48
"""Most pieces of a remembered answer that the encoder reads."""

_CLOSING = re.compile(r"[\s.?!…~。？！]+$")


def folded(text: str) -> str:
    """`text` in lower case and without the punctuation it ends on, if that leaves anything.

    People type "hello", "Hello!" and "hello?" for the same thing, and a small corpus has only one.
    """
    lower = text.lower()
    return _CLOSING.sub("", lower) or lower


@dataclass(frozen=True, slots=True)
class SourceFormat:
    """How turns become a source; a bot keeps the one it was trained with."""

    tokenizer: Tokenizer
    budget: int
    """Most pieces of a source."""
    history_turns: int
    """Most turns of the talk before the last one."""
    fold: bool
    """Whether case and closing punctuation are folded away; see `folded`."""

    def pieces(self, turns: Sequence[Turn], remembered: Sequence[str] = ()) -> list[int]:
        """Turns oldest first, each opened by its role piece; before them answers that were
        remembered, as a reply would say them, cut at REMEMBERED pieces each.

        See `read` for which turns; the last is cut at its end if it alone exceeds the budget.
        """
        segments = [self.remembered(answer) for answer in reversed(remembered)]
        segments += [self._segment(turn)[: self.budget] for turn in self.read(turns)]
        return [piece for segment in segments for piece in segment]

    def read(self, turns: Sequence[Turn]) -> tuple[Turn, ...]:
        """The turns that fit, in order: the last one always, then what is no part of the talk
        (a persona, rows of a database), the newest first, then earlier turns, oldest dropped first.
        """
        room = self.budget - len(self._segment(turns[-1]))
        kept = {len(turns) - 1}
        spoken = []
        for place in reversed(range(len(turns) - 1)):
            if turns[place].role is not Role.SYSTEM:
                spoken.append(place)
                continue
            length = len(self._segment(turns[place]))
            if length <= room:
                room -= length
                kept.add(place)
        for place in spoken[: self.history_turns]:
            room -= len(self._segment(turns[place]))
            if room < 0:
                break
            kept.add(place)
        return tuple(turns[place] for place in sorted(kept))

    def remembered(self, answer: str) -> list[int]:
        """An answer as a segment of its own."""
        return [self.tokenizer.memory, *self.tokenizer.encode(answer)[:REMEMBERED]]

    def _segment(self, turn: Turn) -> list[int]:
        # by the word even where replies are made of phrases: a question is a new mix of old words
        text = folded(turn.text) if self.fold else turn.text
        return [self.tokenizer.roles[turn.role], *self.tokenizer.encode_words(text)]
