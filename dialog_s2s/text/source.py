"""What of a conversation the encoder reads: turns as pieces, the newest always whole."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dialog_s2s.text.slots import Slots, Source
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
    slots: Slots | None = None
    """Which words of turns are names, where these are read as slots."""

    @property
    def size(self) -> int:
        """Pieces there are: the tokenizer's and the slots."""
        return self.tokenizer.size + (0 if self.slots is None else self.slots.count)

    def pieces(self, turns: Sequence[Turn], remembered: Sequence[str] = ()) -> list[int]:
        """Turns oldest first, each opened by its role piece; before them answers that were
        remembered, as a reply would say them, cut at REMEMBERED pieces each.

        See `read` for which turns; the last is cut at its end if it alone exceeds the budget.
        With slots it is a `Source`, which knows what they stand for.
        """
        words: list[int | str] = []
        for answer in reversed(remembered):
            words += self.remembered(answer)
        for turn in self.read(turns):
            words += self._segment(turn)[: self.budget]
        if self.slots is not None:
            return self.slots.source(words)
        return [piece for piece in words if isinstance(piece, int)]

    def reply(self, text: str, source: Sequence[int]) -> list[int]:
        """The pieces of a reply to learn, with slots for the names that its source has."""
        pieces = self.tokenizer.encode(text)
        return source.hidden(pieces) if isinstance(source, Source) else pieces

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

    def _segment(self, turn: Turn) -> list[int | str]:
        """The pieces of a turn, and between them its names, each of which takes one."""
        opener = self.tokenizer.roles[turn.role]
        if self.slots is not None:
            text = (_CLOSING.sub("", turn.text) or turn.text) if self.fold else turn.text
            return [opener, *self.slots.words(text, self.fold)]
        # by the word even where replies are made of phrases: a question is a new mix of old words
        text = folded(turn.text) if self.fold else turn.text
        return [opener, *self.tokenizer.encode_words(text)]
