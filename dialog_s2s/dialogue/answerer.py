"""What a conversation needs of a bot, so that anything that answers can have one."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from dialog_s2s.config import GenerationConfig
from dialog_s2s.dialogue.reply import Reply
from dialog_s2s.memory.rows import Row
from dialog_s2s.text.turns import Turn


class Answerer(Protocol):
    """What a conversation needs of a bot."""

    path: Path

    def reply(self, question: str, history: Sequence[Turn] = (), **settings: object) -> Reply:
        """Answers after earlier turns."""

    def stream(
        self, question: str, history: Sequence[Turn] = (), **settings: object
    ) -> Generator[str, None, Reply]:
        """The same in pieces of text; the generator's value is the reply."""

    def again(self, turns: Sequence[Turn], detail: Mapping[str, Any]) -> Reply | None:
        """A reply as it was `noted`."""

    def settings(self, **changes: object) -> GenerationConfig:
        """The generation settings with changes."""

    def teach(
        self, question: str, answer: str, history: Sequence[Turn] = (), *, origin: str = "taught"
    ) -> Row:
        """Remembers an answer."""

    def fix(self, reply: Reply, answer: str, *, origin: str = "fixed") -> Row:
        """Remembers a better answer."""
