"""A bot that repeats the question after the number of turns before it; nothing to train."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dialog_s2s import Reply
from dialog_s2s.config import GenerationConfig, with_settings
from dialog_s2s.text.turns import Role, Turn


class Parrot:
    """Says `TURNS: QUESTION`, at a confidence of 0.5."""

    path = Path("parrot")

    def reply(self, question: str, history: Sequence[Turn] = (), **settings: object) -> Reply:
        chosen = self.settings(**settings)
        return Reply(
            text=f"{len(history)}: {question}",
            source="generated",
            confidence=0.5,
            evidence=(),
            finish="stop",
            seed=chosen.seed or 0,
            milliseconds=0.0,
            turns=(*history, Turn(Role.USER, question)),
            turns_read=1,
            settings=chosen,
        )

    def settings(self, **changes: object) -> GenerationConfig:
        chosen: GenerationConfig = with_settings(GenerationConfig(), changes)
        return chosen

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"a suite does not use {name}")
