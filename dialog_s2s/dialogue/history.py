"""The turns of one conversation, and how many of them the encoder reads."""

from __future__ import annotations

from collections.abc import Sequence

from dialog_s2s.text.source import SourceFormat
from dialog_s2s.text.turns import Role, Turn


class History:
    """Turns so far, oldest first; whole exchanges are added and taken back."""

    def __init__(self, turns: Sequence[Turn] = ()):
        self.turns = list(turns)

    def with_question(self, question: str) -> list[Turn]:
        """All turns, then the question."""
        return [*self.turns, Turn(Role.USER, question)]

    def add(self, question: str, reply: str) -> None:
        """One exchange."""
        self.turns += [Turn(Role.USER, question), Turn(Role.BOT, reply)]

    def undo(self) -> str | None:
        """Takes the last exchange back; its question, or None where there is none."""
        for place in range(len(self.turns) - 1, -1, -1):
            if self.turns[place].role is Role.USER:
                question = self.turns[place].text
                del self.turns[place:]
                return question
        return None

    def clear(self) -> None:
        """Forgets all turns."""
        self.turns.clear()


def source_of(turns: Sequence[Turn], format: SourceFormat) -> tuple[list[int], int]:
    """What the encoder reads of `turns` (the last one is the question), and of how many turns."""
    return format.pieces(turns), format.used(turns)
