"""A bot that answers at once and remembers what it was asked with."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dialog_s2s import Conversation, Reply
from dialog_s2s.config import GenerationConfig, with_settings
from dialog_s2s.dialogue.noted import from_noted
from dialog_s2s.memory.rows import Row
from dialog_s2s.text.turns import Role, Turn


class Echo:
    """Says how many turns came before, and the question; keeps what it was given."""

    path = Path("echo")

    def __init__(self) -> None:
        self.histories: list[list[Turn]] = []
        self.taught: list[tuple[object, ...]] = []

    def reply(self, question: str, history: Sequence[Turn] = (), **settings: object) -> Reply:
        self.histories.append(list(history))
        chosen = self.settings(**settings)
        return Reply(
            text=f"{len(history)}: {question}" + "!" * (chosen.seed or 0),
            source="generated",
            confidence=0.5,
            evidence=(),
            finish="stop",
            seed=chosen.seed or 0,
            milliseconds=0.0,
            turns=(*history, Turn(Role.USER, question)),
            turns_read=1,
            settings=chosen,
            withheld="x",
        )

    def stream(
        self, question: str, history: Sequence[Turn] = (), **settings: object
    ) -> Generator[str, None, Reply]:
        reply = self.reply(question, history, **settings)
        yield from reply.text
        return reply

    def again(self, turns: Sequence[Turn], detail: Mapping[str, Any]) -> Reply | None:
        fields = from_noted(detail)
        settings = self.settings(**detail["settings"])
        return Reply(**fields, turns=tuple(turns), turns_read=1, settings=settings)

    def settings(self, **changes: object) -> GenerationConfig:
        chosen: GenerationConfig = with_settings(GenerationConfig(), changes)
        return chosen

    def teach(
        self, question: str, answer: str, history: Sequence[Turn] = (), *, origin: str = "taught"
    ) -> Row:
        self.taught.append((question, answer, list(history), origin))
        return Row(5, question, (), answer, "taught", origin, 0, 1.0)

    def fix(self, reply: Reply, answer: str, *, origin: str = "fixed") -> Row:
        self.taught.append((reply.text, answer, origin))
        return Row(6, reply.question, (), answer.strip(), "fixed", origin, 0, 1.0)


def texts(talk: Conversation) -> list[str]:
    return [turn.text for turn in talk.turns]


def kept(talk: Conversation) -> list[str]:
    """The texts, which are the same on the disk."""
    if talk.sessions is not None:
        stored = [] if talk.session is None else talk.sessions.turns(talk.session.id)
        assert stored == talk.turns
    return texts(talk)
