"""What of a conversation the encoder reads: turns as pieces, the newest always whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dialog_s2s.text.tokenizer import Tokenizer
from dialog_s2s.text.turns import Turn

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
    """Most turns before the last one."""
    fold: bool
    """Whether case and closing punctuation are folded away; see `folded`."""

    def pieces(self, turns: Sequence[Turn], remembered: Sequence[str] = ()) -> list[int]:
        """Turns oldest first, each opened by its role piece; before them answers that were
        remembered, as a reply would say them, cut at REMEMBERED pieces each.

        The last turn is always there, cut at its end only if it alone exceeds the budget; older
        turns are dropped whole, oldest first, where the budget or `history_turns` ends.
        """
        segments = [self._segment(turns[-1])[: self.budget]]
        room = self.budget - len(segments[0])
        first = len(turns) - 1 - self.history_turns
        for turn in reversed(turns[max(first, 0) : -1]):
            segment = self._segment(turn)
            room -= len(segment)
            if room < 0:
                break
            segments.append(segment)
        segments += [self.remembered(answer) for answer in remembered]
        return [piece for segment in reversed(segments) for piece in segment]

    def remembered(self, answer: str) -> list[int]:
        """An answer as a segment of its own."""
        return [self.tokenizer.memory, *self.tokenizer.encode(answer)[:REMEMBERED]]

    def used(self, turns: Sequence[Turn]) -> int:
        """How many of the turns, counted from the newest, `pieces` keeps."""
        opened = set(self.tokenizer.roles.values())
        return sum(piece in opened for piece in self.pieces(turns))

    def _segment(self, turn: Turn) -> list[int]:
        # by the word even where replies are made of phrases: a question is a new mix of old words
        text = folded(turn.text) if self.fold else turn.text
        return [self.tokenizer.roles[turn.role], *self.tokenizer.encode_words(text)]
