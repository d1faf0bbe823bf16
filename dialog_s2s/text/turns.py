"""What a conversation is made of: turns, dialogues, and the examples a model learns from."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class Role(Enum):
    """Who speaks. `SYSTEM` carries persona or instruction lines, never a reply to learn."""

    USER = "user"
    BOT = "bot"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Origin:
    """The place in a file that something was read from; `line` counts from 1, and 0 is no line."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance. `learn` is False for a bot turn that is only context for later ones.

    Bot turns with the same `meaning` (the place where their intent begins) are interchangeable.
    """

    role: Role
    text: str
    origin: Origin | None = None
    learn: bool = True
    meaning: Origin | None = None


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Turns, oldest first."""

    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A reply to learn: `history` ends with the user's turn that `reply` answers."""

    history: tuple[Turn, ...]
    reply: str
    origin: Origin | None = None
    meaning: Origin | None = None
    """Examples with the same one have interchangeable replies."""

    @property
    def question(self) -> str:
        """The user's turn that is answered."""
        return self.history[-1].text

    @property
    def opening(self) -> str:
        """The first user turn: all that grows from one opening stays on one side of a split."""
        return next(turn.text for turn in self.history if turn.role is Role.USER)


def examples(dialogue: Dialogue) -> Iterator[Example]:
    """Every bot turn marked `learn` that directly answers a user turn, with all turns before it."""
    for index in range(1, len(dialogue.turns)):
        turn, before = dialogue.turns[index], dialogue.turns[index - 1]
        if turn.role is Role.BOT and turn.learn and before.role is Role.USER:
            origin = before.origin or turn.origin
            yield Example(dialogue.turns[:index], turn.text, origin, turn.meaning)


class _Folding(dict[int, str]):
    """What each character becomes, found out on first sight."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = " " if unicodedata.category(char)[0] in "PSZC" else char
        return self[code]


_FOLDING = _Folding()


def fold(text: str) -> str:
    """`text` with case, punctuation, symbols and spacing folded away, for comparing questions.

    Text made of nothing but punctuation ("?!") keeps it, so that it still equals only itself.
    """
    normal = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(normal.translate(_FOLDING).split()) or "".join(normal.split())
